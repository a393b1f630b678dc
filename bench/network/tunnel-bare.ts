// The least that a tunnel over the relay can take on this machine: bytes between a TCP connection and messages, unsealed, in order,
// with one window of a fixed size. What the product's tunnel takes above that is its own.
//   node dist/bench.mjs network --tunnel-bare RELAY            the laptop's end: prints its connection id, then the port it listens at
//   node dist/bench.mjs network --tunnel-bare RELAY ID H:P     the Region's: connects to H:P for the one at ID

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { systemClock } from '../../protocol/clock.ts';
import { HttpClient } from '../../protocol/http-client.ts';
import { RelayPoster } from '../../protocol/relay-post.ts';
import { openRelaySocket } from '../../protocol/relay-socket.ts';
import { fromSeptets, septetBytes } from '../../protocol/septets.ts';
import { peerCredentials } from './peer-credentials.ts';

/** As the product's: the largest text, posts at once, and about the window that it finds on a line of 100 Mbit/s. */
const pieceBytes = 112_000;
const postsAtOnce = 12;
const windowBytes = 1_500_000;
/** The other end is told after as many that they have arrived. */
const ackBytes = 128 * 1024;
const postWithinMs = 10_000;

type Post = (text: string | Uint8Array) => Promise<void>;

/** One end of the one connection. */
class BareEnd {
  readonly #post: Post;
  #socket: Socket | undefined;
  #sent = 0;
  #acked = 0;
  #underWay = 0;
  #number = 0;
  #queue: Buffer[] = [];
  #queued = 0;
  /** Pieces that came before their turn. */
  readonly #early = new Map<number, Buffer>();
  #next = 0;
  #received = 0;
  #told = 0;

  constructor(post: Post) {
    this.#post = post;
  }

  join(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      this.#queue.push(bytes);
      this.#queued += bytes.length;
      if (this.#queued >= 2 * pieceBytes) socket.pause();
      queueMicrotask(() => this.#send());
    });
  }

  /** `NUMBER\n` and a piece, or `a BYTES`. */
  receive(text: string): void {
    if (text.startsWith('a ')) {
      this.#acked = Math.max(this.#acked, Number(text.slice(2)));
      return this.#send();
    }
    const end = text.indexOf('\n');
    const bytes = fromSeptets(text.slice(end + 1));
    if (bytes === undefined) throw new Error('a piece that was changed');
    this.#early.set(Number(text.slice(0, end)), bytes);
    for (let piece = this.#early.get(this.#next); piece; piece = this.#early.get(this.#next)) {
      this.#early.delete(this.#next);
      this.#next += 1;
      this.#received += piece.length;
      this.#socket?.write(piece);
    }
    if (this.#received < this.#told + ackBytes) return;
    this.#told = this.#received;
    void this.#post(`a ${this.#received}`);
  }

  #send(): void {
    while (this.#queued > 0 && this.#underWay < postsAtOnce && this.#sent - this.#acked < windowBytes) {
      const all = this.#queue.length === 1 ? this.#queue[0] : Buffer.concat(this.#queue);
      if (all === undefined) return;
      const piece = all.subarray(0, pieceBytes);
      const rest = all.subarray(pieceBytes);
      this.#queue = rest.length > 0 ? [rest] : [];
      this.#queued = rest.length;
      this.#sent += piece.length;
      this.#underWay += 1;
      void this.#post(septetBytes(`${this.#number}\n`, piece)).then(() => {
        this.#underWay -= 1;
        this.#send();
      });
      this.#number += 1;
    }
    if (this.#queued < 2 * pieceBytes) this.#socket?.resume();
  }
}

/** Runs an end until its stdin ends. */
export async function tunnelBare([url = '', otherId, target = '']: readonly string[]): Promise<void> {
  const { credentials, region } = peerCredentials();
  const clock = systemClock;
  const http = new HttpClient();
  const poster = new RelayPoster({ url, region, http, credentials: () => credentials, clock });
  let peer = otherId ?? '';
  const end = new BareEnd(async (text) => {
    const outcome = await poster.post(peer, [text], clock.now() + postWithinMs);
    if (outcome.kind !== 'delivered') throw new Error(`the relay did not accept a message: ${outcome.kind}`);
  });
  const socket = await openRelaySocket({
    ...{ url, region, credentials, clock, timeoutMs: postWithinMs },
    onText: (text) => {
      // The far end begins, since it knows this one.
      if (text.startsWith('peer ')) peer = text.slice('peer '.length);
      else end.receive(text);
    },
    onClose: () => process.exit(1),
  });
  process.stdin.resume().on('end', () => process.exit(0));
  if (otherId !== undefined) {
    const [host = '', port = ''] = target.split(':');
    const database = connect({ host, port: Number(port), noDelay: true });
    await once(database, 'connect');
    end.join(database);
    await poster.post(peer, [`peer ${socket.connectionId}`], clock.now() + postWithinMs);
    console.log('connected');
    return;
  }
  const server = createServer({ noDelay: true }, (client) => end.join(client));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log(socket.connectionId);
  console.log((server.address() as AddressInfo).port);
}
