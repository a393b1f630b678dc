// Tries one endpoint from this machine: its name, its address, its port, each with a bound.
import { lookup, resolveSrv } from 'node:dns/promises';
import { connect } from 'node:net';
import type { Endpoint } from './find-endpoints.ts';
import { isPrivateAddress } from './private-address.ts';
import { type Route, routeTo } from './route.ts';

/**
 * - `reachable`: a TCP connection was made.
 * - `refused`: the host answered that nobody listens there.
 * - `timeout`: nothing came back.
 * - `unreachable`: this machine has no way to the network.
 * - `unresolved`: its name has no address here.
 * - `no_port`: the environment names a host and no port.
 * - `public`: a web address on the internet, not tried.
 */
export type Verdict =
  | 'reachable'
  | 'refused'
  | 'timeout'
  | 'unreachable'
  | 'unresolved'
  | 'no_port'
  | 'public';

export interface CheckedEndpoint {
  readonly endpoint: Endpoint;
  readonly verdict: Verdict;
  /** The address and port that the verdict is about; undefined where the name has none. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** The address is a private one. */
  readonly private: boolean;
  /** Of the connection, or of waiting for one, in milliseconds. */
  readonly ms: number;
  readonly route: Route | undefined;
  /** The system's word for what failed, e.g. `ENOTFOUND`. */
  readonly code: string | undefined;
}

export interface CheckOptions {
  /** For one connection, in milliseconds; a name may take as long again. */
  readonly timeoutMs: number;
  /** Address ranges of the VPCs, which may be public ones. */
  readonly cidrs: readonly string[];
}

interface Target {
  readonly host: string;
  readonly ports: readonly number[];
}

/** Whether a verdict is a failure: something is there to mend. */
export function isFailure({ verdict }: Pick<CheckedEndpoint, 'verdict'>): boolean {
  return verdict !== 'reachable' && verdict !== 'public' && verdict !== 'no_port';
}

/** Never rejects; takes `timeoutMs` for the name and for each port at most, and a second for the route. */
export async function checkEndpoint(endpoint: Endpoint, options: CheckOptions): Promise<CheckedEndpoint> {
  const { cidrs, timeoutMs } = options;
  const unresolved = (code: string | undefined) =>
    ({
      endpoint,
      verdict: 'unresolved',
      address: undefined,
      port: undefined,
      private: false,
      ms: 0,
      route: undefined,
      code,
    }) as const;
  const target = await within(timeoutMs, targetOf(endpoint));
  if ('code' in target) return unresolved(target.code);
  const found = await within(timeoutMs, lookup(target.host, { all: true }));
  if ('code' in found) return unresolved(found.code);
  const addresses = found.map(({ address }) => address);
  const address = addresses.find((each) => isPrivateAddress(each, cidrs)) ?? addresses[0];
  if (address === undefined) return unresolved('ENODATA');
  const isPrivate = isPrivateAddress(address, cidrs);
  const common = { endpoint, address, private: isPrivate };
  if (!isPrivate && endpoint.web) {
    return { ...common, verdict: 'public', port: undefined, ms: 0, route: undefined, code: undefined };
  }
  const routing = routeTo(address);
  if (target.ports.length === 0) {
    return { ...common, verdict: 'no_port', port: undefined, ms: 0, route: await routing, code: undefined };
  }
  const tries = await Promise.all(target.ports.map((port) => tryPort(address, port, timeoutMs)));
  const best = tries.reduce((one, other) => (rank(other.verdict) < rank(one.verdict) ? other : one));
  return { ...common, ...best, route: await routing };
}

/** A port that refuses says more than one that is silent. */
function rank(verdict: Verdict): number {
  return ['reachable', 'refused', 'timeout', 'unreachable'].indexOf(verdict);
}

async function targetOf({ host, ports, srv }: Endpoint): Promise<Target> {
  if (!srv) return { host, ports };
  const [record] = await resolveSrv(`_mongodb._tcp.${host}`);
  return record ? { host: record.name, ports: [record.port] } : { host, ports };
}

type Tried = Pick<CheckedEndpoint, 'verdict' | 'port' | 'ms' | 'code'>;

function tryPort(address: string, port: number, timeoutMs: number): Promise<Tried> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (verdict: Verdict, code?: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ verdict, port, ms: Math.round(performance.now() - startedAt), code });
    };
    const timer = setTimeout(() => end('timeout', 'ETIMEDOUT'), timeoutMs);
    socket.once('connect', () => end('reachable'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(verdictOf(error.code), error.code));
  });
}

function verdictOf(code: string | undefined): Verdict {
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'refused';
  return code === 'ETIMEDOUT' ? 'timeout' : 'unreachable';
}

/** What `work` gives, or the code it failed with. */
async function within<T extends object>(
  boundMs: number,
  work: Promise<T>,
): Promise<T | { readonly code: string }> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<{ readonly code: string }>((resolve) => {
    timer = setTimeout(() => resolve({ code: 'ETIMEDOUT' }), boundMs);
  });
  const safe = work.catch((error: NodeJS.ErrnoException) => ({ code: error.code ?? 'EAI_FAIL' }));
  return Promise.race([safe, bound]).finally(() => clearTimeout(timer));
}
