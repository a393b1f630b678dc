// [3] The capacity of the line to the relay: how many bytes at once, in what size of pieces, and how long each may take.
import type { Clock } from '../../../protocol/clock.ts';
import { maxWireBytes } from '../../../protocol/message.ts';
import { postTimeoutMs } from '../../../protocol/relay-post.ts';
import type { Cut } from '../../../protocol/wire.ts';

/** How a post ended, as far as it concerns the line. `refused`: 429 or 5xx. */
type Passing = 'delivered' | 'refused' | 'broken' | 'given-up';

/** One post under way. */
interface Passage {
  readonly bytes: number;
  readonly at: number;
}

/** Room for two chunks at first, whatever the line: at 0.5 Mbit/s they take 2 s. */
export const firstWindowBytes = 128 * 1024;

/** One of API Gateway's metering steps; takes half a second at 0.5 Mbit/s. */
const smallestChunkBytes = 32 * 1024;

/** Two of the smallest chunks: the next one is under way while the relay answers the one before. */
const smallestWindowBytes = 2 * smallestChunkBytes;

/** More than 100 Mbit/s can use with a round trip of 100 ms. */
const largestWindowBytes = 2 * 1024 * 1024;

/** Queued chunks, in milliseconds of the line; a small message behind them waits that long. */
const shortestBacklogMs = 400;

/** The line's own delay: assumed until a small post has measured it, and the maximum, a satellite's. */
const firstFloorMs = 100;
const longestFloorMs = 600;

/** Growth of the shortest delay per post: it stays valid for hours, but is forgotten after some hundred posts on another network. */
const floorDecay = 1.01;

/** The minimum time over which a rate is measured. */
const shortestRoundMs = 300;

/** The slowest line that a chunk is given time for, 64 kbit/s; on a slower one each timeout doubles the time of the next try. */
const slowestBytesPerMs = 8;

/**
 * Grows with each chunk that passes quickly. When chunks pass slowly, are refused or break, shrinks to what the line carries
 * within its delay and a short backlog. This keeps the queue short, which small messages share with chunks.
 */
export class Line {
  readonly #clock: Pick<Clock, 'now'>;
  #windowBytes = firstWindowBytes;
  #underWayBytes = 0;
  #floorMs = firstFloorMs;
  #hasFloor = false;
  /** Bytes per millisecond, once measured. */
  #rate: number | undefined;
  /** Bytes delivered since `at` without interruption. */
  #round = { at: 0, bytes: 0 };
  #shrunkAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** How many bytes may be under way. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Whether one more chunk may be sent. */
  get hasRoom(): boolean {
    return this.#underWayBytes < this.#windowBytes;
  }

  /** How to cut a message so that no text blocks the line for long; on all but slow lines a whole one may be full-size. */
  get cut(): Cut {
    if (this.#windowBytes < firstWindowBytes) {
      return { whole: smallestChunkBytes, lead: smallestChunkBytes, piece: smallestChunkBytes };
    }
    const lead = Math.min(maxWireBytes, Math.max(smallestChunkBytes, Math.floor(this.#windowBytes / 8)));
    return { whole: maxWireBytes, lead, piece: maxWireBytes };
  }

  /** Discards all measurements, since the network may have changed. */
  forget(): void {
    this.#windowBytes = firstWindowBytes;
    this.#rate = undefined;
    this.#hasFloor = false;
    this.#floorMs = firstFloorMs;
  }

  /** How long a post of this size may take, behind everything under way. */
  timeoutMs(bytes: number): number {
    return postTimeoutMs + (2 * (this.#underWayBytes + bytes)) / (this.#rate ?? slowestBytesPerMs);
  }

  begin(bytes: number): Passage {
    const at = this.#clock.now();
    if (this.#underWayBytes === 0) this.#round = { at, bytes: 0 };
    this.#underWayBytes += bytes;
    return { bytes, at };
  }

  /** `isFull`: more was waiting, so the window was the limit. */
  end({ at, bytes }: Passage, how: Passing, isFull: boolean): void {
    const now = this.#clock.now();
    const tookMs = Math.max(1, now - at);
    // Nothing passed: the line is slower than all that was under way in that time. An ack without an answer, or a machine that
    // slept, would make it look as if it took hours.
    if (how === 'broken')
      this.#rate = Math.max(
        slowestBytesPerMs,
        Math.min(this.#rate ?? slowestBytesPerMs, this.#underWayBytes / tookMs),
      );
    this.#underWayBytes -= bytes;
    if (how === 'refused' || how === 'broken') return this.#shrinkTo(this.#windowBytes / 2, now);
    if (how === 'given-up') return;
    this.#round.bytes += bytes;
    if (bytes < smallestChunkBytes / 8) this.#learnFloor(tookMs);
    const backlogMs = Math.max(shortestBacklogMs, 3 * this.#floorMs);
    if (isFull && tookMs < this.#floorMs + backlogMs) {
      const isQuick = tookMs < this.#floorMs + backlogMs / 2;
      this.#windowBytes = Math.min(largestWindowBytes, this.#windowBytes + (isQuick ? 2 : 1) * bytes);
    }
    const roundMs = now - this.#round.at;
    if (roundMs < Math.max(shortestRoundMs, tookMs)) return;
    const rate = this.#round.bytes / roundMs;
    this.#round = { at: now, bytes: 0 };
    if (!isFull) return;
    this.#rate = rate;
    if (tookMs > this.#floorMs + 2 * backlogMs) this.#shrinkTo(rate * (this.#floorMs + backlogMs), now);
  }

  #learnFloor(tookMs: number): void {
    const known = this.#hasFloor ? this.#floorMs * floorDecay : longestFloorMs;
    this.#hasFloor = true;
    this.#floorMs = Math.min(known, tookMs, longestFloorMs);
  }

  /** Acts at most once per round trip, since many chunks report the same problem. */
  #shrinkTo(bytes: number, now: number): void {
    if (Math.abs(now - this.#shrunkAt) < shortestRoundMs) return;
    this.#shrunkAt = now;
    this.#windowBytes = Math.max(smallestWindowBytes, Math.min(this.#windowBytes, bytes));
  }
}
