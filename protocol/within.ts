// A wait with a bound, for what must not hold up its caller.
import type { Clock } from './clock.ts';

/** Resolves when the work has ended, well or not, or after `ms` milliseconds on the clock. Never rejects. */
export function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve);
    const done = () => {
      timer.cancel();
      resolve();
    };
    work.then(done, done);
  });
}
