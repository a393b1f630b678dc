// A tunnel as a way to test an endpoint: whether it leads there, and what happens if one connects.
import { systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';
import { failureWords, refusalCode } from './refusal.ts';
import type { Tunnels } from './tunnels.ts';

/** What came of one connection. */
export type ThroughTunnel =
  | { readonly verdict: 'reachable'; readonly address: string }
  | {
      readonly verdict: 'refused' | 'timeout' | 'unreachable' | 'unresolved' | 'not_allowed';
      /** In the words of the function, or why it could not be started and what to do. */
      readonly reason: string;
    };

export interface EndpointTunnel {
  /** In the stage's manifest. */
  readonly name: string;
  /** See `Tunnels.covers`. */
  covers(host: string, port: number, addresses: readonly string[]): boolean;
  /** Never rejects; the first one also takes the start of the function. */
  tryPort(host: string, port: number, timeoutMs: number): Promise<ThroughTunnel>;
}

export function endpointTunnel(tunnels: Tunnels, name: string): EndpointTunnel {
  return {
    name,
    covers: (host, port, addresses) => tunnels.covers(name, host, port, addresses),
    tryPort: async (host, port, timeoutMs) => {
      try {
        await tunnels.warm(name);
        const dialled = tunnels.dial(name, host, port);
        const stream = await within(systemClock, timeoutMs, dialled);
        if (stream === undefined) {
          // One that is late is closed, not kept.
          dialled.then((late) => late.destroy()).catch(() => undefined);
          return {
            verdict: 'timeout',
            reason: `nothing came back from the VPC within ${timeoutMs / 1000} s`,
          };
        }
        const { address } = await stream.opened;
        stream.destroy();
        return { verdict: 'reachable', address };
      } catch (error) {
        const { message, remedy } = failureWords(error);
        return {
          verdict: verdictOf(error),
          reason: remedy === undefined ? message : `${message}; ${remedy}`,
        };
      }
    },
  };
}

function verdictOf(error: unknown): Exclude<ThroughTunnel['verdict'], 'reachable'> {
  const code = refusalCode(error);
  switch (code) {
    case 'not-allowed':
      return 'not_allowed';
    case 'refused':
    case 'timeout':
    case 'unresolved':
      return code;
    default:
      return 'unreachable';
  }
}
