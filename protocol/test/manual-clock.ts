// A manual clock for the tests of all rooms.
import type { Clock, Timer } from '../clock.ts';

interface Pending {
  readonly at: number;
  readonly ms: number;
  readonly callback: () => void;
}

/** Timers fire while the test advances the clock, in the order they are due, including those set on the way. */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Pending>();
  readonly #watchers = new Set<() => void>();

  constructor(now = Date.parse('2026-03-01T12:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): Timer {
    const timer = { at: this.#now + ms, ms, callback };
    this.#timers.add(timer);
    for (const watcher of [...this.#watchers]) watcher();
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** The delays of all pending timers, the next one first. */
  get pending(): readonly number[] {
    return this.#inOrder().map(({ ms }) => ms);
  }

  /** Advances by `ms`. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#inOrder()[0]; next !== undefined && next.at <= until; next = this.#inOrder()[0])
      this.#fire(next);
    this.#now = until;
  }

  /** The machine sleeps, or its clock is set: time has passed, but no timer has fired yet. */
  jump(ms: number): void {
    this.#now += ms;
  }

  /** Resolves as soon as a timer with this delay (or one that `matches`) is set; at once if there is one. */
  untilSet(delay: number | ((ms: number) => boolean)): Promise<void> {
    const matches = typeof delay === 'number' ? (ms: number) => ms === delay : delay;
    return new Promise((resolve) => {
      const look = () => {
        if (![...this.#timers].some(({ ms }) => matches(ms))) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Advances to the next timer, waiting for one to be set; resolves with its delay. */
  async fireNext(): Promise<number> {
    await this.untilSet(() => true);
    const [next] = this.#inOrder();
    if (next === undefined) throw new Error('the timer was cancelled as soon as it was set');
    this.#fire(next);
    return next.ms;
  }

  #inOrder(): Pending[] {
    return [...this.#timers].sort((a, b) => a.at - b.at);
  }

  #fire(timer: Pending): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
  }
}
