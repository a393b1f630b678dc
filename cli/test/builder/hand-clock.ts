// A manual clock for tests.
import type { Clock } from '../../../protocol/clock.ts';

export interface HandClock extends Clock {
  /** Advances it and fires what is due, in order. */
  turn(ms: number): void;
  /** Resolves when the next timer is set, e.g. because of an event from outside. */
  timerSet(): Promise<void>;
}

/** A clock that stands at 0. */
export function handClock(): HandClock {
  let now = 0;
  let tellSet = () => {};
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      tellSet();
      return { cancel: () => timers.delete(timer) };
    },
    timerSet: () =>
      new Promise((resolve) => {
        tellSet = resolve;
      }),
    turn(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = next.at;
        next.callback();
      }
      now = end;
    },
  };
}
