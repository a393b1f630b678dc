// [5] Every process the pool has started and that isn't gone yet: none of them outlives livectl.
import { systemClock, type Timer } from '../../../protocol/clock.ts';
import { processKeeper } from './process-keeper.ts';
import type { Worker } from './worker.ts';

export class ProcessRoster {
  readonly #workers = new Set<Worker>();
  readonly #killAll = () => {
    for (const worker of this.#workers) worker.kill();
  };

  constructor() {
    // A second Ctrl-C, or a crash of ours, leaves no time to close.
    process.on('exit', this.#killAll);
  }

  add(worker: Worker): void {
    this.#workers.add(worker);
  }

  delete(worker: Worker): void {
    this.#workers.delete(worker);
  }

  pids(): number[] {
    return [...this.#workers].flatMap(({ pid }) => pid ?? []);
  }

  /** Ends every process by `end` and waits until all they started is gone, for `boundMs` milliseconds at most. */
  async close(end: (worker: Worker) => void, boundMs: number): Promise<void> {
    const workers = [...this.#workers];
    const gone = Promise.all(workers.map(({ exited }) => exited)).then(() => processKeeper.settled());
    for (const worker of workers) end(worker);
    let bound: Timer | undefined;
    // The system's clock, since it is the system that is waited for.
    const tooLong = new Promise<void>((resolve) => {
      bound = systemClock.after(boundMs, resolve);
    });
    await Promise.race([gone, tooLong]);
    bound?.cancel();
    process.off('exit', this.#killAll);
  }
}
