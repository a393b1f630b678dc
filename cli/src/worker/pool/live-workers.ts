// [5] The processes behind a pool: how a worker starts, how long it may stay idle, how it ends, and that none is left behind.
import { type Clock, systemClock, type Timer } from '../../../../protocol/clock.ts';
import { within } from '../../../../protocol/within.ts';
import { type FunctionCode, type FunctionError, stoppedError } from '../contract.ts';
import type { Debugging } from '../debug/debugging.ts';
import type { DebuggerNews } from '../debug/worker-debugger.ts';
import type { FunctionEnvironment } from '../process/environment.ts';
import { processKeeper } from '../process/process-keeper.ts';
import { residentBytes } from '../process/resident-bytes.ts';
import { type Keepable, keptWarm } from './kept-warm.ts';
import { type ClientRunner, type Spare, Spares, type SparesOptions } from './spares.ts';
import { Stillness } from './stillness.ts';
import { Worker, type WorkerSettings } from './worker.ts';

interface LiveWorkersOptions extends SparesOptions {
  /** A worker that was idle for this long is ended, unless it is kept warm. Milliseconds. */
  readonly idleMs: number;
  /** Maximum number of functions whose last worker is kept warm beyond that; see kept-warm.ts. */
  readonly mostKept?: number | undefined;
  /** A worker that was idle for this long is frozen until its next invocation; undefined: never. */
  readonly freezeAfterMs?: number | undefined;
  readonly clock: Clock;
  readonly settings: Omit<WorkerSettings, 'onDebugger' | 'onExit' | 'onInitFailed'>;
  readonly debugging: Debugging | undefined;
  /** A function's worker is gone; not called for spares. */
  readonly onGone: (worker: Worker, reason: string) => void;
}

/** How long `close` waits for killed processes to exit, in milliseconds. */
const closeBoundMs = 2000;

export class LiveWorkers {
  readonly #options: LiveWorkersOptions;
  /** Workers of functions, except those that are being ended. */
  readonly #workers = new Set<Worker>();
  readonly #idleTimers = new Map<Worker, Timer>();
  /** Idle workers, and since when, in milliseconds on the clock. */
  readonly #resting = new Map<Worker, number>();
  /** The number of each function's last use, counted across all functions. */
  readonly #uses = new Map<string, number>();
  #useCount = 0;
  /** Workers kept warm past their idle time. */
  readonly #kept = new Set<Worker>();
  /** The current memory check of kept workers; at most one at a time, and one after it. */
  #trimming: Promise<void> = Promise.resolve();
  /** All workers, the spares, and those that are being ended. */
  readonly #processes = new ProcessRoster();
  readonly #settings: WorkerSettings;
  readonly #spares: Spares;
  readonly #stillness: Stillness;

  constructor(options: LiveWorkersOptions) {
    this.#options = options;
    this.#stillness = new Stillness(options.clock, options.freezeAfterMs);
    this.#settings = {
      ...options.settings,
      onDebugger: (worker, news) => this.#onDebugger(worker, news),
      // The invocation that waits for it gets the error and ends it. The next start may succeed, e.g. with newer credentials.
      onInitFailed: (worker) => {
        if (!worker.busy) this.leave(worker, 'its init phase failed');
      },
      onExit: (worker, reason) => this.#onExit(worker, reason),
    };
    this.#spares = new Spares(this.#settings, options, (worker) => this.#processes.add(worker));
  }

  /** Live workers of functions. */
  list(): Worker[] {
    return [...this.#workers];
  }

  get count(): number {
    return this.#workers.size;
  }

  /** Starts a worker for a function, from a spare if it fits. */
  start(code: FunctionCode, environment: FunctionEnvironment): Worker {
    const { runner } = code;
    let worker: Worker;
    if (runner.kind === 'command') {
      worker = Worker.program(this.#settings, code, runner.command, environment);
      this.#processes.add(worker);
    } else {
      worker = this.#spareOf(code, runner).take(environment);
      worker.assign(code, environment, runner.kind === 'node' ? runner : undefined);
    }
    this.#workers.add(worker);
    this.#aimDebugger(worker.debugger?.functionName);
    return worker;
  }

  /** Boots a spare for each of these, after this many milliseconds. */
  bootSparesAfter(ms: number, codes: Iterable<FunctionCode>): void {
    for (const code of codes) {
      if (code.runner.kind !== 'command') this.#spareOf(code, code.runner).bootAfter(ms);
    }
  }

  /**
   * The worker is idle: unless woken, it is ended after a while. It stays if a debugger may be attached, or if it keeps its
   * function warm.
   */
  rest(worker: Worker): void {
    const { clock, idleMs } = this.#options;
    this.#resting.set(worker, clock.now());
    if (worker.debugger !== undefined) return;
    const timer = clock.after(idleMs, () => this.#onIdle(worker), { background: true });
    this.#idleTimers.set(worker, timer);
    this.#stillness.rest(worker);
  }

  /** An invocation of its function uses the worker. */
  wake(worker: Worker): void {
    this.#useCount += 1;
    if (worker.code !== undefined) this.#uses.set(worker.code.functionName, this.#useCount);
    this.#stillness.wake(worker);
    this.#stopIdling(worker);
  }

  /** How long it has been idle, in milliseconds; undefined if it is working. */
  restedMs(worker: Worker): number | undefined {
    const since = this.#resting.get(worker);
    return since === undefined ? undefined : this.#options.clock.now() - since;
  }

  #stopIdling(worker: Worker): void {
    this.#idleTimers.get(worker)?.cancel();
    this.#idleTimers.delete(worker);
    this.#resting.delete(worker);
    this.#kept.delete(worker);
  }

  #onIdle(worker: Worker): void {
    const isNewer = (other: Worker) =>
      other.code?.functionName === worker.code?.functionName &&
      (other.busy || other.lastUsed > worker.lastUsed);
    if ([...this.#workers].some(isNewer)) return this.end(worker, 'it was idle');
    this.#kept.add(worker);
    this.#trimming = this.#trimming.then(() => this.#trimKept());
  }

  /** Keeps what the limits allow and ends the rest. */
  async #trimKept(): Promise<void> {
    const kept = [...this.#kept];
    const bytes = await residentBytes(kept.flatMap(({ pid }) => pid ?? []));
    // A worker used in the meantime no longer counts as idle. A function's newest comes first: an older one was passed over,
    // e.g. because variables have changed.
    const idle = kept
      .filter((worker) => this.#kept.has(worker))
      .sort((one, other) => other.lastUsed - one.lastUsed);
    const keepable = idle.map((worker): Keepable & { worker: Worker } => {
      const functionName = worker.code?.functionName ?? '';
      const lastUsed = this.#uses.get(functionName) ?? 0;
      return { worker, functionName, lastUsed, bytes: bytes.get(worker.pid ?? 0) ?? 0 };
    });
    const staying = new Set(keptWarm(keepable, this.#options.mostKept).map(({ worker }) => worker));
    for (const worker of idle) if (!staying.has(worker)) this.end(worker, 'it was idle');
  }

  end(worker: Worker, reason: string, error: FunctionError = stoppedError()): void {
    this.#forget(worker);
    this.#expectDebugger(worker);
    worker.end(reason, error);
  }

  /** Like `end`, but first reads its last output, for at most a second. */
  leave(worker: Worker, reason: string): void {
    this.#forget(worker);
    this.#expectDebugger(worker);
    worker.leave(reason, stoppedError());
  }

  /** Before the process exits, which takes a moment: what is invoked in the meantime waits for the debugger as well. */
  #expectDebugger({ debugger: own }: Worker): void {
    if (own?.address !== undefined) this.#options.debugging?.ending(own.functionName, own.address);
  }

  /** Process ids of all workers and spares that have not exited. */
  pids(): readonly number[] {
    return this.#processes.pids();
  }

  /** Ends all of them, and waits until they have exited, for at most 2 seconds. */
  async close(): Promise<void> {
    this.#spares.close();
    await this.#processes.close((worker) => this.end(worker, 'livectl stopped'), closeBoundMs);
  }

  #spareOf({ functionName, runtime }: FunctionCode, runner: ClientRunner): Spare {
    const debugged = this.#options.debugging?.has(functionName) ? functionName : undefined;
    return this.#spares.of(runner, runtime, debugged);
  }

  #onDebugger(worker: Worker, news: DebuggerNews): void {
    const { debugging } = this.#options;
    const name = worker.debugger?.functionName;
    if (name === undefined) return;
    if (news.type === 'unavailable') debugging?.unavailable(name, news.problem);
    else if (news.type === 'listening') this.#aimDebugger(name);
    else debugging?.release(name, news.address);
  }

  /** Debuggers of a function attach to its newest worker, or, before there is one, to the process that will become it. */
  #aimDebugger(functionName: string | undefined): void {
    if (functionName === undefined) return;
    const own = [...this.#workers].filter((worker) => worker.debugger?.functionName === functionName);
    const process = own.at(-1) ?? this.#spares.keptFor(functionName);
    this.#options.debugging?.aim(functionName, process?.debugger?.address);
  }

  #onExit(worker: Worker, reason: string): void {
    this.#processes.delete(worker);
    this.#forget(worker);
    const { address, functionName } = worker.debugger ?? {};
    if (functionName !== undefined && address !== undefined) {
      this.#options.debugging?.gone(functionName, address);
    }
    this.#aimDebugger(functionName);
    if (worker.code !== undefined) this.#options.onGone(worker, reason);
  }

  #forget(worker: Worker): void {
    this.#workers.delete(worker);
    this.#stillness.forget(worker);
    this.#stopIdling(worker);
  }
}

class ProcessRoster {
  readonly #workers = new Set<Worker>();
  readonly #killAll = () => {
    for (const worker of this.#workers) worker.kill();
  };

  constructor() {
    // After a second Ctrl-C, or a crash of livectl, there is no time to close.
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

  /** Ends every process by `end`, and waits until everything they started has exited, for at most `boundMs` milliseconds. */
  async close(end: (worker: Worker) => void, boundMs: number): Promise<void> {
    const workers = [...this.#workers];
    const gone = Promise.all(workers.map(({ exited }) => exited)).then(() => processKeeper.settled());
    for (const worker of workers) end(worker);
    // The system's clock, since this waits for the system.
    await within(systemClock, boundMs, gone);
    process.off('exit', this.#killAll);
  }
}
