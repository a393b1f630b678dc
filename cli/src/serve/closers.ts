// What a command has started, ended in the opposite order, whatever else fails or does not end.
import { systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';

/** How long one step may take, in milliseconds. Each has a bound of its own, below this: no fault in one keeps the process. */
const stepBoundMs = 5000;

/** A stack of things to close. */
export class Closers {
  readonly #closers: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** Runs every closer, the newest first, for 5 seconds each at most; throws the first error only after all have run. Safe to call twice. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await within(systemClock, stepBoundMs, Promise.resolve(close()));
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
