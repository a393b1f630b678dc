// What `serve` says of private resources: at its start which functions sit in a VPC and whether their endpoints answer,
// later one line where an invocation failed toward a private endpoint.
import type { Clock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { type CheckedEndpoint, isFailure } from './check-endpoint.ts';
import { checkFunctions, type FunctionCheck, type NamedEnvironment } from './check-functions.ts';
import { looksPrivate, networkFailure } from './failed-endpoint.ts';

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
  readonly clock: Clock;
}

/** A failed invocation, as far as a hint needs it. */
export interface FailedInvocation {
  readonly function: string;
  readonly error: { readonly name: string; readonly message: string; readonly stack?: readonly string[] };
}

/** For each endpoint at the start: it must not hold up anything, and nobody waits for it. */
const checkMs = 3000;

/** Half of Node's threads: the code's files and the relay's messages need the others. */
const lookupsAtOnce = 2;

/** The same endpoint is named again when so many milliseconds have passed: a queue may retry ten times a second. */
const quietMs = 60_000;

/** So many names or endpoints in a line, and the number of the rest. */
const mostInLine = 4;

export class ServeHints {
  readonly #options: ServeHintsOptions;
  /** Functions of whose endpoints some were found not to answer. */
  readonly #silent = new Map<string, NamedEnvironment>();
  /** Hosts that a function's environment names. */
  readonly #hosts = new Map<string, ReadonlySet<string>>();
  /** When an endpoint was last named. */
  readonly #named = new Map<string, number>();

  constructor(options: ServeHintsOptions) {
    this.#options = options;
  }

  /** Tries the endpoints of all functions in a VPC and tells, in four lines at most; never rejects. */
  async start(): Promise<void> {
    const inVpc = this.#options.functions.filter((each) => each.inVpc);
    const known: NamedEnvironment[] = [];
    const unknown: string[] = [];
    let why = '';
    // One after the other: Lambda answers few such requests a second.
    for (const { environment, name } of inVpc) {
      try {
        known.push({ name, environment: await environment() });
      } catch (error) {
        unknown.push(name);
        why ||= reasonOf(error);
      }
    }
    const checks = await this.#check(known);
    const silent = checks.filter(({ checked }) => checked.some(isFailure));
    const idle = checks.filter(({ checked }) => !checked.some(wasTried));
    const good = checks.filter((check) => !silent.includes(check) && !idle.includes(check));
    this.#tell(namesOf(good), (its) => {
      const { size } = new Set(endpointTexts(good, wasTried));
      return size === 1 ? `${its} endpoint answers from here` : `${its} ${size} endpoints answer from here`;
    });
    this.#tell(namesOf(silent), () => {
      const endpoints = [...new Set(endpointTexts(silent, isFailure, ({ verdict }) => ` (${verdict})`))];
      return `not reached from here: ${some(endpoints)}; run ${this.#options.command} to see what to do`;
    });
    this.#tell(namesOf(idle), (its) => `${its} environment names no endpoint to try`);
    this.#tell(unknown, (its) => `${its} endpoints are not known: ${why}`);
  }

  /** Gives one line where the failure is one of reaching a private endpoint. Resolves when it is said; never rejects. */
  async failed({ error, function: name }: FailedInvocation): Promise<void> {
    const failure = networkFailure([error.name, error.message, ...(error.stack ?? [])].join('\n'));
    if (failure === undefined) return;
    const { host, port, what } = failure;
    if (host === undefined) return this.#nameSilent(name, what);
    if (!this.#hosts.get(name)?.has(host) && !looksPrivate(host, this.#options.cidrs)) return;
    this.#name(name, port === undefined ? host : `${host}:${port}`, what);
  }

  /** For words that name no endpoint, such as "timed out": one that was silent at the start, if it is silent still. */
  async #nameSilent(name: string, what: string): Promise<void> {
    const silent = this.#silent.get(name);
    if (silent === undefined || !this.#mayName(`${name}'s`)) return;
    const [endpoint] = endpointTexts(await this.#check([silent]), isFailure);
    if (endpoint !== undefined) this.#name(name, endpoint, what);
  }

  #name(name: string, endpoint: string, what: string): void {
    const { command, onNotice } = this.#options;
    if (this.#mayName(endpoint))
      onNotice(`${name} could not reach ${endpoint} (${what}); run ${command} to see why`);
  }

  /** Once in a while for each endpoint, however many invocations and functions fail. */
  #mayName(endpoint: string): boolean {
    const now = this.#options.clock.now();
    for (const [other, at] of this.#named) if (now - at >= quietMs) this.#named.delete(other);
    if (this.#named.has(endpoint)) return false;
    this.#named.set(endpoint, now);
    return true;
  }

  async #check(functions: readonly NamedEnvironment[]): Promise<FunctionCheck[]> {
    const { cidrs } = this.#options;
    const checks = await checkFunctions(functions, { timeoutMs: checkMs, cidrs, lookupsAtOnce });
    for (const [index, { checked, name }] of checks.entries()) {
      const hosts = checked.filter(({ endpoint }) => !endpoint.web).map(({ endpoint }) => endpoint.host);
      this.#hosts.set(name, new Set(hosts));
      const named = functions[index];
      if (named !== undefined && checked.some(isFailure)) this.#silent.set(name, named);
      else this.#silent.delete(name);
    }
    return checks;
  }

  #tell(names: readonly string[], words: (its: string) => string): void {
    if (names.length === 0) return;
    const { functions, onNotice } = this.#options;
    const vpcs = functions.flatMap(({ name, vpcId }) => (names.includes(name) && vpcId ? [vpcId] : []));
    const where = vpcs.length === 0 ? 'a VPC' : some([...new Set(vpcs)]);
    const [verb, its] = names.length === 1 ? ['sits', 'its'] : ['sit', 'their'];
    onNotice(`${some(names)} ${verb} in ${where}; ${words(its)}`);
  }
}

function namesOf(checks: readonly FunctionCheck[]): string[] {
  return checks.map(({ name }) => name);
}

function wasTried({ verdict }: CheckedEndpoint): boolean {
  return verdict !== 'public' && verdict !== 'no_port';
}

/** `host:port`, and what `more` has of it. */
function endpointTexts(
  checks: readonly FunctionCheck[],
  which: (checked: CheckedEndpoint) => boolean,
  more: (checked: CheckedEndpoint) => string = () => '',
): string[] {
  return checks
    .flatMap(({ checked }) => checked.filter(which))
    .map((each) => `${each.endpoint.host}:${each.port ?? each.endpoint.ports[0] ?? '?'}${more(each)}`);
}

/** The first few, and how many more. */
function some(words: readonly string[]): string {
  const rest = words.length - mostInLine;
  return words.slice(0, mostInLine).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function reasonOf(error: unknown): string {
  return error instanceof LiveDebugError ? `${error.message}; ${error.remedy}` : messageOf(error);
}
