// [5] The processes behind a pool: how a worker starts, how long it rests, how it ends, and that none is left behind.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { FunctionEnvironment } from './environment.ts';
import { type FunctionCode, type FunctionError, stoppedError } from './invocation.ts';
import { ProcessRoster } from './process-roster.ts';
import { Spares, type SparesOptions } from './spares.ts';
import { Worker, type WorkerSettings } from './worker.ts';

export interface LiveWorkersOptions extends SparesOptions {
  /** A worker that had nothing to do for so long ends. Milliseconds. */
  readonly idleMs: number;
  readonly clock: Clock;
  readonly settings: Omit<WorkerSettings, 'onExit'>;
  /** A function's worker is gone; not told of spares. */
  readonly onGone: (worker: Worker, reason: string) => void;
}

/** How long `close` waits for killed processes to be gone, in milliseconds. */
const closeBoundMs = 2000;

export class LiveWorkers {
  readonly #options: LiveWorkersOptions;
  /** Of functions; those that are being ended are left out. */
  readonly #workers = new Set<Worker>();
  readonly #idleTimers = new Map<Worker, Timer>();
  /** These, the spares, and those that are being ended. */
  readonly #processes = new ProcessRoster();
  readonly #settings: WorkerSettings;
  readonly #spares: Spares;

  constructor(options: LiveWorkersOptions) {
    this.#options = options;
    this.#settings = { ...options.settings, onExit: (worker, reason) => this.#onExit(worker, reason) };
    this.#spares = new Spares(this.#settings, options, (worker) => this.#processes.add(worker));
  }

  /** Live workers of functions. */
  list(): Worker[] {
    return [...this.#workers];
  }

  get count(): number {
    return this.#workers.size;
  }

  /** Starts a worker for a function, from a spare where that fits. */
  start(code: FunctionCode, environment: FunctionEnvironment): Worker {
    const { runner } = code;
    let worker: Worker;
    if (runner.kind === 'command') {
      worker = Worker.program(this.#settings, code, runner.command, environment);
      this.#processes.add(worker);
    } else {
      worker = this.#spares.of(runner).take(environment);
      worker.assign(code, environment, runner.kind === 'node' ? runner : undefined);
    }
    this.#workers.add(worker);
    return worker;
  }

  /** Has a spare booted for each of these, in so many milliseconds. */
  bootSparesAfter(ms: number, codes: Iterable<FunctionCode>): void {
    for (const { runner } of codes) {
      if (runner.kind !== 'command') this.#spares.of(runner).bootAfter(ms);
    }
  }

  /** It has nothing to do: unless it is woken, it ends in a while. */
  rest(worker: Worker): void {
    const { clock, idleMs } = this.#options;
    const timer = clock.after(idleMs, () => this.end(worker, 'it was idle'), { background: true });
    this.#idleTimers.set(worker, timer);
  }

  wake(worker: Worker): void {
    this.#idleTimers.get(worker)?.cancel();
    this.#idleTimers.delete(worker);
  }

  end(worker: Worker, reason: string, error: FunctionError = stoppedError()): void {
    this.#forget(worker);
    worker.end(reason, error);
  }

  /** Process ids of all workers and spares that aren't gone. */
  pids(): readonly number[] {
    return this.#processes.pids();
  }

  /** Ends all, and waits until they are gone, for 2 seconds at most. */
  async close(): Promise<void> {
    this.#spares.close();
    await this.#processes.close((worker) => this.end(worker, 'livectl stopped'), closeBoundMs);
  }

  #onExit(worker: Worker, reason: string): void {
    this.#processes.delete(worker);
    this.#forget(worker);
    if (worker.code !== undefined) this.#options.onGone(worker, reason);
  }

  #forget(worker: Worker): void {
    this.#workers.delete(worker);
    this.wake(worker);
  }
}
