// [1] What happens to one exchange, queued so that nothing is missed between two waits.
import type { Clock } from '../../protocol/clock.ts';
import type { Answer } from './exchange.ts';

export type Signal =
  | { readonly kind: 'ack' }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'socket-lost' };

/** A queue with one reader. */
export class Signals {
  readonly #clock: Clock;
  readonly #queue: Signal[] = [];
  #reader: ((signal: Signal | undefined) => void) | undefined;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(signal: Signal): void {
    const reader = this.#reader;
    if (reader === undefined) {
      this.#queue.push(signal);
      return;
    }
    this.#reader = undefined;
    reader(signal);
  }

  /** The reader's next wait rejects, and so does the one under way at its bound. */
  close(): void {
    this.#closed = true;
  }

  /** The next signal, or undefined when none comes within `boundMs`. */
  next(boundMs: number): Promise<Signal | undefined> {
    if (this.#closed) return Promise.reject(new Error('the exchange is over'));
    const queued = this.#queue.shift();
    if (queued) return Promise.resolve(queued);
    return new Promise((resolve) => {
      const timer = this.#clock.after(boundMs, () => {
        this.#reader = undefined;
        resolve(undefined);
      });
      this.#reader = (signal) => {
        timer.cancel();
        resolve(signal);
      };
    });
  }
}
