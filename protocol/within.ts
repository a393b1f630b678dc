// A bounded wait, for work that must not hold up its caller.
import type { Clock } from './clock.ts';

/**
 * Resolves as the work does, or with undefined once `ms` milliseconds have passed on the clock. Rejects if the work rejects
 * in that time; a later rejection is ignored. A `background` bound does not keep the process alive.
 */
export function within<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
  options?: { readonly background?: boolean },
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => resolve(undefined), options);
    work.finally(() => timer.cancel()).then(resolve, reject);
  });
}
