// Checks the relay: a connection, and how long a post takes to come back on it.
import { systemClock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { openRelaySocket } from '../../../protocol/relay-socket.ts';
import { within } from '../../../protocol/within.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import { type Check, developerPolicy, fail, needed, pass } from './check.ts';
import { explainRelay, privateAddressOf } from './explain-relay.ts';
import type { StageParts } from './stage-parts.ts';

/** Posts to one's own connection. */
const roundTrips = 5;
const relayBoundMs = 2000;

export function relayCheck({ manifest, stage }: StageParts, boundMs: number): Check {
  return {
    name: 'relay',
    group: 'Stage',
    late: 'fail',
    lateRemedy: 'check the network: does a proxy or firewall let WebSockets to execute-api through?',
    run: async (report) => {
      const { http, identity, lookup } = await needed(stage(), 'credentials');
      const { isObserveOnly, relayUrl: url } = await needed(manifest(), 'table');
      const { credentials, region } = identity;
      const { hostname } = new URL(url);
      const agent = proxyAgent(new URL(url));
      // Behind a proxy, the proxy looks the name up.
      const looked =
        agent === undefined ? privateAddressOf(hostname, lookup, systemClock) : Promise.resolve(undefined);
      let arrived: () => void = () => undefined;
      const socket = await openRelaySocket({
        url,
        region,
        credentials: await credentials(),
        clock: systemClock,
        // Earlier than this check is given up, so that the reason can be reported.
        timeoutMs: Math.min(relayBoundMs, boundMs * 0.7),
        onText: () => arrived(),
        onClose: () => undefined,
        connect: { agent },
      }).catch(async (error: unknown) => {
        const words = { ...refusalOf(error), host: hostname, hasProxy: agent !== undefined };
        report(fail('relay', ...explainRelay({ ...words, privateAddress: await looked })));
      });
      if (socket === undefined) return;
      try {
        if (isObserveOnly)
          return report(pass('relay', 'it can be connected to; on a stage to observe, only functions post'));
        const poster = new RelayPoster({ url, region, http, credentials, clock: systemClock });
        const times: number[] = [];
        for (let count = 0; count < roundTrips; count++) {
          const text = new Promise<true>((resolve) => {
            arrived = () => resolve(true);
          });
          const startedMs = performance.now();
          const posted = await poster.post(socket.connectionId, ['doctor'], systemClock.now() + relayBoundMs);
          if (posted.kind !== 'delivered')
            return report(
              fail(
                'relay',
                `a post to the relay is answered with ${posted.kind}`,
                `${developerPolicy}: it allows execute-api:ManageConnections`,
              ),
            );
          if ((await within(systemClock, relayBoundMs, text)) === undefined)
            return report(
              fail(
                'relay',
                'a post was accepted and has not arrived',
                'try again; does a proxy hold messages back?',
              ),
            );
          times.push(performance.now() - startedMs);
        }
        times.sort((one, other) => one - other);
        const median = Math.round(times[Math.floor(times.length / 2)] ?? 0);
        report(pass('relay', `a round trip takes ${median} ms (median of ${roundTrips})`));
      } finally {
        socket.close();
      }
    },
  };
}

function refusalOf(error: unknown): { readonly status: number | undefined; readonly words: string } {
  const { cause } = error as { readonly cause?: unknown };
  return { status: typeof cause === 'number' ? cause : undefined, words: messageOf(error) };
}
