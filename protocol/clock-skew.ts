// How far AWS's clocks are ahead of this machine's: narrowed down by every time stamp that comes from there.

/** From here on a difference is worth telling; time stamps in HTTP have no more than whole seconds. Milliseconds. */
export const noticeableSkewMs = 1000;

/** What is known of the difference, in milliseconds; positive where AWS's clock is ahead. */
export interface SkewEstimate {
  readonly aheadMs: number;
  /** It may be so much more or less. */
  readonly withinMs: number;
}

/** The difference lies between two bounds, which each time stamp may bring closer together. */
export class ClockSkew {
  #from = Number.NEGATIVE_INFINITY;
  #to = Number.POSITIVE_INFINITY;
  #differs = false;
  readonly #watchers = new Set<(leastMs: number) => void>();

  /**
   * An answer's `Date`, which is cut to whole seconds, to a request that went out at `sentMs` and was answered by
   * `receivedMs`; all in milliseconds since the epoch, the latter two on this machine's clock.
   */
  answered(dateMs: number, sentMs: number, receivedMs: number): void {
    this.#between(dateMs - receivedMs, dateMs + 999 - sentMs);
  }

  /** A message sent at `sentMs` on AWS's clock arrived at `receivedMs` on this machine's; it may have taken any time. */
  sent(sentMs: number, receivedMs: number): void {
    this.#between(sentMs - receivedMs, Number.POSITIVE_INFINITY);
  }

  /** The smallest difference that fits everything seen: 0 as long as the clocks may agree. Sign as in the estimate. */
  get leastMs(): number {
    return Math.min(Math.max(0, this.#from), this.#to);
  }

  /** Undefined as long as it may be anything. */
  get estimate(): SkewEstimate | undefined {
    const withinMs = (this.#to - this.#from) / 2;
    return Number.isFinite(withinMs) ? { aheadMs: this.#from + withinMs, withinMs } : undefined;
  }

  /** Calls back when the clocks are found to differ noticeably, at once where they are, and with 0 when they no longer do. */
  watch(watcher: (leastMs: number) => void): void {
    this.#watchers.add(watcher);
    if (this.#differs) watcher(this.leastMs);
  }

  #between(from: number, to: number): void {
    // One of the clocks has been set since: what was known of the difference no longer holds.
    const isNew = from > this.#to || to < this.#from;
    this.#from = isNew ? from : Math.max(from, this.#from);
    this.#to = isNew ? to : Math.min(to, this.#to);
    const differs = Math.abs(this.leastMs) >= noticeableSkewMs;
    if (differs === this.#differs) return;
    this.#differs = differs;
    for (const watcher of this.#watchers) watcher(differs ? this.leastMs : 0);
  }
}
