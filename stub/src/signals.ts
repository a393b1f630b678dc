// [1] The events of one exchange, queued so that none is missed between two waits.
import type { Clock } from '../../protocol/clock.ts';
import type { Message } from '../../protocol/message.ts';
import { within } from '../../protocol/within.ts';

export type Answer = Message<'result'> | Message<'error'>;

export type Signal =
  | { readonly kind: 'ack' }
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** A client that was sent the invocation has part of it. */
  | { readonly kind: 'receiving' }
  /** The client that was sent the invocation does not run it. */
  | { readonly kind: 'moved' }
  /** The directory names another connection, or none. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'socket-lost' };

/** A queue with one reader. */
export class Signals {
  readonly #clock: Clock;
  readonly #queue: Signal[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(signal: Signal): void {
    this.#queue.push(signal);
    this.#wake?.();
  }

  /** The current wait rejects, and so does every later one. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Throws once closed, so that work for the exchange goes no further. */
  throwIfClosed(): void {
    if (this.#closed) throw new Error('the exchange is over');
  }

  /** The next signal, or undefined when none comes within `boundMs`. */
  async next(boundMs: number): Promise<Signal | undefined> {
    if (this.#queue.length === 0 && !this.#closed) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await within(this.#clock, boundMs, woken);
      this.#wake = undefined;
    }
    this.throwIfClosed();
    return this.#queue.shift();
  }
}
