// Time as both ends see it: the system's clock in the product, a hand-turned one in tests.

/** A pending timer; `cancel` is safe to call twice and after it has fired. */
export interface Timer {
  cancel(): void;
}

/** Everything that waits takes one of these, so that a test can turn the hands itself. */
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
    // A delay over 2^31-1 ms would fire at once in Node.
    const handle = setTimeout(callback, Math.min(Math.max(0, ms), 2_147_483_647));
    if (options?.background) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
