// The batches that were posted and not acknowledged: what each carried, and when it counts as lost.
import type { AckRange } from './frames.ts';
import { ackDelayMs, longestLossMs, shortestLossMs } from './limits.ts';

interface SentBatch<T> {
  readonly items: readonly T[];
  readonly bytes: number;
  readonly at: number;
  /** When the relay had accepted it; before that, only its post can fail. */
  deliveredAt: number | undefined;
}

/** What an ack was for. */
export interface Acked<T> {
  readonly items: readonly T[];
  /** Zero if it was for nothing new. */
  readonly bytes: number;
  /** From the post of the newest of them to its arrival and back. */
  readonly rttMs: number;
}

export class SentBatches<T> {
  /** By number, in the order in which they were sent. */
  readonly #batches = new Map<number, SentBatch<T>>();
  #bytes = 0;
  #smoothRttMs: number | undefined;
  #rttSpreadMs = 0;
  /** Losses in a row without an ack. */
  #losses = 0;

  /** Bytes that are not acknowledged. */
  get bytes(): number {
    return this.#bytes;
  }

  /** From a post to its ack, smoothed; undefined before the first. */
  get rttMs(): number | undefined {
    return this.#smoothRttMs;
  }

  sent(number: number, items: readonly T[], bytes: number, at: number): void {
    this.#bytes += bytes;
    this.#batches.set(number, { items, bytes, at, deliveredAt: undefined });
  }

  /** The relay has accepted it. */
  delivered(number: number, at: number): void {
    const batch = this.#batches.get(number);
    if (batch) batch.deliveredAt = at;
  }

  /** The other end has these. */
  acked(ranges: readonly AckRange[], delayMs: number, now: number): Acked<T> {
    const items: T[] = [];
    let bytes = 0;
    let newest: SentBatch<T> | undefined;
    for (const [number, batch] of this.#batches) {
      if (!ranges.some(([low, high]) => number >= low && number <= high)) continue;
      this.#remove(number, batch);
      items.push(...batch.items);
      bytes += batch.bytes;
      newest = batch;
    }
    if (newest === undefined) return { items, bytes: 0, rttMs: 0 };
    this.#losses = 0;
    const rttMs = Math.max(0, now - newest.at - delayMs);
    this.#learn(rttMs);
    return { items, bytes, rttMs };
  }

  /** It has not arrived; returns what it carried, which is to be sent again. */
  lost(number: number): readonly T[] {
    const batch = this.#batches.get(number);
    if (batch === undefined) return [];
    this.#remove(number, batch);
    return batch.items;
  }

  /** All that are not acknowledged are lost. */
  allLost(): T[] {
    const items = [...this.#batches.values()].flatMap((batch) => batch.items);
    this.#batches.clear();
    this.#bytes = 0;
    return items;
  }

  /** What was lost without a sign: accepted by the relay, and not acknowledged in time. */
  takeOverdue(now: number): T[] {
    const items: T[] = [];
    const dueMs = this.#lossMs;
    for (const [number, batch] of this.#batches) {
      if (batch.deliveredAt === undefined || now < batch.deliveredAt + dueMs) continue;
      this.#remove(number, batch);
      items.push(...batch.items);
    }
    if (items.length > 0) this.#losses += 1;
    return items;
  }

  /** When {@link takeOverdue} has something. */
  get nextOverdue(): number | undefined {
    let first: number | undefined;
    for (const { deliveredAt } of this.#batches.values())
      if (deliveredAt !== undefined && (first === undefined || deliveredAt < first)) first = deliveredAt;
    return first === undefined ? undefined : first + this.#lossMs;
  }

  #remove(number: number, { bytes }: SentBatch<T>): void {
    this.#batches.delete(number);
    this.#bytes -= bytes;
  }

  /** RFC 6298, 2.2 and 2.3. */
  #learn(rttMs: number): void {
    if (this.#smoothRttMs === undefined) {
      this.#smoothRttMs = rttMs;
      this.#rttSpreadMs = rttMs / 2;
      return;
    }
    this.#rttSpreadMs += (Math.abs(rttMs - this.#smoothRttMs) - this.#rttSpreadMs) / 4;
    this.#smoothRttMs += (rttMs - this.#smoothRttMs) / 8;
  }

  get #lossMs(): number {
    const expected = (this.#smoothRttMs ?? longestLossMs) + 4 * this.#rttSpreadMs + ackDelayMs;
    const first = Math.max(shortestLossMs, expected);
    return Math.min(first * 2 ** Math.min(this.#losses, 8), Math.max(first, longestLossMs));
  }
}
