// Two ends of a tunnel over a simulated line of a given rate, on a manual clock: the laptop, the line, the relay, the function.
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { PostOutcome } from '../../relay-post.ts';
import { TunnelLink } from '../../tunnel/link.ts';
import type { TunnelStream } from '../../tunnel/stream.ts';
import { ManualClock } from '../manual-clock.ts';

export type Way = 'up' | 'down';

export interface LineOptions {
  /** Bits per second each way. */
  readonly rate: number;
  /** Milliseconds each way. */
  readonly delayMs: number;
  /** The relay's time for a post, in milliseconds. */
  readonly postMs: number;
  /** How many milliseconds later a post leaves: by when it begins, its number, and its bytes. Default: none. */
  readonly stallMs?: (now: number, post: number, bytes: number) => number;
}

/** The envelope's largest. */
const batchBytes = 113_512;

/** Seven bits to a character, the headers of HTTP, and 66 bytes of headers for each 1448 on the line. */
const wireBytes = (bytes: number) => ((bytes * 8) / 7 + 1500) * (1514 / 1448);

export class LineSimulation {
  readonly clock = new ManualClock();
  readonly client: TunnelLink;
  readonly #function: TunnelLink;
  readonly #options: LineOptions;
  /** When each direction of the line is free. */
  readonly #freeAt = { up: 0, down: 0 };
  /** The longest backlog of each direction since it was taken, in milliseconds. */
  readonly #backlog = { up: 0, down: 0 };
  #posts = 0;
  /** Bits per second from now on. */
  rate: number;

  constructor(options: LineOptions, onOpen: (stream: TunnelStream) => void) {
    this.#options = options;
    this.rate = options.rate;
    const { clock } = this;
    const hello = { connectionId: 'function', remainingMs: 900_000, version: '0.1.0' };
    const { postMs } = options;
    const after = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    const delivered: PostOutcome = { kind: 'delivered' };
    const stall = ({ length }: Buffer) => {
      this.#posts += 1;
      return after(options.stallMs?.(clock.now(), this.#posts, length) ?? 0);
    };
    this.client = new TunnelLink({
      side: 'client',
      clock,
      batchBytes,
      post: async (batch) => {
        await stall(batch);
        await this.#cross('up', batch.length);
        await after(postMs);
        this.#function.receive(Buffer.from(batch));
        await after(options.delayMs);
        return delivered;
      },
    });
    this.#function = new TunnelLink({
      side: 'function',
      clock,
      batchBytes,
      hello,
      onOpen,
      post: async (batch) => {
        await stall(batch);
        await after(postMs);
        void this.#cross('down', batch.length).then(() => this.client.receive(Buffer.from(batch)));
        return delivered;
      },
    });
  }

  /** The longest backlog since the last call, in milliseconds. */
  takeBacklog(way: Way): number {
    const ms = this.#backlog[way];
    this.#backlog[way] = 0;
    return ms;
  }

  /** Runs until a promise settles, for at most `maxMs` of simulated time. */
  async until<T>(promise: Promise<T>, maxMs = 120_000): Promise<T> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    promise.then(settled, settled);
    const end = this.clock.now() + maxMs;
    for (;;) {
      await turn();
      if (isSettled) return promise;
      if (this.clock.now() > end) throw new Error(`nothing came of it within ${maxMs} ms`);
      await this.clock.fireNext();
    }
  }

  async run(ms: number): Promise<void> {
    await this.until(new Promise<void>((resolve) => this.clock.after(ms, resolve)));
  }

  close(): void {
    this.client.close('done');
    this.#function.close('done');
  }

  #cross(way: Way, bytes: number): Promise<void> {
    const now = this.clock.now();
    const free = Math.max(this.#freeAt[way], now) + (wireBytes(bytes) * 8000) / this.rate;
    this.#freeAt[way] = free;
    this.#backlog[way] = Math.max(this.#backlog[way], free - now);
    return new Promise((resolve) => this.clock.after(free + this.#options.delayMs - now, resolve));
  }
}

/** Bytes of a request to {@link farEnd}: `d` or `u`, and a number. */
export const request = (way: Way, count: number) => Buffer.from(`${way[0]}${String(count).padStart(9)}`);
const requestBytes = 10;

/** A far end that answers a request for `d` with as many bytes; for `u`, with one when it has as many. */
export function farEnd(stream: TunnelStream): void {
  stream.accept('10.0.0.1:1');
  let pending = '';
  let awaited = 0;
  stream.on('data', (bytes: Buffer) => {
    let rest = bytes;
    if (awaited === 0) {
      pending += bytes.subarray(0, requestBytes - pending.length);
      if (pending.length < requestBytes) return;
      const [kind, count] = [pending[0], Number(pending.slice(1))];
      rest = bytes.subarray(requestBytes);
      pending = '';
      if (kind === 'd') return void send(stream, count);
      awaited = count;
    }
    awaited -= rest.length;
    if (awaited === 0) stream.write('.');
  });
  stream.on('error', () => undefined);
}

const chunk = Buffer.alloc(64 * 1024, 1);

export async function send(stream: TunnelStream, count: number): Promise<void> {
  for (let left = count; left > 0; left -= chunk.length)
    if (!stream.write(chunk.subarray(0, Math.min(left, chunk.length)))) await once(stream, 'drain');
}
