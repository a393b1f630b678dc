// The tunnels of the served functions: the local proxy that their code connects through, and what it reports.
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../../protocol/clock.ts';
import { nodeMajor } from '../manifest/runtimes.ts';
import type { Closers } from '../run/closers.ts';
import type { SessionEvent } from '../session/session-event.ts';
import { connectDirectly } from '../tunnel/direct.ts';
import { type EndpointTunnel, endpointTunnel } from '../tunnel/endpoint-tunnel.ts';
import { failureWords, refusalCode } from '../tunnel/refusal.ts';
import { startSocksServer } from '../tunnel/socks-server.ts';
import type { StageToServe } from './stage-to-serve.ts';

export interface FunctionTunnels {
  /** A worker's LIVECTL_TUNNEL, with the proxy's password; undefined for a function without a tunnel. */
  readonly settingsOf: (functionName: string) => string | undefined;
  /** ALL_PROXY for runtimes whose code livectl does not route, with the password. */
  readonly proxyOf: (functionName: string, runtime: string) => string | undefined;
  /** For tests of the endpoints that the function names. */
  readonly endpointsOf: (functionName: string) => EndpointTunnel | undefined;
  /** Ends the functions in the VPC; see `Tunnels.close`. */
  readonly close: () => Promise<void>;
}

/** The same refusal of the same destination is reported again after this at the earliest. Milliseconds. */
const quietMs = 60_000;
/** More destinations than a person reads about. */
const mostReported = 1000;

/** Starts the proxy; no function starts before something connects. Rejects as `StageToServe.openTunnels`. */
export async function openFunctionTunnels(
  open: NonNullable<StageToServe['openTunnels']>,
  emit: (event: SessionEvent) => void,
  closers: Closers,
): Promise<FunctionTunnels> {
  const { nameOf, tunnels } = open(emit);
  closers.add(() => tunnels.close());
  const password = randomBytes(24).toString('base64url');
  /** Functions whose runtime sends everything to the proxy. */
  const unrouted = new Set<string>();
  const reported = new Map<string, number>();

  const mayReport = (what: string) => {
    const now = systemClock.now();
    for (const [key, at] of reported) if (now - at >= quietMs) reported.delete(key);
    if (reported.has(what) || reported.size >= mostReported) return false;
    reported.set(what, now);
    return true;
  };
  const onFailure = (user: string, host: string, port: number, error: unknown) => {
    // A tunnel that did not start has said so itself.
    const code = refusalCode(error);
    if (code === undefined || code === 'lost' || !mayReport(`${user} ${host}:${port} ${code}`)) return;
    const message = `${user} could not connect to ${host}:${port} through the tunnel: ${failureWords(error).message}`;
    emit({ event: 'notice', message });
  };
  const server = await startSocksServer({
    port: 0,
    password,
    clock: systemClock,
    hasUser: (user) => nameOf.has(user),
    dial: async (user, host, port) => {
      const name = nameOf.get(user) as string;
      if (unrouted.has(user) && (await tunnels.route(name, host, port)) === 'direct')
        return connectDirectly(host, port);
      return tunnels.dial(name, host, port);
    },
    onFailure,
    onStranger: () => {
      if (mayReport('stranger'))
        emit({
          event: 'notice',
          message: 'another user of this machine tried to use the tunnel, and was refused',
        });
    },
  });
  closers.add(() => server.close());
  const proxy = `127.0.0.1:${server.port}`;

  return {
    settingsOf: (functionName) => {
      const name = nameOf.get(functionName);
      if (name === undefined) return undefined;
      return JSON.stringify({ proxy, username: functionName, password, allow: tunnels.allowOf(name) });
    },
    proxyOf: (functionName, runtime) => {
      if (!nameOf.has(functionName) || hasOwnRouting(runtime)) return undefined;
      unrouted.add(functionName);
      return `socks5h://${encodeURIComponent(functionName)}:${password}@${proxy}`;
    },
    endpointsOf: (functionName) => {
      const name = nameOf.get(functionName);
      return name === undefined ? undefined : endpointTunnel(tunnels, name);
    },
    close: () => tunnels.close(),
  };
}

/** Its runtime client sends only what is for the VPC to the proxy. */
function hasOwnRouting(runtime: string): boolean {
  return nodeMajor(runtime) !== undefined || runtime.startsWith('python');
}
