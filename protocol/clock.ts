// Time as both ends see it: the system's clock in the product, a manual one in tests.

/** A pending timer; `cancel` is safe to call twice and after it has fired. */
export interface Timer {
  cancel(): void;
}

/** Everything that waits takes a clock, so that a test can advance the time itself. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `callback` once after `ms` milliseconds. `background` timers do not keep the process alive. */
  after(ms: number, callback: () => void, options?: { background?: boolean }): Timer;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback, options) {
    // Node fires a timer of more than 2^31-1 ms at once.
    const handle = setTimeout(callback, Math.min(Math.max(0, ms), 2_147_483_647));
    if (options?.background) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
