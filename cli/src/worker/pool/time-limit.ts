// [5] How long one invocation may take: what AWS leaves it in any case, and the function's own timeout from its
// hand-over on.
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import type { Invocation } from '../contract.ts';

export interface TimeLimitOptions {
  readonly clock: Clock;
  readonly invocation: Pick<Invocation, 'deadlineMs' | 'timeoutSeconds'>;
  /** Whether the function's own timeout counts now; asked at the hand-over and when it has run out. */
  readonly ownCounts: () => boolean;
  /** Called once, with Lambda's words, e.g. `Task timed out after 3.00 seconds`. */
  readonly onStrike: (words: string) => void;
}

export class TimeLimit {
  readonly #options: TimeLimitOptions;
  /** The stub's deadline: from the beginning, also while nobody runs it. */
  readonly #stub: Timer;
  #own: Timer | undefined;
  #handedOver = false;

  /** What AWS leaves counts from now. */
  constructor(options: TimeLimitOptions) {
    const { clock, invocation, onStrike, ownCounts } = options;
    this.#options = options;
    const begunMs = clock.now();
    this.#stub = this.#after(invocation.deadlineMs - begunMs, () => {
      this.cancel();
      const why = ownCounts() ? '' : ': AWS gives it no longer, see timeout_margin of the module';
      onStrike(timedOutAfter((clock.now() - begunMs) / 1000) + why);
    });
  }

  /**
   * A worker takes it now, and the function's own timeout begins. Returns what the function is told of: when it will
   * be ended, in milliseconds since the epoch.
   */
  handOver(): number {
    const { clock, invocation, ownCounts } = this.#options;
    this.#handedOver = true;
    this.restart();
    const ownDeadlineMs = clock.now() + invocation.timeoutSeconds * 1000;
    return ownCounts() ? Math.min(invocation.deadlineMs, ownDeadlineMs) : invocation.deadlineMs;
  }

  /** The function's own timeout counts anew from now, where it has begun: what held it up is over. */
  restart(): void {
    if (!this.#handedOver) return;
    const { invocation, onStrike, ownCounts } = this.#options;
    const { timeoutSeconds } = invocation;
    this.#own?.cancel();
    this.#own = this.#after(timeoutSeconds * 1000, () => {
      if (!ownCounts()) return;
      this.cancel();
      onStrike(timedOutAfter(timeoutSeconds));
    });
  }

  /** It has ended. */
  cancel(): void {
    this.#stub.cancel();
    this.#own?.cancel();
  }

  #after(ms: number, callback: () => void): Timer {
    return this.#options.clock.after(ms, callback, { background: true });
  }
}

/** Lambda's words. */
export function timedOutAfter(seconds: number): string {
  return `Task timed out after ${seconds.toFixed(2)} seconds`;
}
