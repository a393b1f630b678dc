// How far AWS's clocks are ahead of this machine's, narrowed down by every time stamp from AWS.

/** The smallest difference worth reporting, in milliseconds. HTTP time stamps have whole seconds only. */
export const noticeableSkewMs = 1000;

/**
 * A message's own time stamp is ignored beyond this difference, in milliseconds. AWS refuses a signature whose time is more
 * than 5 minutes off (AWS: "Elements of an AWS API request signature"), so every peer that can send is closer than this.
 */
export const plausibleSkewMs = 15 * 60_000;

/** The estimated difference in milliseconds; positive when AWS's clock is ahead. */
export interface SkewEstimate {
  readonly aheadMs: number;
  /** Margin of error, in either direction. */
  readonly withinMs: number;
}

/** The true difference lies between these two, in milliseconds; sign as in the estimate. */
interface SkewBounds {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The difference lies between two bounds, and each time stamp may tighten them. AWS's own answers set the bounds. Time stamps
 * in messages count only within them, since anyone who can seal a message can write any time into it.
 */
export class ClockSkew {
  #from = Number.NEGATIVE_INFINITY;
  #to = Number.POSITIVE_INFINITY;
  /** AWS's clock is at least this far ahead, according to messages. */
  #claimed = Number.NEGATIVE_INFINITY;
  #differs = false;
  readonly #watchers = new Set<(leastMs: number) => void>();

  /**
   * Takes the `Date` of an answer, which is cut to whole seconds. The request left at `sentMs`, the answer arrived by
   * `receivedMs`. All are milliseconds since the epoch; the latter two are on this machine's clock.
   */
  answered(dateMs: number, sentMs: number, receivedMs: number): void {
    const [from, to] = [dateMs - receivedMs, dateMs + 999 - sentMs];
    // This machine's clock was set in between, so the two times cannot be compared.
    if (from > to) return;
    // One of the clocks was set since, so earlier bounds no longer hold.
    const isNew = from > this.#to || to < this.#from;
    this.#from = isNew ? from : Math.max(from, this.#from);
    this.#to = isNew ? to : Math.min(to, this.#to);
    if (isNew || this.#claimed > this.#to) this.#claimed = Number.NEGATIVE_INFINITY;
    this.#tell();
  }

  /**
   * Takes a message's claim that it was sent at `sentMs` on AWS's clock; it arrived at `receivedMs` on this machine's, after
   * any delay. A claim that AWS's answers contradict, or that is not plausible, is ignored.
   */
  sent(sentMs: number, receivedMs: number): void {
    const ahead = sentMs - receivedMs;
    if (ahead > this.#to || Math.abs(ahead) > plausibleSkewMs) return;
    this.#claimed = Math.max(this.#claimed, ahead);
    this.#tell();
  }

  /** Discards everything until AWS's next answer: this machine's clock may have been set, or may have stood still. */
  forget(): void {
    this.#from = Number.NEGATIVE_INFINITY;
    this.#to = Number.POSITIVE_INFINITY;
    this.#claimed = Number.NEGATIVE_INFINITY;
  }

  /** The smallest difference that fits all time stamps; 0 while the clocks may agree. Sign as in the estimate. */
  get leastMs(): number {
    return Math.min(Math.max(0, this.#least), this.#to);
  }

  /** Undefined until both bounds are known. */
  get estimate(): SkewEstimate | undefined {
    const withinMs = (this.#to - this.#least) / 2;
    return Number.isFinite(withinMs) ? { aheadMs: this.#least + withinMs, withinMs } : undefined;
  }

  /** From AWS's own answers only, which no peer can influence. Undefined before the first answer. */
  get bounds(): SkewBounds | undefined {
    return Number.isFinite(this.#to - this.#from) ? { fromMs: this.#from, toMs: this.#to } : undefined;
  }

  /** Calls back when a noticeable difference is found (at once if it is known already), and with 0 when it is gone. */
  watch(watcher: (leastMs: number) => void): void {
    this.#watchers.add(watcher);
    if (this.#differs) watcher(this.leastMs);
  }

  get #least(): number {
    return Math.max(this.#from, this.#claimed);
  }

  #tell(): void {
    const differs = Math.abs(this.leastMs) >= noticeableSkewMs;
    if (differs === this.#differs) return;
    this.#differs = differs;
    for (const watcher of this.#watchers) watcher(differs ? this.leastMs : 0);
  }
}
