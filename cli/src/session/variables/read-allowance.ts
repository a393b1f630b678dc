// [4] How many reads of a function's configuration messages may cause, whatever they contain.
import type { Clock } from '../../../../protocol/clock.ts';

/** Reads in a row. */
const burst = 3;
/** After that, one per this many milliseconds: Lambda answers 15 such requests a second for a whole account. */
const refillMs = 30_000;

export class ReadAllowance {
  readonly #clock: Clock;
  #left = burst;
  #refilledMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#refilledMs = clock.now();
  }

  /** Whether one more is allowed; if so, it is counted. */
  take(): boolean {
    const gained = Math.floor((this.#clock.now() - this.#refilledMs) / refillMs);
    if (gained > 0) {
      this.#left = Math.min(burst, this.#left + gained);
      this.#refilledMs += gained * refillMs;
    }
    if (this.#left === 0) return false;
    this.#left -= 1;
    return true;
  }
}
