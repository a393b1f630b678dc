// [3] What the line to the relay can carry: how many bytes at once, in pieces of which size, and how long each may take.
import type { Clock } from '../../../protocol/clock.ts';
import { maxWireBytes } from '../../../protocol/message.ts';
import { postTimeoutMs } from '../../../protocol/relay-post.ts';
import type { Cut } from '../../../protocol/wire.ts';

/** How a post ended, as far as that tells about the line. `refused`: 429 or 5xx. */
type Passing = 'delivered' | 'refused' | 'broken' | 'given-up';

/** One post under way. */
interface Passage {
  readonly bytes: number;
  readonly at: number;
}

/** Two chunks are under way at first, whatever the line: at 0.5 Mbit/s they pass in 2 s. */
export const firstWindowBytes = 128 * 1024;

/** One of API Gateway's metering steps; of a line of 0.5 Mbit/s it takes half a second. */
const smallestChunkBytes = 32 * 1024;

/** Two of the smallest: the next begins its way while the relay answers the one before. */
const smallestWindowBytes = 2 * smallestChunkBytes;

/** At 100 ms there and back more than a line of 100 Mbit/s takes. */
const largestWindowBytes = 2 * 1024 * 1024;

/** Chunks that may wait on the way, in milliseconds of the line: a small message behind them waits as long. */
const shortestBacklogMs = 400;

/** A line's own delay, as long as no small post has shown it, and at most: a satellite's. */
const firstFloorMs = 100;
const longestFloorMs = 600;

/** The shortest post counts for hours; on another network it is forgotten after some hundred posts. */
const floorDecay = 1.01;

/** A rate is measured over at least this time. */
const shortestRoundMs = 300;

/** The slowest line that a chunk is given time for, 64 kbit/s; on a slower one each time-out doubles the time of the next try. */
const slowestBytesPerMs = 8;

/**
 * Grows with each chunk that passes quickly, and shrinks to what the line takes within its delay and a short backlog when
 * they pass slowly, are refused or break. So its queue, which small messages share with chunks, stays short.
 */
export class Line {
  readonly #clock: Pick<Clock, 'now'>;
  #windowBytes = firstWindowBytes;
  #underWayBytes = 0;
  #floorMs = firstFloorMs;
  #hasFloor = false;
  /** Bytes per millisecond, once measured. */
  #rate: number | undefined;
  /** What was delivered since `at`, without a break. */
  #round = { at: 0, bytes: 0 };
  #shrunkAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Bytes that may be under way. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Whether one more chunk may begin its way. */
  get hasRoom(): boolean {
    return this.#underWayBytes < this.#windowBytes;
  }

  /** How a message is cut, so that no text holds up the line for long; on all but thin lines a full one may go whole. */
  get cut(): Cut {
    if (this.#windowBytes < firstWindowBytes) {
      return { whole: smallestChunkBytes, lead: smallestChunkBytes, piece: smallestChunkBytes };
    }
    const lead = Math.min(maxWireBytes, Math.max(smallestChunkBytes, Math.floor(this.#windowBytes / 8)));
    return { whole: maxWireBytes, lead, piece: maxWireBytes };
  }

  /** The network may have changed: forgets what was measured. */
  forget(): void {
    this.#windowBytes = firstWindowBytes;
    this.#rate = undefined;
    this.#hasFloor = false;
    this.#floorMs = firstFloorMs;
  }

  /** How long a post of so many bytes may take, behind all that is under way. */
  timeoutMs(bytes: number): number {
    return postTimeoutMs + (2 * (this.#underWayBytes + bytes)) / (this.#rate ?? slowestBytesPerMs);
  }

  begin(bytes: number): Passage {
    const at = this.#clock.now();
    if (this.#underWayBytes === 0) this.#round = { at, bytes: 0 };
    this.#underWayBytes += bytes;
    return { bytes, at };
  }

  /** `isFull`: more was waiting for its turn, so the window was what held it up. */
  end({ at, bytes }: Passage, how: Passing, isFull: boolean): void {
    const now = this.#clock.now();
    const tookMs = Math.max(1, now - at);
    // Nothing of it came through: the line is slower than all that was on its way in that time. An ack that got no answer,
    // or a machine that slept, would make it look as if it took hours.
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

  /** Acts at most once per round trip, since many chunks report one and the same trouble. */
  #shrinkTo(bytes: number, now: number): void {
    if (Math.abs(now - this.#shrunkAt) < shortestRoundMs) return;
    this.#shrunkAt = now;
    this.#windowBytes = Math.max(smallestWindowBytes, Math.min(this.#windowBytes, bytes));
  }
}
