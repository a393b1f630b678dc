// [4] News that may come thousands of times a second: the first is reported at once, what follows is counted for a while.
import type { Clock } from '../../../protocol/clock.ts';

/** A person has read a line by then, and a day of them is no more than 8,640. */
export const seldomMs = 10_000;

export class Seldom {
  readonly #clock: Clock;
  readonly #onFurther: (count: number, latest: string) => void;
  readonly #atOnce: number;
  /** Of these, how many may still come now. */
  #left = 0;
  /** How many came since the last was reported; undefined where that was long ago. */
  #further: number | undefined;
  #latest = '';

  /**
   * `onFurther` is told every ten seconds how many have not been reported by themselves, and of the latest; the first
   * `atOnce` have.
   */
  constructor(clock: Clock, onFurther: (count: number, latest: string) => void, atOnce = 1) {
    this.#clock = clock;
    this.#onFurther = onFurther;
    this.#atOnce = atOnce;
  }

  /** Whether to report it by itself; otherwise it is counted. */
  take(text: string): boolean {
    this.#latest = text;
    if (this.#further === undefined) {
      this.#left = this.#atOnce;
      this.#wait();
    }
    if (this.#left === 0) {
      this.#further = (this.#further ?? 0) + 1;
      return false;
    }
    this.#left -= 1;
    return true;
  }

  #wait(): void {
    this.#further = 0;
    const end = () => {
      const further = this.#further ?? 0;
      this.#further = undefined;
      this.#left = 0;
      if (further === 0) return;
      this.#onFurther(further, this.#latest);
      this.#wait();
    };
    this.#clock.after(seldomMs, end, { background: true });
  }
}
