// [5] Freezes workers between invocations, as Lambda freezes an execution environment: no timers fire, nothing is sent, no CPU
// is used. Done by the system's SIGSTOP and SIGCONT.
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import { isOpenToOthers } from '../process/open-to-others.ts';
import { processKeeper } from '../process/process-keeper.ts';
import type { Worker } from './worker.ts';

export class Stillness {
  readonly #clock: Clock;
  readonly #afterMs: number | undefined;
  readonly #timers = new Map<Worker, Timer>();
  readonly #still = new Set<Worker>();

  /** An idle worker is frozen after this many milliseconds; undefined: never. */
  constructor(clock: Clock, afterMs: number | undefined) {
    this.#clock = clock;
    this.#afterMs = process.platform === 'win32' ? undefined : afterMs;
  }

  /** The worker is idle. */
  rest(worker: Worker): void {
    // A debugger may attach at any time.
    if (this.#afterMs === undefined || worker.debugger !== undefined) return;
    const timer = this.#clock.after(this.#afterMs, () => void this.#hold(worker, timer), {
      background: true,
    });
    this.#timers.set(worker, timer);
  }

  /** The worker is about to get work. */
  wake(worker: Worker): void {
    this.forget(worker, () => worker.letGo());
  }

  /** It is being ended, which needs no waking; `held` is called if it was frozen. */
  forget(worker: Worker, held = () => {}): void {
    this.#timers.get(worker)?.cancel();
    this.#timers.delete(worker);
    if (this.#still.delete(worker)) held();
  }

  async #hold(worker: Worker, timer: Timer): Promise<void> {
    const { pid } = worker;
    // Not before it has asked for its next invocation, nor if nothing would end it after livectl.
    const ready = pid !== undefined && worker.waits && processKeeper.watches;
    const open = ready && (await isOpenToOthers(pid));
    if (this.#timers.get(worker) !== timer || worker.busy || worker.ended) return;
    if (!ready || open) return this.rest(worker);
    this.#timers.delete(worker);
    this.#still.add(worker);
    worker.hold();
  }
}
