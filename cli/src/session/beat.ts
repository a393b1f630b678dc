// [4] Notices that this process stood still (a laptop asleep, SIGSTOP) or that the machine's clock was set.
import type { Clock, Timer } from '../../../protocol/clock.ts';

/** How often the clock is looked at while nothing else happens. */
export const beatMs = 1000;
/** A process that is busy comes this much late at most; anything above is a gap. */
const lateMs = 2000;

export interface BeatOptions {
  readonly clock: Clock;
  /** More time has passed since the last beat than a running process lets pass, or less than none; milliseconds. */
  readonly onGap: (ms: number) => void;
}

/** A beat that must be checked before whatever depends on the time: timers may come after the messages of a wake-up. */
export class Beat {
  readonly #options: BeatOptions;
  #lastMs: number;
  #timer: Timer | undefined;

  constructor(options: BeatOptions) {
    this.#options = options;
    this.#lastMs = options.clock.now();
  }

  start(): void {
    this.#lastMs = this.#options.clock.now();
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Tells of a gap before it returns. */
  check(): void {
    const now = this.#options.clock.now();
    const passed = now - this.#lastMs;
    this.#lastMs = now;
    if (passed < 0 || passed > beatMs + lateMs) this.#options.onGap(passed);
  }

  #schedule(): void {
    const beat = () => {
      this.check();
      this.#schedule();
    };
    this.#timer = this.#options.clock.after(beatMs, beat, { background: true });
  }
}
