// Ends everything that a command has started, in reverse order, whatever else fails or does not end.
import { systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';

/** The maximum duration of one step, in milliseconds. Each step has its own, shorter bound; this one covers bugs. */
const stepBoundMs = 5000;

/** A stack of things to close. */
export class Closers {
  readonly #closers: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  /** Runs every closer, newest first, each for at most 5 seconds; throws the first error after all have run. Safe to call twice. */
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
