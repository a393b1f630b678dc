// How long stubs rely on a look-up of who is there: a client that waits this long has been found by each of them.
import { systemClock } from '../../../protocol/clock.ts';

/** In milliseconds (protocol.md, "Numbers"). */
export const lookUpAgeMs = 2000;

export function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, () => resolve(), { background: true }));
}
