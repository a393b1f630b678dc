// [5] How long one invocation may take: always the time that AWS leaves it, and the function's own timeout from its hand-over.
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import type { Invocation } from '../contract.ts';

export interface TimeLimitOptions {
  readonly clock: Clock;
  readonly invocation: Pick<Invocation, 'deadlineMs' | 'timeoutSeconds'>;
  /** Whether the function's own timeout applies; asked at the hand-over and when it has passed. */
  readonly ownCounts: () => boolean;
  /** Called once, with Lambda's words, e.g. `Task timed out after 3.00 seconds`. */
  readonly onStrike: (words: string) => void;
}

export class TimeLimit {
  readonly #options: TimeLimitOptions;
  /** The stub's deadline: runs from the beginning, even while no worker has the invocation. */
  readonly #stub: Timer;
  #own: Timer | undefined;
  #handedOver = false;

  /** Starts the time that AWS leaves. */
  constructor(options: TimeLimitOptions) {
    const { clock, invocation, onStrike, ownCounts } = options;
    this.#options = options;
    const begunMs = clock.now();
    this.#stub = this.#after(invocation.deadlineMs - begunMs, () => {
      this.cancel();
      const why = ownCounts() ? '' : ': the stub’s time was over; raise the module’s timeout_margin';
      onStrike(timedOutAfter((clock.now() - begunMs) / 1000) + why);
    });
  }

  /**
   * A worker takes the invocation now, and the function's own timeout begins. Returns the deadline to report to the function, in
   * milliseconds since the epoch.
   */
  handOver(): number {
    const { clock, invocation, ownCounts } = this.#options;
    this.#handedOver = true;
    this.restart();
    const ownDeadlineMs = clock.now() + invocation.timeoutSeconds * 1000;
    return ownCounts() ? Math.min(invocation.deadlineMs, ownDeadlineMs) : invocation.deadlineMs;
  }

  /** Restarts the function's own timeout if it has begun, since what held it up is over. */
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

  /** The invocation has ended. */
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
