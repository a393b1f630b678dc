// [3] Tests whether the relay passes on all of ASCII unchanged, by a post to a connection that nobody else knows.
import { randomUUID } from 'node:crypto';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { openRelaySocket, type RelaySocket } from '../../../protocol/relay-socket.ts';
import { within } from '../../../protocol/within.ts';
import type { RelayLinkOptions } from './relay-link.ts';

type RelayCheckOptions = Pick<
  RelayLinkOptions,
  'url' | 'region' | 'credentials' | 'http' | 'clock' | 'agent'
>;

/** Timeout of connecting, and of the text's delivery, each. Nobody waits for them. */
const boundMs = 10_000;

/** All 128 characters in several orders, longer than a frame of 32 KB. */
function everyCharacter(): string {
  const all = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  const orders = [1, 3, 5, 7, 77, 127].map((step) =>
    all.map((_, index) => all[(index * step) % 128]).join(''),
  );
  return orders.join('').repeat(50);
}

/**
 * Resolves with true if such a text arrived unchanged, and with false if it did not, or not in time. Never rejects. Costs one
 * connection and one post; AWS documents only that text frames are UTF-8 (docs/platform-notes.md).
 */
export async function carriesAscii(options: RelayCheckOptions): Promise<boolean> {
  const { agent, clock, credentials, http, region, url } = options;
  const sent = `${randomUUID()}\n${everyCharacter()}`;
  let socket: RelaySocket | undefined;
  let settle: (isCarried: boolean) => void = () => undefined;
  const arrived = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  try {
    socket = await openRelaySocket({
      url,
      region,
      credentials: await credentials(),
      clock,
      timeoutMs: boundMs,
      onText: (text) => settle(text === sent),
      onClose: () => settle(false),
      connect: { agent },
    });
    const answered = within(clock, boundMs, arrived, { background: true });
    const poster = new RelayPoster({ url, region, http, credentials, clock });
    const posted = await poster.post(socket.connectionId, [sent], clock.now() + boundMs);
    return posted.kind === 'delivered' && (await answered) === true;
  } catch {
    return false;
  } finally {
    socket?.close();
  }
}
