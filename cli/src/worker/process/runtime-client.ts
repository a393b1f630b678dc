// [5] Our counterpart of the runtime client in a Node or Python worker: what it is started with and assigned to, and how it is
// kept up to date.
import { randomBytes } from 'node:crypto';
import { type LoadedFiles, parseLoadedFiles } from '../loaded-files.ts';
import {
  type Assignment,
  type EnvironmentVersion,
  environmentVersionHeader,
  type NodeHandler,
} from '../runtime-api/assignment.ts';
import type { RuntimeApiOptions } from '../runtime-api/runtime-api.ts';
import { sameVariables, startupVariables } from './environment.ts';

type Variables = Readonly<Record<string, string>>;

export class RuntimeClient {
  /** Ends the log of an invocation, see `LogReader`; random, so that no handler prints it by accident. */
  readonly logMarker = `\u001e${randomBytes(8).toString('hex')}`;
  /** Its start variables: those that a function needs from the start, and those that configure the client. */
  readonly #variables: Variables;
  readonly #startup: Variables;
  readonly #started: Variables;
  readonly apiOptions: RuntimeApiOptions;
  #environment: EnvironmentVersion = { version: 0, variables: {} };
  #resolveAssignment: ((assignment: Assignment) => void) | undefined;

  /**
   * `startup` are the variables that must be right from its start; `debuggable`: it accepts a debugger, and reports where;
   * `onLoaded` receives the files that the client has loaded; `whole` are further start variables.
   */
  constructor(
    startup: Variables,
    debuggable: boolean,
    onLoaded: (loaded: LoadedFiles) => void,
    whole: Variables = {},
  ) {
    const token = randomBytes(16).toString('hex');
    const assignment = new Promise<Assignment>((resolve) => {
      this.#resolveAssignment = resolve;
    });
    this.#startup = startup;
    // Set again with the assignment, since the runtime client removes its start variables.
    const { NODE_OPTIONS: _, ...started } = whole;
    this.#started = started;
    this.#variables = {
      ...whole,
      ...startup,
      LIVECTL_RUNTIME_TOKEN: token,
      LIVECTL_LOG_MARKER: this.logMarker,
      LIVECTL_ASSIGNED: 'later',
      ...(debuggable && { LIVECTL_DEBUGGER: 'listen' }),
    };
    this.apiOptions = {
      token,
      nextHeaders: () => ({ [environmentVersionHeader]: String(this.#environment.version) }),
      privateRoutes: {
        '/livectl/assignment': () => assignment,
        '/livectl/environment': () => this.#environment,
      },
      privatePosts: {
        '/livectl/loaded': (body) => {
          const loaded = parseLoadedFiles(body);
          if (loaded) onLoaded(loaded);
        },
      },
    };
  }

  /** The variables it is started with. */
  variables(): Variables {
    return this.#variables;
  }

  /** Whether it can become or remain a function's in this environment: variables read at start must be unchanged. */
  fits(variables: Variables): boolean {
    return sameVariables(this.#startup, startupVariables(variables));
  }

  /** Tells a spare what to load; called once. */
  assign(variables: Variables, handler: NodeHandler | undefined): void {
    this.renew(variables);
    this.#resolveAssignment?.({ ...handler, environment: this.#environment, started: this.#started });
  }

  /** The handler sees these variables from the next invocation on. */
  renew(variables: Variables): void {
    if (sameVariables(this.#environment.variables, variables)) return;
    this.#environment = { version: this.#environment.version + 1, variables };
  }
}
