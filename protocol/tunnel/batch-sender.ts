// When batches leave, how many at once, and what happens to what they carry: acknowledged, or sent again.
import type { Clock, Timer } from '../clock.ts';
import { messageOf } from '../live-debug-error.ts';
import type { PostOutcome } from '../relay-post.ts';
import { Arrivals } from './arrivals.ts';
import { Congestion } from './congestion.ts';
import type { Item } from './flow.ts';
import { BatchWriter, type Frame } from './frames.ts';
import { gatherMs, largePostsAtOnce, postsAtOnce } from './limits.ts';
import { SendQueue } from './send-queue.ts';
import { SentBatches } from './sent-batches.ts';

export interface BatchSenderOptions {
  readonly clock: Clock;
  readonly post: (batch: Buffer) => Promise<PostOutcome>;
  readonly batchBytes: number;
  /** A post to the other end's present connection has ended. What it carried is queued again if it was not delivered. */
  readonly onOutcome: (outcome: PostOutcome) => void;
  /** Something is to be sent again. */
  readonly onLost: (items: readonly Item[]) => void;
  /** The relay has accepted this end's `end`. */
  readonly onEndDelivered: () => void;
  /** {@link BatchSender.nextAt} may have changed. */
  readonly onScheduled: () => void;
}

/**
 * - `nothing`: the other end is not known yet.
 * - `notices`: one of the sockets is lost; streams wait.
 */
export type Sends = 'nothing' | 'notices' | 'all';

const firstPauseMs = 50;
const longestPauseMs = 500;

/** With fewer posts than this under way, what somebody waits for is not gathered. */
const ungatheredPosts = postsAtOnce / 2;

export class BatchSender {
  readonly queue = new SendQueue();
  readonly arrivals = new Arrivals();
  readonly #options: BatchSenderOptions;
  readonly #clock: Clock;
  readonly #writer: BatchWriter;
  readonly #sent = new SentBatches<Item>();
  readonly #congestion = new Congestion();
  #sends: Sends;
  #isClosed = false;
  #nextNumber = 1;
  /** Posts of an earlier generation went to a connection that is gone, and no longer count. */
  #generation = 0;
  #underWay = 0;
  #largeUnderWay = 0;
  #pauseMs = firstPauseMs;
  #pausedUntil = 0;
  #isFlushing = false;
  #gather: Timer | undefined;
  #batches = 0;

  constructor(options: BatchSenderOptions, sends: Sends) {
    this.#options = options;
    this.#clock = options.clock;
    this.#writer = new BatchWriter(options.batchBytes);
    this.#sends = sends;
  }

  /** Batches posted. */
  get batches(): number {
    return this.#batches;
  }

  get rttMs(): number | undefined {
    return this.#sent.rttMs;
  }

  set sends(sends: Sends) {
    this.#sends = sends;
    this.schedule();
  }

  /** When {@link onTime} has something to do, besides what the end of a post starts. */
  get nextAt(): number | undefined {
    if (this.#sends === 'nothing') return undefined;
    const now = this.#clock.now();
    const times = [this.arrivals.dueAt, this.#pausedUntil].filter((at) => at !== undefined && at > now);
    const overdueAt = this.#sent.nextOverdue;
    if (overdueAt !== undefined) times.push(overdueAt);
    return times.length === 0 ? undefined : Math.min(...(times as number[]));
  }

  /** Sends what is due. Returns whether batches were lost without a sign. */
  onTime(): boolean {
    const now = this.#clock.now();
    const overdue = this.#sent.takeOverdue(now);
    if (overdue.length > 0) this.#congestion.lost(now);
    this.#options.onLost(overdue);
    this.schedule();
    return overdue.length > 0;
  }

  /** Returns what has arrived at the other end; undefined for an ack of batches that were not sent. */
  acked({ delayMs, ranges }: Extract<Frame, { type: 'ack' }>): readonly Item[] | undefined {
    if ((ranges[0]?.[1] ?? 0) >= this.#nextNumber) return undefined;
    const now = this.#clock.now();
    const isFull = this.#sent.bytes > this.#congestion.windowBytes / 2;
    const { bytes, items, rttMs } = this.#sent.acked(ranges, delayMs, now);
    if (bytes > 0) this.#congestion.acked(bytes, rttMs, isFull, now);
    return items;
  }

  /** All that was not acknowledged may have gone to a connection that is gone: it is sent again. */
  renew(): void {
    this.#generation += 1;
    this.#underWay = 0;
    this.#largeUnderWay = 0;
    this.resume();
    this.loseAll();
  }

  /** Tries again at once after failures. */
  resume(): void {
    this.#pauseMs = firstPauseMs;
    this.#pausedUntil = 0;
  }

  loseAll(): void {
    this.#options.onLost(this.#sent.allLost());
  }

  close(): void {
    this.#isClosed = true;
    this.#gather?.cancel();
    this.#sent.allLost();
    this.queue.clear();
  }

  /** Something was queued, or may leave now. */
  schedule(): void {
    if (this.#isFlushing || this.#isClosed || this.#sends === 'nothing') return;
    const decision = this.#decide();
    if (decision === 'now') {
      this.#isFlushing = true;
      // What else this turn of the event loop writes goes into the same batch.
      queueMicrotask(() => {
        this.#isFlushing = false;
        this.#flush(false);
      });
    } else if (decision === 'gather') {
      this.#gather ??= this.#clock.after(gatherMs, () => {
        this.#gather = undefined;
        this.#flush(true);
      });
    }
    this.#options.onScheduled();
  }

  /** Whether a batch leaves now, waits for more to come, or for a post, an ack or a time. */
  #decide(): 'now' | 'gather' | 'wait' {
    const now = this.#clock.now();
    if (this.#isClosed || this.#underWay >= postsAtOnce || now < this.#pausedUntil) return 'wait';
    const largeBytes = this.#largeBytes;
    const { bytes, isUrgent } = this.queue.pending(this.#sends !== 'all', Math.max(1, largeBytes));
    const { dueAt } = this.arrivals;
    const isAckDue = dueAt !== undefined && dueAt <= now;
    if (isUrgent || isAckDue) {
      const isFull = bytes >= this.#options.batchBytes;
      return isFull || this.#underWay < ungatheredPosts ? 'now' : 'gather';
    }
    if (bytes === 0 || largeBytes === 0) return 'wait';
    return this.#underWay === 0 || bytes >= largeBytes ? 'now' : 'gather';
  }

  /** How many bytes of large data a batch may have now. */
  get #largeBytes(): number {
    if (this.#largeUnderWay >= largePostsAtOnce) return 0;
    if (this.#sent.bytes >= this.#congestion.windowBytes) return 0;
    return this.#congestion.batchBytes(this.#options.batchBytes);
  }

  #flush(isGathered: boolean): void {
    let gathers = isGathered;
    for (;;) {
      const decision = this.#decide();
      if (decision === 'wait' || (decision === 'gather' && !gathers)) break;
      gathers = false;
      if (!this.#send()) break;
    }
    this.schedule();
  }

  /** Posts one batch; false if there was nothing to post. */
  #send(): boolean {
    const now = this.#clock.now();
    const items: Item[] = [];
    this.arrivals.write(this.#writer, now);
    const isLarge = this.queue.fill(this.#writer, items, this.#sends !== 'all', this.#largeBytes);
    if (this.#writer.isEmpty) return false;
    // A batch that holds only an ack needs none.
    const number = items.length > 0 ? this.#nextNumber : 0;
    const batch = this.#writer.finish(number);
    if (number > 0) {
      this.#nextNumber += 1;
      this.#sent.sent(number, items, batch.length, now);
    }
    this.#batches += 1;
    void this.#post(batch, number, items, isLarge && number > 0);
    return true;
  }

  async #post(batch: Buffer, number: number, items: readonly Item[], isLarge: boolean): Promise<void> {
    const generation = this.#generation;
    this.#underWay += 1;
    if (isLarge) this.#largeUnderWay += 1;
    let outcome: PostOutcome;
    try {
      outcome = await this.#options.post(batch);
    } catch (error) {
      outcome = { kind: 'failed', reason: messageOf(error) };
    }
    if (this.#isClosed) return;
    const isPresent = generation === this.#generation;
    if (isPresent) {
      this.#underWay -= 1;
      if (isLarge) this.#largeUnderWay -= 1;
    }
    const now = this.#clock.now();
    if (outcome.kind === 'delivered') {
      this.#sent.delivered(number, now);
      this.resume();
      if (items.some((item) => item.kind === 'notice' && item.frame.type === 'end'))
        this.#options.onEndDelivered();
    } else {
      this.#options.onLost(this.#sent.lost(number));
      if (isPresent) this.#pause(now);
    }
    if (isPresent) this.#options.onOutcome(outcome);
    this.schedule();
  }

  /** After a failure: posts that fail together count as one. */
  #pause(now: number): void {
    if (now < this.#pausedUntil) return;
    this.#congestion.lost(now);
    this.#pausedUntil = now + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }
}
