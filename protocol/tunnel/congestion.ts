// How much large data may be under way on a link: enough to fill the line, little enough that a query does not wait behind it.

/** At first, whatever the line is: 128 KB take a second at 1 Mbit/s. */
const firstBytes = 128 * 1024;
/** The least that a slow line gets, and the most that a fast one can use. */
const leastBytes = 32 * 1024;
const mostBytes = 4 * 1024 * 1024;
/** A batch is a quarter of what may be under way, at least this much. */
const leastBatchBytes = 8 * 1024;

/** How long bytes are to wait in queues of the line, of the relay and of both ends. Milliseconds. */
const queueMs = 60;
/** With more the window shrinks at once, unless that passes: a pause of a process or of one connection is no full line. Milliseconds. */
const longestQueueMs = 150;
const passingMs = 150;
const longestPauseMs = 1000;

/** The shortest time counts for this long; then the queues are drained to learn it again. Milliseconds. */
const floorMs = 10_000;
/** For how many round trips: the queues get empty in less than one, and what is sent then must come back. */
const drainRoundTrips = 1.25;

/** One of the acks of so long is taken to have waited for nothing but queues. Milliseconds. */
const leastOfMs = 75;

/** How far the window goes in a round trip towards the one that keeps the queues as they are to be. At first it doubles. */
const gain = 0.5;

/**
 * Judges by time alone, as TCP Vegas and FAST TCP do: what waits in queues arrives later. Relay and TCP lose nothing that would
 * show a full line, and their queues are long.
 */
export class Congestion {
  #bytes = firstBytes;
  /** The shortest time from a post to its ack: what counts, and that of the last seconds. */
  #floorMs = Number.POSITIVE_INFINITY;
  #recentMs = Number.POSITIVE_INFINITY;
  #learnedAt: number | undefined;
  /** While the queues are drained: the window before, and until when. */
  #drain: { readonly bytes: number; readonly until: number } | undefined;
  #isStarting = true;
  #shrunkAt = Number.NEGATIVE_INFINITY;
  /** The shortest times of the present and the previous {@link leastOfMs}. */
  #latest = { since: Number.NEGATIVE_INFINITY, rttMs: Number.POSITIVE_INFINITY };
  #before = Number.POSITIVE_INFINITY;
  /** All acks since then came too late; the least late of them. */
  #late: { readonly since: number; rttMs: number } | undefined;

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
    const isDue = this.#learn(rttMs, now);
    const waitedMs = rttMs - this.#floorMs;
    if (this.#drain && now < this.#drain.until) return;
    if (this.#drain) {
      this.#bytes = this.#drain.bytes;
      this.#drain = undefined;
    }
    if (waitedMs > longestQueueMs) return this.#tooLate(rttMs, now);
    this.#late = undefined;
    if (!isFull) return;
    if (isDue) {
      this.#drain = { bytes: this.#bytes, until: now + drainRoundTrips * rttMs };
      return this.#set(this.#bytes / 2);
    }
    if (waitedMs > queueMs / 2) this.#isStarting = false;
    const least = Math.max(1, this.#least(rttMs, now));
    const step = this.#isStarting ? bytes : bytes * gain * ((this.#floorMs + queueMs) / least - 1);
    this.#set(this.#bytes + step);
  }

  /** Something was refused or lost. */
  lost(now: number): void {
    this.#shrink(0.5, now, queueMs);
  }

  #tooLate(rttMs: number, now: number): void {
    this.#late ??= { since: now, rttMs };
    this.#late.rttMs = Math.min(this.#late.rttMs, rttMs);
    const isPause = rttMs - this.#floorMs < longestPauseMs;
    if (isPause && now < this.#late.since + passingMs) return;
    this.#shrink(Math.max(isPause ? 0.5 : 0, (this.#floorMs + queueMs) / this.#late.rttMs), now, rttMs);
    this.#late = undefined;
  }

  /**
   * The shortest time of the last acks: what waits in a queue of the line comes later in all of them, and a single one may have waited
   * for a process or its connection.
   */
  #least(rttMs: number, now: number): number {
    if (now >= this.#latest.since + leastOfMs) {
      this.#before = now < this.#latest.since + 2 * leastOfMs ? this.#latest.rttMs : Number.POSITIVE_INFINITY;
      this.#latest = { since: now, rttMs };
    }
    this.#latest.rttMs = Math.min(this.#latest.rttMs, rttMs);
    return Math.min(this.#before, this.#latest.rttMs);
  }

  /** Returns whether the shortest time is to be learned anew. */
  #learn(rttMs: number, now: number): boolean {
    this.#learnedAt ??= now;
    this.#recentMs = Math.min(this.#recentMs, rttMs);
    this.#floorMs = Math.min(this.#floorMs, rttMs);
    if (now < this.#learnedAt + floorMs) return false;
    this.#learnedAt = now;
    this.#floorMs = this.#recentMs;
    this.#recentMs = rttMs;
    return true;
  }

  /** At most once in the time that it takes to see what it did. */
  #shrink(factor: number, now: number, rttMs: number): void {
    if (Math.abs(now - this.#shrunkAt) < Math.max(rttMs, queueMs)) return;
    this.#shrunkAt = now;
    this.#isStarting = false;
    this.#drain = undefined;
    this.#set(this.#bytes * factor);
  }

  #set(bytes: number): void {
    this.#bytes = Math.min(mostBytes, Math.max(leastBytes, Math.floor(bytes)));
  }
}
