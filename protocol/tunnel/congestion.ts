// How much large data may be under way on a link: enough to fill the line, little enough that a query does not wait behind it.

/** At first, whatever the line is: 128 KB take a second at 1 Mbit/s. */
const firstBytes = 128 * 1024;
/** The least that a slow line gets, and the most that a fast one can use. */
const leastBytes = 32 * 1024;
const mostBytes = 4 * 1024 * 1024;
/** A batch is a quarter of what may be under way, at least this much. */
const leastBatchBytes = 8 * 1024;

/** Bytes wait this long in queues of the line, of the relay and of both ends: more becomes less, and less more. Milliseconds. */
const queueMs = 150;
const longestQueueMs = 2 * queueMs;

/** Growth of the shortest time per sample, so that one of another network is forgotten after some hundred. */
const floorDecay = 1.01;

/**
 * Judges by time alone, as TCP Vegas does: what waits in queues arrives later. Relay and TCP lose nothing that would show a
 * full line, and their queues are long.
 */
export class Congestion {
  #bytes = firstBytes;
  #floorMs: number | undefined;
  #shrunkAt = Number.NEGATIVE_INFINITY;

  /** How many bytes may be under way. */
  get windowBytes(): number {
    return this.#bytes;
  }

  /** The largest batch of large data, of at most `most` bytes. */
  batchBytes(most: number): number {
    return Math.min(most, Math.max(leastBatchBytes, Math.floor(this.#bytes / 4)));
  }

  /** `bytes` were acknowledged, the newest `rttMs` after they were posted. `isFull`: more was waiting to be sent. */
  acked(bytes: number, rttMs: number, isFull: boolean, now: number): void {
    this.#floorMs = Math.min(rttMs, (this.#floorMs ?? rttMs) * floorDecay + 0.01);
    const waitedMs = rttMs - this.#floorMs;
    if (waitedMs > longestQueueMs) this.#shrink((this.#floorMs + queueMs) / rttMs, now, rttMs);
    else if (waitedMs < queueMs && isFull) this.#bytes = Math.min(mostBytes, this.#bytes + bytes);
  }

  /** Something was refused or lost. */
  lost(now: number): void {
    this.#shrink(0.5, now, this.#floorMs ?? queueMs);
  }

  /** The way may be another one. */
  forget(): void {
    this.#bytes = firstBytes;
    this.#floorMs = undefined;
  }

  /** At most once in the time that it takes to see what it did. */
  #shrink(factor: number, now: number, rttMs: number): void {
    if (Math.abs(now - this.#shrunkAt) < Math.max(rttMs, queueMs)) return;
    this.#shrunkAt = now;
    this.#bytes = Math.max(leastBytes, Math.floor(this.#bytes * factor));
  }
}
