// [4] A bound on what is reported in one second of the clock, whatever arrives.
import type { Clock } from '../../../protocol/clock.ts';

export class PerSecond {
  readonly #clock: Clock;
  readonly #most: number;
  #second = Number.NaN;
  #count = 0;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Whether one more may be reported now. */
  take(): boolean {
    const second = Math.floor(this.#clock.now() / 1000);
    if (this.#second !== second) this.#count = 0;
    this.#second = second;
    this.#count += 1;
    return this.#count <= this.#most;
  }
}
