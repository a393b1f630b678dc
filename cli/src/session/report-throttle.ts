// [4] Reports that may come thousands of times a second: the first is passed on at once, the following are counted for a while.
import type { Clock } from '../../../protocol/clock.ts';

/** A person has read a line in this time, and a whole day gives at most 8,640 of them. */
export const throttleMs = 10_000;

export class ReportThrottle {
  readonly #clock: Clock;
  readonly #onFurther: (count: number, latest: string) => void;
  readonly #atOnce: number;
  /** How many may still be reported now. */
  #left = 0;
  /** How many came since the last report; undefined if that was long ago. */
  #further: number | undefined;
  #latest = '';

  /**
   * Every ten seconds, `onFurther` receives the number of reports that were only counted, and the latest of them; the first
   * `atOnce` are passed on singly.
   */
  constructor(clock: Clock, onFurther: (count: number, latest: string) => void, atOnce = 1) {
    this.#clock = clock;
    this.#onFurther = onFurther;
    this.#atOnce = atOnce;
  }

  /** Whether to report it singly; otherwise it is counted. */
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
    this.#clock.after(throttleMs, end, { background: true });
  }
}
