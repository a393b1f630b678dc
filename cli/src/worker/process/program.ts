// [5] Our counterpart of a program that speaks the Runtime API itself: its variables cannot be changed while it runs, so it
// requests its credentials.
import type { Clock } from '../../../../protocol/clock.ts';
import { CredentialsEndpoint } from '../runtime-api/credentials-endpoint.ts';
import type { RuntimeApiOptions } from '../runtime-api/runtime-api.ts';
import { sameVariables, withoutCredentials } from './environment.ts';

type Variables = Readonly<Record<string, string>>;

export class Program {
  readonly apiOptions: RuntimeApiOptions;
  /** It has no marker to print. */
  readonly logMarker = undefined;
  readonly #variables: Variables;
  readonly #credentials: CredentialsEndpoint | undefined;

  constructor(variables: Variables, clock: Clock) {
    const { credentials, others } = withoutCredentials(variables);
    const endpoint = credentials && new CredentialsEndpoint(credentials, clock);
    this.#variables = others;
    this.#credentials = endpoint;
    this.apiOptions = { handle: endpoint && ((request, response) => endpoint.handle(request, response)) };
  }

  /** The variables it is started with. */
  variables(apiAddress: string): Variables {
    return { ...this.#variables, ...this.#credentials?.variables(apiAddress) };
  }

  /** Whether it can serve a function in this environment: everything but the credentials must be unchanged. */
  fits(variables: Variables): boolean {
    const { credentials, others } = withoutCredentials(variables);
    const hasBoth = (credentials === undefined) === (this.#credentials === undefined);
    return hasBoth && sameVariables(this.#variables, others);
  }

  /** From now on it receives the credentials among these. */
  renew(variables: Variables): void {
    const { credentials } = withoutCredentials(variables);
    if (credentials) this.#credentials?.renew(credentials);
  }
}
