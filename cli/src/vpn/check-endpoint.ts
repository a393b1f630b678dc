// Tests one endpoint from this machine: its name, its address, its port, each with a timeout.
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';
import type { EndpointTunnel } from '../tunnel/endpoint-tunnel.ts';
import type { NamedEndpoint } from './find-endpoints.ts';
import type { Looked, NameLookups } from './name-lookups.ts';
import { isLoopback, isPrivateAddress } from './private-address.ts';
import { type Route, routeTo } from './route.ts';

/**
 * - `reachable`: a TCP connection was established.
 * - `refused`: the host answered that nothing listens on the port.
 * - `timeout`: nothing came back.
 * - `unreachable`: this machine has no route to the network.
 * - `unresolved`: its name has no address here.
 * - `not_allowed`: the function's tunnel may not connect to it.
 * - `no_port`: the environment names a host without a port.
 * - `public`: a web address on the internet, not tested.
 */
export type Verdict =
  | 'reachable'
  | 'refused'
  | 'timeout'
  | 'unreachable'
  | 'unresolved'
  | 'not_allowed'
  | 'no_port'
  | 'public';

export interface CheckedEndpoint {
  readonly endpoint: NamedEndpoint;
  readonly verdict: Verdict;
  /** The address and port that the verdict is about; undefined if the name has no address. */
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** The address is a private one. */
  readonly private: boolean;
  /** Duration of connecting, or of waiting for it, in milliseconds. */
  readonly ms: number;
  readonly route: Route | undefined;
  /** The system's code for what failed, e.g. `ENOTFOUND`. */
  readonly code: string | undefined;
  /** The tunnel through which it was tested; undefined if it was tested from this machine. */
  readonly tunnel?: string | undefined;
  /** What the tunnel says of a failure. */
  readonly reason?: string | undefined;
}

export interface CheckOptions {
  /** Timeout of one connection, in milliseconds; a name may take as long again, and so may its SRV record. */
  readonly timeoutMs: number;
  /** Address ranges of the VPCs, which may be public. */
  readonly cidrs: readonly string[];
  readonly lookups: NameLookups;
  /** Tests what it covers from inside the VPC, as the function's code would connect. */
  readonly tunnel?: EndpointTunnel | undefined;
}

/** At most this many addresses of a name, and hosts of a record, are tested. */
const mostAddresses = 4;

/** Whether a verdict is a failure that needs fixing. */
export function isFailure({ verdict }: Pick<CheckedEndpoint, 'verdict'>): boolean {
  return verdict !== 'reachable' && verdict !== 'public' && verdict !== 'no_port';
}

/** The first connection through a tunnel waits for its function: a cold start, and what follows. Milliseconds. */
const tunnelMs = 10_000;

/** Never rejects. Takes up to `timeoutMs` each for the name and the connections, and a second for the route. */
export async function checkEndpoint(
  endpoint: NamedEndpoint,
  options: CheckOptions,
): Promise<CheckedEndpoint> {
  const { cidrs, timeoutMs } = options;
  const found = await addressesOf(endpoint, options);
  const all = 'code' in found ? [] : found;
  const through = await throughTunnel(endpoint, all, options);
  if (through) return through;
  const nothing = { endpoint, address: undefined, port: undefined, ms: 0, route: undefined, code: undefined };
  const [first] = all;
  if (first === undefined) {
    const code = 'code' in found ? found.code : 'ENODATA';
    return { ...nothing, verdict: 'unresolved', private: false, code };
  }
  const inside = all.filter(({ address }) => isPrivateAddress(address, cidrs));
  const chosen = { ...nothing, address: (inside[0] ?? first).address, private: inside.length > 0 };
  if (!chosen.private && endpoint.web) return { ...chosen, verdict: 'public' };
  const addresses = (chosen.private ? inside : all).slice(0, mostAddresses);
  if (addresses.every(({ ports }) => ports.length === 0))
    return { ...chosen, verdict: 'no_port', route: await routeTo(chosen.address) };
  // Clients also try the next address: `localhost` is ::1 and 127.0.0.1, and a forwarded port listens on only one of them.
  const tries = await Promise.all(
    addresses.flatMap(({ address, ports }) => ports.map((port) => tryPort(address, port, timeoutMs))),
  );
  const best = tries.reduce((one, other) => (rank(other.verdict) < rank(one.verdict) ? other : one));
  return { ...chosen, ...best, route: await routeTo(best.address) };
}

/** Undefined for what the tunnel is not for: the function's code would connect from this machine. */
async function throughTunnel(
  endpoint: NamedEndpoint,
  found: readonly Address[],
  { cidrs, timeoutMs, tunnel }: CheckOptions,
): Promise<CheckedEndpoint | undefined> {
  // A name that is not found here is looked up in the VPC; a web address that is not found is most likely misspelt.
  if (tunnel === undefined || endpoint.srv || (endpoint.web && found.length === 0)) return undefined;
  const addresses = found.map(({ address }) => address);
  const isInside = addresses.every((address) => isPrivateAddress(address, cidrs) && !isLoopback(address));
  const ports = endpoint.ports.filter((port) => tunnel.covers(endpoint.host, port, addresses));
  if (!isInside || ports.length === 0) return undefined;
  const startedAt = performance.now();
  const tries = await Promise.all(
    ports.map(async (port) => ({
      port,
      ...(await tunnel.tryPort(endpoint.host, port, tunnelMs + timeoutMs)),
    })),
  );
  const best = tries.find(({ verdict }) => verdict === 'reachable') ?? tries[0];
  if (best === undefined) return undefined;
  return {
    endpoint,
    verdict: best.verdict,
    address:
      best.verdict === 'reachable' ? best.address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') : addresses[0],
    port: best.port,
    private: true,
    ms: Math.round(performance.now() - startedAt),
    route: undefined,
    code: undefined,
    tunnel: tunnel.name,
    reason: best.verdict === 'reachable' ? undefined : best.reason,
  };
}

/** A port that refuses is more informative than one that is silent. */
function rank(verdict: Verdict): number {
  return ['reachable', 'refused', 'timeout', 'unreachable'].indexOf(verdict);
}

interface Address {
  readonly address: string;
  readonly ports: readonly number[];
}

async function addressesOf(
  { host, ports, srv }: NamedEndpoint,
  { lookups, timeoutMs }: CheckOptions,
): Promise<readonly Address[] | { readonly code: string }> {
  const found = srv ? await srvHosts(host, timeoutMs) : [{ host, ports }];
  if ('code' in found) return found;
  const looked = await Promise.all(
    found
      .slice(0, mostAddresses)
      .map(
        async (each): Promise<readonly [typeof each, Looked]> => [
          each,
          await lookups.addresses(each.host, timeoutMs),
        ],
      ),
  );
  const all = looked.flatMap(([each, addresses]) =>
    'code' in addresses ? [] : addresses.map((address) => ({ address, ports: each.ports })),
  );
  const [, failed] = looked[0] ?? [];
  return all.length === 0 && failed !== undefined && 'code' in failed ? failed : all;
}

/** Asks the DNS servers directly, since the system's resolver does not look up SRV records. */
async function srvHosts(
  host: string,
  boundMs: number,
): Promise<
  readonly { readonly host: string; readonly ports: readonly number[] }[] | { readonly code: string }
> {
  const resolver = new Resolver();
  try {
    const records = await within(systemClock, boundMs, resolver.resolveSrv(`_mongodb._tcp.${host}`));
    if (records === undefined) return { code: 'ETIMEDOUT' };
    return records.map(({ name, port }) => ({ host: name, ports: [port] }));
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'EAI_FAIL' };
  } finally {
    // One that is late is still being asked for.
    resolver.cancel();
  }
}

type Tried = Pick<CheckedEndpoint, 'verdict' | 'port' | 'ms' | 'code'> & { readonly address: string };

function tryPort(address: string, port: number, timeoutMs: number): Promise<Tried> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (verdict: Verdict, code?: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ verdict, address, port, ms: Math.round(performance.now() - startedAt), code });
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
