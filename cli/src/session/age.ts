// [4] How old an invocation is on arrival: whether its stub certainly waits, certainly does not, or must be asked.
import type { Clock } from '../../../protocol/clock.ts';
import { type ClockSkew, noticeableSkewMs, plausibleSkewMs } from '../../../protocol/clock-skew.ts';
import type { Message, MessageHead } from '../../../protocol/message.ts';
import { longestMs } from './answers.ts';

/**
 * - `young`: its stub waits for an ack, even with all uncertainty.
 * - `doubtful`: it may have given up.
 * - `over`: its stub's deadline is past, even with all uncertainty.
 */
type Age = 'young' | 'doubtful' | 'over';

/** How long a stub of 0.1.0 waits for an ack, as docs/protocol.md says. */
const ackMs = 3000;
const slowLineBytesPerMs = 250;

/** Reserved between the last moment for an ack and the start of the code: the ack's travel time, and a small clock adjustment. */
const ackMarginMs = 1000;
/** A younger invocation is not asked about: AWS's time stamps are exact to a second. */
const surelyYoungMs = 2000;
/** Tolerance past the deadline: a small clock adjustment must not cost an invocation. */
const overMarginMs = 5000;

/** If the clocks agree as far as known, a larger difference than this is not travel time. */
const plausibleTransitMs = 10_000;

/** Compares an invocation's times on both ends' clocks. */
export class Ages {
  readonly #clock: Clock;
  readonly #skew: ClockSkew;
  /** Whether this machine slept, or its clock was set, since AWS last answered. */
  #uncertain = false;

  constructor(clock: Clock, skew: ClockSkew) {
    this.#clock = clock;
    this.#skew = skew;
  }

  /** Discards what is known of the clocks until AWS answers again. */
  doubt(): void {
    this.#uncertain = true;
    this.#skew.forget();
  }

  of({ head, body }: Pick<Message<'invoke'>, 'head' | 'body'>): Age {
    const { bounds } = this.#skew;
    if (bounds !== undefined) this.#uncertain = false;
    if (this.#uncertain) return 'doubtful';
    const now = this.#clock.now();
    const leastAheadMs = bounds?.fromMs ?? -plausibleSkewMs;
    if (now + leastAheadMs > Math.min(head.deadline, head.sentAt + longestMs) + overMarginMs) return 'over';
    // Before AWS's first answer the clocks are assumed to agree.
    const latest = now + (bounds?.toMs ?? 0);
    const oldestMs = latest - head.sentAt;
    const isFromTomorrow = oldestMs < -overMarginMs;
    const waitsMs =
      head.ackBy === undefined ? ackMs + body.length / slowLineBytesPerMs : head.ackBy - head.sentAt;
    const isYoung = oldestMs <= Math.max(surelyYoungMs, waitsMs - ackMarginMs) && !isFromTomorrow;
    return isYoung ? 'young' : 'doubtful';
  }

  /** The latest time at which the stub may have sent it, on this machine's clock, in milliseconds since the epoch. */
  sentMs({ sentAt }: MessageHead<'invoke'>): number {
    const now = this.#clock.now();
    this.#skew.sent(sentAt, now);
    const { bounds, leastMs } = this.#skew;
    const sentMs = sentAt - leastMs;
    const onTheWay = now - sentMs;
    const isPlausible = onTheWay >= 0 && (onTheWay < plausibleTransitMs || bounds !== undefined);
    if (Math.abs(leastMs) < noticeableSkewMs && isPlausible) return sentMs;
    return bounds === undefined ? now : Math.min(now, sentAt - bounds.fromMs);
  }

  /** How late an invocation that arrives now is, in milliseconds: a lower bound, as far as known. */
  lateMs({ sentAt }: MessageHead<'invoke'>): number {
    const now = this.#clock.now();
    return Math.max(0, now + (this.#skew.bounds?.fromMs ?? 0) - sentAt);
  }
}
