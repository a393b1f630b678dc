// The batches that were posted and not acknowledged: what each carried, and when it counts as lost.
import type { AckRange } from './frames.ts';
import { ackDelayMs, longestLossMs, shortestLossMs } from './limits.ts';

interface SentBatch<T> {
  readonly items: readonly T[];
  readonly at: number;
  /** When the relay had accepted it; before that, only its post can fail. */
  deliveredAt: number | undefined;
}

export class SentBatches<T> {
  /** By number, in the order in which they were sent. */
  readonly #batches = new Map<number, SentBatch<T>>();
  #smoothRttMs: number | undefined;
  #rttSpreadMs = 0;
  /** Losses in a row without an ack. */
  #losses = 0;

  get count(): number {
    return this.#batches.size;
  }

  /** From a post to its ack, smoothed; undefined before the first. */
  get rttMs(): number | undefined {
    return this.#smoothRttMs;
  }

  sent(number: number, items: readonly T[], at: number): void {
    this.#batches.set(number, { items, at, deliveredAt: undefined });
  }

  /** The relay has accepted it. */
  delivered(number: number, at: number): void {
    const batch = this.#batches.get(number);
    if (batch) batch.deliveredAt = at;
  }

  /** The other end has these; returns what they carried. */
  acked(ranges: readonly AckRange[], delayMs: number, now: number): T[] {
    const items: T[] = [];
    let newest: SentBatch<T> | undefined;
    for (const [number, batch] of this.#batches) {
      if (!ranges.some(([low, high]) => number >= low && number <= high)) continue;
      this.#batches.delete(number);
      items.push(...batch.items);
      newest = batch;
    }
    if (newest === undefined) return items;
    this.#losses = 0;
    const rttMs = Math.max(0, now - newest.at - delayMs);
    if (this.#smoothRttMs === undefined) {
      this.#smoothRttMs = rttMs;
      this.#rttSpreadMs = rttMs / 2;
    } else {
      // RFC 6298, 2.3.
      this.#rttSpreadMs += (Math.abs(rttMs - this.#smoothRttMs) - this.#rttSpreadMs) / 4;
      this.#smoothRttMs += (rttMs - this.#smoothRttMs) / 8;
    }
    return items;
  }

  /** It has not arrived; returns what it carried, which is to be sent again. */
  lost(number: number): readonly T[] {
    const items = this.#batches.get(number)?.items ?? [];
    this.#batches.delete(number);
    return items;
  }

  /** All that are not acknowledged are lost. */
  allLost(): T[] {
    const items = [...this.#batches.values()].flatMap((batch) => batch.items);
    this.#batches.clear();
    return items;
  }

  /** What was lost without a sign: accepted by the relay, and not acknowledged in time. */
  takeOverdue(now: number): T[] {
    const items: T[] = [];
    const dueMs = this.#lossMs;
    for (const [number, { deliveredAt, items: lost }] of this.#batches) {
      if (deliveredAt === undefined || now - deliveredAt < dueMs) continue;
      this.#batches.delete(number);
      items.push(...lost);
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

  get #lossMs(): number {
    const expected = (this.#smoothRttMs ?? longestLossMs) + 4 * this.#rttSpreadMs + ackDelayMs;
    const bounded = Math.min(longestLossMs, Math.max(shortestLossMs, expected));
    return Math.min(longestLossMs, bounded * 2 ** Math.min(this.#losses, 8));
  }
}
