// [1] Something on the way to a client that may be out of order: waited for while it works, tried again beside the work
// once it doesn't.
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';

/** What is out of order is tried again after this at the earliest, milliseconds. */
const retryAfterMs = 1000;

export class Way<T> {
  readonly #clock: Clock;
  readonly #attempt: () => Promise<T>;
  readonly #onDown: (why: string) => void;
  #isDown = false;
  #trying: Promise<unknown> | undefined;
  #triedAt = 0;

  /** `onDown` is told once for each time that it goes out of order. */
  constructor(clock: Clock, attempt: () => Promise<T>, onDown: (why: string) => void) {
    this.#clock = clock;
    this.#attempt = attempt;
    this.#onDown = onDown;
  }

  /** What the attempt gives, within `boundMs`; undefined where it fails, takes longer, or is known to be out of order. */
  async get(boundMs: number): Promise<T | undefined> {
    if (this.#isDown) {
      this.#tryBeside();
      return undefined;
    }
    this.#triedAt = this.#clock.now();
    const attempt = this.#attempt();
    try {
      return await this.#inTime(attempt, boundMs);
    } catch (error) {
      this.fail(messageOf(error));
      // What was only slow is in order once it is there.
      this.#watch(attempt);
      return undefined;
    }
  }

  /** It was found out of order elsewhere. */
  fail(why: string): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#triedAt = this.#clock.now();
    this.#onDown(why);
  }

  #tryBeside(): void {
    if (this.#trying || this.#clock.now() - this.#triedAt < retryAfterMs) return;
    this.#triedAt = this.#clock.now();
    this.#watch(this.#attempt());
  }

  #watch(attempt: Promise<unknown>): void {
    const trying = attempt.then(
      () => {
        this.#isDown = false;
      },
      () => undefined,
    );
    this.#trying = trying;
    void trying.then(() => {
      if (this.#trying === trying) this.#trying = undefined;
    });
  }

  #inTime(attempt: Promise<T>, boundMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no answer within ${Math.round(boundMs)} ms`));
      const timer = this.#clock.after(boundMs, late);
      attempt.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
