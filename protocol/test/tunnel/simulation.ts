// Two ends of a tunnel over a simulated relay on a manual clock: it delays, reorders, repeats, drops and refuses, and cuts
// sockets, as a seed decides.
import type { PostOutcome } from '../../relay-post.ts';
import { TunnelLink, type TunnelLinkOptions } from '../../tunnel/link.ts';
import type { TunnelStream } from '../../tunnel/stream.ts';
import { ManualClock } from '../manual-clock.ts';

/** Probabilities from 0 to 1, and milliseconds. */
export interface Faults {
  /** From a post to the relay, and from there to the other end: a random time up to these. */
  readonly postMs: number;
  readonly arriveMs: number;
  /** Accepted, and never delivered. */
  readonly drop: number;
  /** Delivered twice, the second time up to 3 s later. */
  readonly repeat: number;
  /** Refused (429), though the poster has tried for long. */
  readonly refuse: number;
  /** Accepted and delivered, though the post failed. */
  readonly failLate: number;
}

export const noFaults: Faults = { postMs: 0, arriveMs: 0, drop: 0, repeat: 0, refuse: 0, failLate: 0 };

/** mulberry32: a seed gives the same run again. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Side = 'client' | 'function';
const other = (side: Side): Side => (side === 'client' ? 'function' : 'client');

export class Simulation {
  readonly clock = new ManualClock();
  readonly links: Record<Side, TunnelLink>;
  /** Why a link ended. */
  readonly ended: Partial<Record<Side, string>> = {};
  /** Batches that each side has posted. */
  readonly posted: Record<Side, Buffer[]> = { client: [], function: [] };
  faults: Faults;
  readonly #random: () => number;
  /** The connection of each side; undefined while its socket is down. */
  readonly #connections: Record<Side, string | undefined> = { client: 'client-0', function: 'function-0' };
  /** Where each side believes the other to be. */
  readonly #targets: Record<Side, string> = { client: '', function: 'client-0' };
  #number = 0;

  constructor(
    seed: number,
    faults: Faults,
    onOpen: (stream: TunnelStream) => void,
    more: Partial<TunnelLinkOptions> = {},
  ) {
    this.#random = randomOf(seed);
    this.faults = faults;
    const common = { clock: this.clock, batchBytes: 16 * 1024, ...more };
    const of = (side: Side) => ({
      side,
      post: (batch: Buffer) => this.#post(side, batch),
      onPeer: (connectionId: string) => {
        this.#targets[side] = connectionId;
      },
      onEnd: () => {
        this.ended[side] = 'ended';
      },
      onLost: (reason: string) => {
        this.ended[side] = reason;
      },
    });
    const client = new TunnelLink({ ...common, ...of('client') });
    const hello = { connectionId: 'function-0', remainingMs: 900_000, version: '0.1.0' };
    this.links = {
      client,
      function: new TunnelLink({ ...common, ...of('function'), hello, onOpen }),
    };
  }

  random(): number {
    return this.#random();
  }

  /** The socket of a side is down for a time; then it has another connection. */
  cut(side: Side, ms: number): void {
    this.#connections[side] = undefined;
    this.links[side].lost();
    this.clock.after(ms, () => {
      this.#number += 1;
      const connectionId = `${side}-${this.#number}`;
      this.#connections[side] = connectionId;
      this.links[side].resumed(connectionId);
    });
  }

  /** The process of a side is gone. */
  kill(side: Side): void {
    this.#connections[side] = undefined;
    this.links[side].close('killed');
  }

  /** Runs until a promise settles, for at most `maxMs` of simulated time. */
  async until<T>(promise: Promise<T>, maxMs = 600_000): Promise<T> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    promise.then(settled, settled);
    const end = this.clock.now() + maxMs;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isSettled) return promise;
      if (this.clock.now() > end) throw new Error(`nothing came of it within ${maxMs} ms`);
      if (this.clock.pending.length === 0) throw new Error('nothing is left that could happen');
      await this.clock.fireNext();
    }
  }

  /** Runs for a time. */
  async run(ms: number): Promise<void> {
    await this.until(new Promise<void>((resolve) => this.clock.after(ms, resolve)));
  }

  close(): void {
    this.links.client.close('done');
    this.links.function.close('done');
  }

  #post(from: Side, batch: Buffer): Promise<PostOutcome> {
    this.posted[from].push(batch);
    const target = this.#targets[from];
    const { arriveMs, drop, failLate, postMs, refuse, repeat } = this.faults;
    return new Promise((resolve) => {
      this.clock.after(this.#random() * postMs, () => {
        const to = other(from);
        if (this.#random() < refuse) return resolve({ kind: 'failed', reason: 'HTTP 429' });
        if (this.#connections[to] !== target) {
          // The function looks into the directory.
          const known = this.#connections.client;
          if (from === 'function' && known !== undefined) this.#targets.function = known;
          return resolve({ kind: 'gone' });
        }
        const arrive = (ms: number) =>
          this.clock.after(ms, () => {
            if (this.#connections[to] === target) this.links[to].receive(Buffer.from(batch));
          });
        if (this.#random() >= drop) arrive(this.#random() * arriveMs);
        if (this.#random() < repeat) arrive(this.#random() * 3000);
        const isLate = this.#random() < failLate;
        this.clock.after(this.#random() * postMs, () =>
          resolve(isLate ? { kind: 'failed', reason: 'ETIMEDOUT' } : { kind: 'delivered' }),
        );
      });
    });
  }
}
