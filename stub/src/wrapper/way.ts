// [1] A service on the way to a client, such as the relay: invocations wait for it while it works; once it fails, it is retried
// in the background.
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';

/** A failed service is retried after this at the earliest; milliseconds. */
const retryAfterMs = 1000;

export class Way<T> {
  readonly #clock: Clock;
  readonly #attempt: () => Promise<T>;
  readonly #onDown: (why: string) => void;
  #isDown = false;
  #trying: Promise<unknown> | undefined;
  #triedAt = 0;

  /** `onDown` is called once each time that the service fails after it worked. */
  constructor(clock: Clock, attempt: () => Promise<T>, onDown: (why: string) => void) {
    this.#clock = clock;
    this.#attempt = attempt;
    this.#onDown = onDown;
  }

  /** The attempt's result; undefined if it fails, takes longer than `boundMs`, or the service is known to be down. */
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
      // If it was only slow, it counts as working once it answers.
      this.#watch(attempt);
      return undefined;
    }
  }

  /** Another part found that the service fails. */
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
