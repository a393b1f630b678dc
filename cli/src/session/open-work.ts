// [4] What a session still has to do when it is stopped: run, deliver, report.
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

  /** Adds work to wait for at the end; its failure is reported, never thrown. */
  track(work: Promise<unknown>): void {
    const done = work
      .catch((error: unknown) => this.#onFailure(messageOf(error)))
      .then(() => {
        this.#open.delete(done);
      });
    this.#open.add(done);
  }

  /** Resolves when nothing is open, including work that was added in the meantime. */
  async allDone(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }

  /** Resolves when the work is done, or after `boundMs`. */
  async within(boundMs: number, work: Promise<unknown>): Promise<void> {
    await within(this.#clock, boundMs, work);
  }
}
