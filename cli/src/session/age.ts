// [4] How old an invocation is when it arrives: whether its stub surely waits, surely not, or has to be asked.
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

/** Left between an ack's last moment and the begin of the code: the ack's way, and a clock that was set a little. */
const ackMarginMs = 1000;
/** Younger than this an invocation is not asked about: AWS's time stamps leave a second open. */
const surelyYoungMs = 2000;
/** Beyond the deadline by this much: a clock that was set a little must not cost an invocation. */
const overMarginMs = 5000;

/** Where clocks agree as far as is known, more than this is no time on the way. */
const plausibleTransitMs = 10_000;

/** What the clocks of both ends say of an invocation. */
export class Ages {
  readonly #clock: Clock;
  readonly #skew: ClockSkew;
  /** This machine stood still, or its clock was set, since AWS last answered. */
  #uncertain = false;

  constructor(clock: Clock, skew: ClockSkew) {
    this.#clock = clock;
    this.#skew = skew;
  }

  /** Nothing that was known of the clocks counts until AWS answers again. */
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
    // Before AWS's first answer the clocks are taken to agree.
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
