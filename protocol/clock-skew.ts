// How far AWS's clocks are ahead of this machine's: narrowed down by every time stamp that comes from there.

/** From here on a difference is worth telling; time stamps in HTTP have no more than whole seconds. Milliseconds. */
export const noticeableSkewMs = 1000;

/**
 * A message's own time stamp counts for no larger difference: AWS refuses a signature whose time is more than 5
 * minutes off (AWS: "Elements of an AWS API request signature"), so who can send here is closer. Milliseconds.
 */
export const plausibleSkewMs = 15 * 60_000;

/** What is known of the difference, in milliseconds; positive where AWS's clock is ahead. */
export interface SkewEstimate {
  readonly aheadMs: number;
  /** It may be so much more or less. */
  readonly withinMs: number;
}

/** Between which two differences the true one lies, in milliseconds; sign as in the estimate. */
interface SkewBounds {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The difference lies between two bounds, which each time stamp may bring closer together. AWS's own answers set
 * them; what messages claim counts only between these, since anyone who can seal a message can write any time in it.
 */
export class ClockSkew {
  #from = Number.NEGATIVE_INFINITY;
  #to = Number.POSITIVE_INFINITY;
  /** AWS's clock is so much ahead at least, as messages claim. */
  #claimed = Number.NEGATIVE_INFINITY;
  #differs = false;
  readonly #watchers = new Set<(leastMs: number) => void>();

  /**
   * An answer's `Date`, which is cut to whole seconds, to a request that went out at `sentMs` and was answered by
   * `receivedMs`; all in milliseconds since the epoch, the latter two on this machine's clock.
   */
  answered(dateMs: number, sentMs: number, receivedMs: number): void {
    const [from, to] = [dateMs - receivedMs, dateMs + 999 - sentMs];
    // This machine's clock was set meanwhile: the two times are not of one clock.
    if (from > to) return;
    // One of the clocks has been set since: what was known of the difference no longer holds.
    const isNew = from > this.#to || to < this.#from;
    this.#from = isNew ? from : Math.max(from, this.#from);
    this.#to = isNew ? to : Math.min(to, this.#to);
    if (isNew || this.#claimed > this.#to) this.#claimed = Number.NEGATIVE_INFINITY;
    this.#tell();
  }

  /**
   * A message claims to have been sent at `sentMs` on AWS's clock; it arrived at `receivedMs` on this machine's, and
   * may have taken any time. A claim that AWS's answers contradict, or that is not plausible, is ignored.
   */
  sent(sentMs: number, receivedMs: number): void {
    const ahead = sentMs - receivedMs;
    if (ahead > this.#to || Math.abs(ahead) > plausibleSkewMs) return;
    this.#claimed = Math.max(this.#claimed, ahead);
    this.#tell();
  }

  /** This machine's clock may have been set, or stood still: nothing is known until AWS's next answer. */
  forget(): void {
    this.#from = Number.NEGATIVE_INFINITY;
    this.#to = Number.POSITIVE_INFINITY;
    this.#claimed = Number.NEGATIVE_INFINITY;
  }

  /** The smallest difference that fits everything seen: 0 as long as the clocks may agree. Sign as in the estimate. */
  get leastMs(): number {
    return Math.min(Math.max(0, this.#least), this.#to);
  }

  /** Undefined as long as it may be anything. */
  get estimate(): SkewEstimate | undefined {
    const withinMs = (this.#to - this.#least) / 2;
    return Number.isFinite(withinMs) ? { aheadMs: this.#least + withinMs, withinMs } : undefined;
  }

  /** By AWS's own answers alone: nobody else can move these. Undefined before the first. */
  get bounds(): SkewBounds | undefined {
    return Number.isFinite(this.#to - this.#from) ? { fromMs: this.#from, toMs: this.#to } : undefined;
  }

  /** Calls back when the clocks are found to differ noticeably, at once where they are, and with 0 when they no longer do. */
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
