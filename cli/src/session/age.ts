// [4] How old an invocation is when it arrives: whether its stub certainly waits, certainly doesn't, or must be asked.
import type { Clock } from '../../../protocol/clock.ts';
import { type ClockSkew, noticeableSkewMs, plausibleSkewMs } from '../../../protocol/clock-skew.ts';
import type { Message, MessageHead } from '../../../protocol/message.ts';
import { longestMs } from './answers.ts';

/**
 * - `young`: its stub waits for an ack, whatever is not known exactly.
 * - `doubtful`: it may have given up.
 * - `over`: its stub's deadline is past, whatever is not known exactly.
 */
type Age = 'young' | 'doubtful' | 'over';

/** How long a stub of 0.1.0 waits for an ack, as docs/protocol.md says. */
const ackMs = 3000;
const slowLineBytesPerMs = 250;

/** Reserved between the last moment for an ack and the start of the code: the ack's travel, and a small clock adjustment. */
const ackMarginMs = 1000;
/** Younger than this an invocation is not asked about: AWS's time stamps leave a second open. */
const surelyYoungMs = 2000;
/** Tolerance past the deadline: a small clock adjustment must not cost an invocation. */
const overMarginMs = 5000;

/** If the clocks agree as far as is known, a difference above this is not travel time. */
const plausibleTransitMs = 10_000;

/** What the clocks of both ends say of an invocation. */
export class Ages {
  readonly #clock: Clock;
  readonly #skew: ClockSkew;
  /** This machine slept, or its clock was set, since AWS last answered. */
  #uncertain = false;

  constructor(clock: Clock, skew: ClockSkew) {
    this.#clock = clock;
    this.#skew = skew;
  }

  /** Discards what was known of the clocks until AWS answers again. */
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

  /** When the stub sent it, on this machine's clock, in milliseconds since the epoch: as late as it may have been. */
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

  /** How late an invocation is that arrived now, in milliseconds: at least, as far as that is known. */
  lateMs({ sentAt }: MessageHead<'invoke'>): number {
    const now = this.#clock.now();
    return Math.max(0, now + (this.#skew.bounds?.fromMs ?? 0) - sentAt);
  }
}
