// [1] How often livectl may open connections through one tunnel: a pool's burst, and then a steady rate.
import type { Clock } from '../../../protocol/clock.ts';

/** Connections at once; as many streams as a tunnel has. */
const burst = 256;
/** Further connections, each second: five times what the tunnel is measured for (1,000 a minute). */
export const opensPerSecond = 80;

export class OpenRate {
  readonly #clock: Clock;
  #left = burst;
  #at: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.now();
  }

  /** Whether another one may be opened now; counts it. */
  take(): boolean {
    const now = this.#clock.now();
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) / 1000) * opensPerSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
