// A clock that a test turns by hand.
import type { Clock } from '../../../protocol/clock.ts';

/** A clock at 0; `turn` moves it on and fires what falls due, in order. */
export function handClock(): Clock & { turn(ms: number): void } {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
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
