// [3] Whether the relay carries all of ASCII as it is: tried by a post to a connection of its own, which nobody else knows.
import { randomUUID } from 'node:crypto';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { openRelaySocket, type RelaySocket } from '../../../protocol/relay-socket.ts';
import { within } from '../../../protocol/within.ts';
import type { RelayLinkOptions } from './relay-link.ts';

type RelayCheckOptions = Pick<
  RelayLinkOptions,
  'url' | 'region' | 'credentials' | 'http' | 'clock' | 'agent'
>;

/** Connecting, and the text's way, each. Nobody waits for it. */
const boundMs = 10_000;

/** All 128 characters in several orders, and longer than a frame of 32 KB. */
function everyCharacter(): string {
  const all = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  const orders = [1, 3, 5, 7, 77, 127].map((step) =>
    all.map((_, index) => all[(index * step) % 128]).join(''),
  );
  return orders.join('').repeat(50);
}

/**
 * Resolves with true where such a text arrived as it was sent, and false where it did not, or came too late to know. Never
 * rejects. Costs a connection and a post; AWS documents only that text frames are UTF-8 (docs/platform-notes.md).
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
