// Hints of `serve` about private resources: at its start, which functions are in a VPC and whether their endpoints answer;
// later, one line when an invocation fails to reach a private endpoint.
import { isIP } from 'node:net';
import type { Clock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { EndpointTunnel } from '../tunnel/endpoint-tunnel.ts';
import { type CheckedEndpoint, isFailure } from './check-endpoint.ts';
import { checkFunctions, type FunctionCheck, type NamedEnvironment } from './check-functions.ts';
import { looksPrivate, networkFailure } from './failed-endpoint.ts';
import { isLoopback } from './private-address.ts';

export interface HintedFunction {
  readonly name: string;
  readonly inVpc: boolean;
  /** Its VPC's id, if known. */
  readonly vpcId: string | undefined;
  /** The environment of its code; may have to ask AWS. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
}

export interface ServeHintsOptions {
  readonly functions: readonly HintedFunction[];
  /** Address ranges of the VPCs. */
  readonly cidrs: readonly string[];
  /** The command for details, e.g. `livectl vpn --check --stage dev-tom`. */
  readonly command: string;
  /** The tunnel through which a function's code connects; default: none has one. */
  readonly tunnelOf?: ((functionName: string) => EndpointTunnel | undefined) | undefined;
  /** What to say of tunnels where a function without one does not reach its endpoints, e.g. how to get one; default: nothing. */
  readonly tunnelAdvice?: string | undefined;
  readonly onNotice: (message: string) => void;
  readonly clock: Clock;
}

/** The part of a failed invocation that a hint needs. */
export interface FailedInvocation {
  readonly function: string;
  readonly error: { readonly name: string; readonly message: string; readonly stack?: readonly string[] };
}

/** Timeout for each endpoint at the start, which runs in the background. */
const checkMs = 3000;

/** Half of Node's threads: the code's files and the relay's messages need the others. */
const lookupsAtOnce = 2;

/** An endpoint is reported again after this many milliseconds at the earliest: a queue may retry ten times a second. */
const quietMs = 60_000;

/** Maximum number of names or endpoints in a line; the rest is counted. */
const mostInLine = 4;

/** What a line says of these functions; `its` or `their` before what is theirs. */
type Words = (its: string, names: readonly string[]) => string;

export class ServeHints {
  readonly #options: ServeHintsOptions;
  /** Functions with endpoints that did not answer. */
  readonly #silent = new Map<string, NamedEnvironment>();
  /** Hosts named in a function's environment. */
  readonly #hosts = new Map<string, ReadonlySet<string>>();
  /** When an endpoint was last reported. */
  readonly #named = new Map<string, number>();

  constructor(options: ServeHintsOptions) {
    this.#options = options;
  }

  /**
   * Tests the endpoints of all functions in a VPC or with a tunnel, and reports them in few lines, however many they are; never rejects. What
   * leads through a tunnel starts it, so that it is warm for the code.
   */
  async start(): Promise<void> {
    const { functions, tunnelOf } = this.#options;
    const inVpc = functions.filter((each) => each.inVpc || tunnelOf?.(each.name));
    const known: NamedEnvironment[] = [];
    const unknown: string[] = [];
    let why = '';
    // One after the other: Lambda answers few such requests a second.
    for (const { environment, name } of inVpc) {
      try {
        known.push({ name, environment: await environment(), tunnel: tunnelOf?.(name) });
      } catch (error) {
        unknown.push(name);
        why ||= reasonOf(error);
      }
    }
    const checks = await this.#check(known);
    const silent = checks.filter(({ checked }) => checked.some(isFailure));
    const idle = checks.filter(({ checked }) => !checked.some(wasTried));
    const good = checks.filter((check) => !silent.includes(check) && !idle.includes(check));
    const isThrough = ({ checked }: FunctionCheck) => checked.some(({ tunnel }) => tunnel !== undefined);
    const through = good.filter(isThrough);
    if (through.length > 0) {
      const { size } = new Set(endpointTexts(through, ({ tunnel }) => tunnel !== undefined));
      const [verb, its] = through.length === 1 ? ['reaches', 'its'] : ['reach', 'their'];
      const what = size === 1 ? `${its} endpoint` : `${its} ${size} endpoints`;
      this.#options.onNotice(`${some(namesOf(through))} ${verb} ${what} through the tunnel`);
    }
    const here = good.filter((check) => !isThrough(check));
    this.#tell(namesOf(here), (its, names) => {
      const { size } = new Set(endpointTexts(ofNames(here, names), wasTried));
      return size === 1 ? `${its} endpoint answers from here` : `${its} ${size} endpoints answer from here`;
    });
    const silentHere = silent.filter((check) => !isThrough(check));
    this.#tell(namesOf(silentHere), (_, names) => {
      const { command, tunnelAdvice } = this.#options;
      const checks = ofNames(silentHere, names);
      const endpoints = [...new Set(endpointTexts(checks, isFailure, ({ verdict }) => ` (${verdict})`))];
      const advice = tunnelAdvice === undefined ? '' : `${tunnelAdvice}; `;
      return `not reached from here: ${some(endpoints)}; ${advice}run ${command} for details`;
    });
    const silentThrough = silent.filter(isThrough);
    if (silentThrough.length > 0) {
      const endpoints = [...new Set(endpointTexts(silentThrough, isFailure, reasonIn))];
      const names = some(namesOf(silentThrough));
      this.#options.onNotice(
        `${names}: not reached through the tunnel: ${some(endpoints)}; run ${this.#options.command} for details`,
      );
    }
    // A function outside a VPC needs no private endpoint.
    this.#tell(
      namesOf(idle).filter((name) => functions.find((each) => each.name === name)?.inVpc),
      (its) => `${its} environment names no endpoint to try`,
    );
    this.#tell(unknown, (its) => `${its} endpoints are unknown: ${why}`);
  }

  /** Reports a failure to reach a private endpoint in one line. Resolves when that is done; never rejects. */
  async failed({ error, function: name }: FailedInvocation): Promise<void> {
    const failure = networkFailure([error.name, error.message, ...(error.stack ?? [])].join('\n'));
    if (failure === undefined) return;
    const { host, port, what } = failure;
    // What the tunnel could not reach, it has reported itself.
    if (host !== undefined && this.#isTunnelled(name, host, port)) return;
    if (host === undefined) return this.#nameSilent(name, what);
    if (!this.#hosts.get(name)?.has(host) && !looksPrivate(host, this.#options.cidrs)) return;
    this.#name(name, port === undefined ? host : `${host}:${port}`, what);
  }

  #isTunnelled(name: string, host: string, port: number | undefined): boolean {
    const tunnel = this.#options.tunnelOf?.(name);
    return tunnel !== undefined && port !== undefined && tunnel.covers(host, port, isIP(host) ? [host] : []);
  }

  /** For an error that names no endpoint, such as "timed out": an endpoint that was silent at the start and still is. */
  async #nameSilent(name: string, what: string): Promise<void> {
    const silent = this.#silent.get(name);
    if (silent === undefined || !this.#mayName(`${name}'s`)) return;
    const [endpoint] = endpointTexts(await this.#check([silent]), isFailure);
    if (endpoint !== undefined) this.#name(name, endpoint, what);
  }

  #name(name: string, endpoint: string, what: string): void {
    const { command, onNotice } = this.#options;
    if (this.#mayName(endpoint))
      onNotice(`${name} could not reach ${endpoint} (${what}); run ${command} for details`);
  }

  /** Limits reports per endpoint, however many invocations and functions fail. */
  #mayName(endpoint: string): boolean {
    const now = this.#options.clock.now();
    for (const [other, at] of this.#named) if (now - at >= quietMs) this.#named.delete(other);
    if (this.#named.has(endpoint)) return false;
    this.#named.set(endpoint, now);
    return true;
  }

  async #check(functions: readonly NamedEnvironment[]): Promise<FunctionCheck[]> {
    const { cidrs } = this.#options;
    const checks = (await checkFunctions(functions, { timeoutMs: checkMs, cidrs, lookupsAtOnce })).map(
      (check) => ({ ...check, checked: check.checked.filter((each) => !isEmulator(each)) }),
    );
    for (const [index, { checked, name }] of checks.entries()) {
      const hosts = checked.filter(({ endpoint }) => !endpoint.web).map(({ endpoint }) => endpoint.host);
      this.#hosts.set(name, new Set(hosts));
      const named = functions[index];
      if (named !== undefined && checked.some(isFailure)) this.#silent.set(name, named);
      else this.#silent.delete(name);
    }
    return checks;
  }

  /** One line for functions in a VPC, and one for those that have only a tunnel into one. */
  #tell(names: readonly string[], words: Words): void {
    const { functions, onNotice } = this.#options;
    const inVpc = names.filter((name) => functions.find((each) => each.name === name)?.inVpc);
    const others = names.filter((name) => !inVpc.includes(name));
    if (inVpc.length > 0) this.#tellOfVpc(inVpc, words);
    if (others.length === 0) return;
    const [verb, its] = others.length === 1 ? ['has', 'its'] : ['have', 'their'];
    onNotice(`${some(others)} ${verb} a tunnel; ${words(its, others)}`);
  }

  #tellOfVpc(names: readonly string[], words: Words): void {
    const { functions, onNotice } = this.#options;
    const vpcs = functions.flatMap(({ name, vpcId }) => (names.includes(name) && vpcId ? [vpcId] : []));
    const where = vpcs.length === 0 ? 'a VPC' : some([...new Set(vpcs)]);
    const [verb, its] = names.length === 1 ? ['is', 'its'] : ['are', 'their'];
    onNotice(`${some(names)} ${verb} in ${where}; ${words(its, names)}`);
  }
}

function namesOf(checks: readonly FunctionCheck[]): string[] {
  return checks.map(({ name }) => name);
}

function ofNames(checks: readonly FunctionCheck[], names: readonly string[]): FunctionCheck[] {
  return checks.filter(({ name }) => names.includes(name));
}

function reasonIn({ reason, verdict }: CheckedEndpoint): string {
  return ` (${verdict}${reason === undefined ? '' : `: ${reason}`})`;
}

/**
 * A web address on loopback is an emulator of AWS, such as AWS_ENDPOINT_URL of the local cloud, or an extension of the function;
 * what forwards a port into the VPC is not the web.
 */
function isEmulator({ address, endpoint }: CheckedEndpoint): boolean {
  return endpoint.web && address !== undefined && isLoopback(address);
}

function wasTried({ verdict }: CheckedEndpoint): boolean {
  return verdict !== 'public' && verdict !== 'no_port';
}

/** `host:port`, followed by what `more` returns for it. */
function endpointTexts(
  checks: readonly FunctionCheck[],
  which: (checked: CheckedEndpoint) => boolean,
  more: (checked: CheckedEndpoint) => string = () => '',
): string[] {
  return checks
    .flatMap(({ checked }) => checked.filter(which))
    .map((each) => `${each.endpoint.host}:${each.port ?? each.endpoint.ports[0] ?? '?'}${more(each)}`);
}

/** The first few, and the number of the others. */
function some(words: readonly string[]): string {
  const rest = words.length - mostInLine;
  return words.slice(0, mostInLine).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function reasonOf(error: unknown): string {
  return error instanceof LiveDebugError ? `${error.message}; ${error.remedy}` : messageOf(error);
}
