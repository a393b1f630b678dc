// The HTTP API: the request limits of a route, as API Gateway applies them: a token bucket.
import type { Clock } from '../../../../protocol/clock.ts';

/** Holds at most `burst` requests and is refilled with `rate` requests per second. */
export class Throttle {
  readonly #rate: number;
  readonly #burst: number;
  readonly #clock: Pick<Clock, 'now'>;
  #left: number;
  #filledAt: number;

  constructor(rate: number, burst: number, clock: Pick<Clock, 'now'>) {
    this.#rate = rate;
    this.#burst = burst;
    this.#clock = clock;
    this.#left = burst;
    this.#filledAt = clock.now();
  }

  /** Whether one more request may pass now. */
  take(): boolean {
    const now = this.#clock.now();
    // A clock that was set back refills nothing.
    const passed = Math.max(0, now - this.#filledAt);
    this.#left = Math.min(this.#burst, this.#left + (passed / 1000) * this.#rate);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
