// [4] What a session still has to do when it is told to stop: run, deliver, tell.
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';

export class OpenWork {
  readonly #clock: Clock;
  readonly #onFailure: (message: string) => void;
  readonly #open = new Set<Promise<void>>();

  constructor(clock: Clock, onFailure: (message: string) => void) {
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /** Work that is waited for at the end; its failure is reported, never thrown. */
  track(work: Promise<unknown>): void {
    const done = work
      .catch((error: unknown) => this.#onFailure(messageOf(error)))
      .then(() => {
        this.#open.delete(done);
      });
    this.#open.add(done);
  }

  /** Resolves when nothing is open, also nothing that came up meanwhile. */
  async allDone(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }

  /** Resolves when the work is done, after `boundMs` at the latest. */
  async within(boundMs: number, work: Promise<unknown>): Promise<void> {
    await within(this.#clock, boundMs, work);
  }
}
