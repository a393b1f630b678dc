// The batches that have arrived: each counts once, and is acknowledged soon.
import type { BatchWriter } from './frames.ts';
import {
  ackDelayMs,
  ackEarlyBytes,
  ackEarlyMs,
  ackLateBytes,
  maxAckRanges,
  maxSeenRanges,
} from './limits.ts';
import { Seen } from './ranges.ts';

export class Arrivals {
  readonly #seen = new Seen(maxSeenRanges);
  #newestAt = 0;
  /** Arrived, and not acknowledged yet. */
  #bytes = 0;
  #dueAt: number | undefined;
  #ackedAt = Number.NEGATIVE_INFINITY;

  has(number: number): boolean {
    return this.#seen.has(number);
  }

  add(number: number, bytes: number, now: number): void {
    this.#seen.add(number);
    this.#newestAt = now;
    this.#bytes += bytes;
    this.ackBy(now + ackDelayMs);
    if (this.#bytes >= ackLateBytes) this.ackBy(now);
    else if (this.#bytes >= ackEarlyBytes) this.ackBy(Math.max(now, this.#ackedAt + ackEarlyMs));
  }

  /** An ack must leave by then. */
  ackBy(at: number): void {
    if (this.#dueAt === undefined || at < this.#dueAt) this.#dueAt = at;
  }

  /** When an ack is due, if one is. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  /** Writes an ack if one is due now or later, into the beginning of a batch. */
  write(writer: BatchWriter, now: number): void {
    if (this.#dueAt === undefined) return;
    this.#dueAt = undefined;
    this.#bytes = 0;
    this.#ackedAt = now;
    const ranges = this.#seen.ranges.highest(maxAckRanges).map(([start, end]) => [start, end - 1] as const);
    if (ranges.length > 0) writer.write({ type: 'ack', delayMs: Math.round(now - this.#newestAt), ranges });
  }
}
