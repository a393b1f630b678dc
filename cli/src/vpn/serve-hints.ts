// What `serve` says of private resources: at its start which functions sit in a VPC and whether their endpoints answer,
// later one line where an invocation failed toward a private place.
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { type CheckedEndpoint, isFailure } from './check-endpoint.ts';
import { checkFunctions } from './check-functions.ts';
import { looksPrivate, networkFailure } from './failed-place.ts';
import { findEndpoints } from './find-endpoints.ts';

export interface HintedFunction {
  readonly name: string;
  readonly inVpc: boolean;
  /** Its VPC's id, where that is known. */
  readonly vpcId: string | undefined;
  /** As its code sees it; may have to ask AWS. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
}

export interface ServeHintsOptions {
  readonly functions: readonly HintedFunction[];
  /** Address ranges of the VPCs. */
  readonly cidrs: readonly string[];
  /** What to run for more, e.g. `livectl vpn --check --stage dev-tom`. */
  readonly command: string;
  readonly onNotice: (message: string) => void;
}

/** A failed invocation, as far as a hint needs it. */
export interface FailedInvocation {
  readonly function: string;
  readonly error: { readonly name: string; readonly message: string; readonly stack?: readonly string[] };
}

/** For each endpoint at the start: it must not hold up anything, and nobody waits for it. */
const checkMs = 3000;

/** The same place is named again when so many milliseconds have passed: a queue may retry ten times a second. */
const quietMs = 60_000;

export class ServeHints {
  readonly #options: ServeHintsOptions;
  /** Endpoints of functions that were found not to answer. */
  readonly #silent = new Map<string, readonly CheckedEndpoint[]>();
  /** Private hosts that a function's environment names. */
  readonly #hosts = new Map<string, ReadonlySet<string>>();
  /** When a place was last named, by function and place. */
  readonly #named = new Map<string, number>();

  constructor(options: ServeHintsOptions) {
    this.#options = options;
  }

  /** Tries the endpoints of all functions in a VPC and tells; never rejects. */
  async start(): Promise<void> {
    const { functions, onNotice } = this.#options;
    for (const each of functions.filter(({ inVpc }) => inVpc)) {
      try {
        onNotice(await this.#check(each));
      } catch (error) {
        const why = error instanceof LiveDebugError ? error.message : messageOf(error);
        onNotice(`${each.name} sits in ${each.vpcId ?? 'a VPC'}; its endpoints are not known: ${why}`);
      }
    }
  }

  /** Gives one line where the failure is one of reaching a private place. */
  failed({ error, function: name }: FailedInvocation): void {
    const failure = networkFailure([error.name, error.message, ...(error.stack ?? [])].join('\n'));
    if (failure === undefined) return;
    const place = failure.host === undefined ? this.#silentPlace(name) : this.#privatePlace(name, failure);
    if (place === undefined) return;
    const key = `${name} ${place}`;
    const now = performance.now();
    if (now - (this.#named.get(key) ?? -quietMs) < quietMs) return;
    this.#named.set(key, now);
    this.#options.onNotice(
      `${name} could not reach ${place}, a private address (${failure.what}); ${this.#options.command} tells why`,
    );
  }

  async #check({ environment, name, vpcId }: HintedFunction): Promise<string> {
    const variables = await environment();
    const { cidrs, command } = this.#options;
    const hosts = findEndpoints(variables).endpoints.filter(({ web }) => !web);
    this.#hosts.set(name, new Set(hosts.map(({ host }) => host)));
    const [result] = await checkFunctions([{ name, environment: variables }], { timeoutMs: checkMs, cidrs });
    const tried = (result?.checked ?? []).filter(
      ({ verdict }) => verdict !== 'public' && verdict !== 'no_port',
    );
    const silent = tried.filter(isFailure);
    this.#silent.set(name, silent);
    const where = `${name} sits in ${vpcId ?? 'a VPC'}`;
    if (tried.length === 0) return `${where}; its environment names no endpoint to try`;
    const count = `${tried.length} endpoint${tried.length === 1 ? '' : 's'}`;
    if (silent.length === 0)
      return `${where}; ${count} it names answer${tried.length === 1 ? 's' : ''} from here`;
    const places = silent.map((each) => `${placeOf(each)} (${each.verdict})`).join(', ');
    return `${where}; not reached from here: ${places}; ${command} tells what to do`;
  }

  #privatePlace(
    name: string,
    { host = '', port }: { readonly host: string | undefined; readonly port: number | undefined },
  ): string | undefined {
    const known = this.#hosts.get(name)?.has(host) ?? false;
    if (!known && !looksPrivate(host, this.#options.cidrs)) return undefined;
    return port === undefined ? host : `${host}:${port}`;
  }

  #silentPlace(name: string): string | undefined {
    const [first] = this.#silent.get(name) ?? [];
    return first && placeOf(first);
  }
}

function placeOf({ endpoint, port }: CheckedEndpoint): string {
  const [wanted] = endpoint.ports;
  return `${endpoint.host}:${port ?? wanted ?? '?'}`;
}
