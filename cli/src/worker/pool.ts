// [5] The workers of all served functions: who runs what, how many at a time, until when, and on which code.
import { type Clock, systemClock, type Timer } from '../../../protocol/clock.ts';
import { FunctionEnvironment, machineEnvironment } from './environment.ts';
import { FairQueue } from './fair-queue.ts';
import {
  type FunctionCode,
  type FunctionError,
  functionError,
  type Invocation,
  stoppedError,
  type WorkerEvent,
  type WorkerPool,
  type WorkerResult,
} from './invocation.ts';
import { placeInvocation } from './placement.ts';
import { ProcessRoster } from './process-roster.ts';
import { Spares } from './spares.ts';
import { Worker, type WorkerSettings } from './worker.ts';

export interface WorkerPoolOptions {
  /** The built Node runtime client, as a file. */
  readonly nodeRuntimeFile: string;
  /** Runs Node functions; default: this very interpreter, with source maps. */
  readonly nodeCommand?: readonly string[];
  /** The Python runtime client, as a file. */
  readonly pythonRuntimeFile: string;
  /** How many processes may run functions at a time; spares, one for each interpreter, aren't counted. Default 10. */
  readonly maxWorkers?: number;
  /** A worker that had nothing to do for so long ends. Milliseconds, default 5 minutes. */
  readonly idleMs?: number;
  readonly onEvent: (event: WorkerEvent) => void;
  readonly clock?: Clock;
  /** Where the machine's part of a worker's environment is taken from; default `process.env`. */
  readonly machineEnvironment?: NodeJS.ProcessEnv;
}

/** An invocation on its way through the pool. */
interface Job {
  readonly invocation: Invocation;
  readonly resolve: (result: WorkerResult) => void;
  /** The stub's deadline while it waits for a worker, the function's own timeout once one has it. */
  deadline: Timer;
  /** The one that runs it; undefined while it waits. */
  worker: Worker | undefined;
  cancelled: boolean;
}

/** How long after an answer the next spare is booted, in milliseconds, so that its boot delays no answer on its way. */
const spareAfterAnswerMs = 25;
/** The same after a reload that nobody has called yet. */
const spareAfterReloadMs = 1000;
/** How long `close` waits for killed processes to be gone, in milliseconds. */
const closeBoundMs = 2000;

/** Creates a pool without any process; the first one starts with the first `use`. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  return new Pool(options);
}

class Pool implements WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #clock: Clock;
  readonly #settings: WorkerSettings;
  readonly #codes = new Map<string, FunctionCode>();
  /** The newest environment of each function that has been invoked: what its next worker can be started with. */
  readonly #environments = new Map<string, Invocation['environment']>();
  readonly #jobs = new Map<string, Job>();
  readonly #queue = new FairQueue<Job>();
  /** Live workers of functions. */
  readonly #workers = new Set<Worker>();
  readonly #idleTimers = new Map<Worker, Timer>();
  /** These, the spares, and those that are being ended. */
  readonly #processes = new ProcessRoster();
  readonly #spares: Spares;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#settings = {
      clock: this.#clock,
      machine: machineEnvironment(options.machineEnvironment),
      onLine: (worker, line) => {
        if (worker.code === undefined) return;
        this.#emit({ type: 'log', functionName: worker.code.functionName, ...line });
      },
      onInitialised: (worker, ms) => {
        if (worker.code === undefined || worker.pid === undefined) return;
        this.#emit({ type: 'worker_started', functionName: worker.code.functionName, pid: worker.pid, ms });
      },
      onExit: (worker, reason) => this.#onExit(worker, reason),
    };
    this.#spares = new Spares(this.#settings, options, (worker) => this.#processes.add(worker));
  }

  use(code: FunctionCode): void {
    if (this.#closed) return;
    this.#codes.set(code.functionName, code);
    const environment = this.#environments.get(code.functionName);
    if (environment !== undefined) {
      for (const worker of this.#workers) {
        if (!worker.busy && worker.code?.functionName === code.functionName) this.#end(worker, 'new code');
      }
      if (this.#workers.size < this.#maxWorkers) {
        this.#release(this.#start(code, new FunctionEnvironment(code, environment)));
      }
      this.#bootSparesAfter(spareAfterReloadMs);
    } else {
      this.#bootSparesAfter(0);
    }
    this.#schedule();
  }

  run(invocation: Invocation): Promise<WorkerResult> {
    return new Promise((resolve) => {
      const deadline = this.#cancelAt(invocation.deadlineMs, invocation.key);
      const job: Job = { invocation, resolve, deadline, worker: undefined, cancelled: false };
      this.#jobs.set(invocation.key, job);
      if (this.#closed) return this.#fail(job, stoppedError());
      if (!this.#codes.has(invocation.functionName)) {
        const words = `There is no code for the function ${invocation.functionName}`;
        return this.#fail(job, functionError('LiveDebugInternalError', words));
      }
      this.#environments.set(invocation.functionName, invocation.environment);
      this.#queue.push(invocation.functionName, job);
      this.#schedule();
      if (job.worker === undefined) {
        const { functionName, id } = invocation;
        this.#emit({ type: 'queued', functionName, id, waiting: this.#queue.size });
      }
    });
  }

  cancel(key: string): void {
    const job = this.#jobs.get(key);
    if (job === undefined) return;
    const { id } = job.invocation;
    job.cancelled = true;
    const words = `Task timed out after ${job.invocation.timeoutSeconds.toFixed(2)} seconds`;
    const error = functionError('Sandbox.Timedout', `RequestId: ${id} Error: ${words}`);
    if (job.worker === undefined) {
      this.#queue.remove(job.invocation.functionName, job);
      this.#fail(job, error);
    } else {
      this.#end(job.worker, 'it timed out', error);
    }
  }

  pids(): readonly number[] {
    return this.#processes.pids();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#spares.close();
    for (const job of this.#queue.drain()) this.#fail(job, stoppedError());
    await this.#processes.close((worker) => this.#end(worker, 'livectl stopped'), closeBoundMs);
  }

  #cancelAt(deadlineMs: number, key: string): Timer {
    return this.#clock.after(deadlineMs - this.#clock.now(), () => this.cancel(key), { background: true });
  }

  get #maxWorkers(): number {
    return this.#options.maxWorkers ?? 10;
  }

  #schedule(): void {
    this.#queue.offer((job, functionName) => {
      const code = this.#codes.get(functionName);
      if (code === undefined) return false;
      const environment = new FunctionEnvironment(code, job.invocation.environment);
      const placement = placeInvocation({
        code,
        instance: job.invocation.instance,
        workers: [...this.#workers],
        maxWorkers: this.#maxWorkers,
        fits: (worker) => worker.fits(environment),
        isWaitedFor: (name) => this.#queue.has(name),
      });
      if (placement.kind === 'wait') return false;
      if (placement.kind === 'start' && placement.evict !== undefined) {
        this.#end(placement.evict, 'its place was needed');
      }
      const worker = placement.kind === 'use' ? placement.worker : this.#start(code, environment);
      this.#claim(worker, job);
      void this.#work(worker, job, environment);
      return true;
    });
  }

  #claim(worker: Worker, job: Job): void {
    worker.busy = true;
    worker.instance = job.invocation.instance;
    job.worker = worker;
    this.#idleTimers.get(worker)?.cancel();
    this.#idleTimers.delete(worker);
  }

  async #work(worker: Worker, job: Job, environment: FunctionEnvironment): Promise<void> {
    const { taken, ...result } = await worker.run(job.invocation, environment, (deadlineMs) => {
      job.deadline.cancel();
      job.deadline = this.#cancelAt(deadlineMs, job.invocation.key);
    });
    worker.busy = false;
    job.worker = undefined;
    if (taken || job.cancelled || this.#closed) {
      this.#finish(job, result);
      this.#bootSparesAfter(spareAfterAnswerMs);
    } else {
      this.#queue.unshift(job.invocation.functionName, job);
    }
    this.#release(worker);
    this.#schedule();
  }

  /** A worker has nothing to do now: it waits for more, or ends where its code is outdated or failed to load. */
  #release(worker: Worker): void {
    if (worker.ended || worker.code === undefined) return;
    if (worker.failed) return this.#end(worker, 'its init phase failed');
    if (worker.code !== this.#codes.get(worker.code.functionName)) return this.#end(worker, 'new code');
    const idleMs = this.#options.idleMs ?? 300_000;
    const timer = this.#clock.after(idleMs, () => this.#end(worker, 'it was idle'), { background: true });
    this.#idleTimers.set(worker, timer);
  }

  /** Starts a worker for a function, from a spare where that fits. */
  #start(code: FunctionCode, environment: FunctionEnvironment): Worker {
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

  #bootSparesAfter(ms: number): void {
    for (const { runner } of this.#codes.values()) {
      if (runner.kind !== 'command') this.#spares.of(runner).bootAfter(ms);
    }
  }

  #end(worker: Worker, reason: string, error: FunctionError = stoppedError()): void {
    this.#forget(worker);
    worker.end(reason, error);
  }

  #onExit(worker: Worker, reason: string): void {
    const { pid, code } = worker;
    this.#processes.delete(worker);
    this.#forget(worker);
    if (code !== undefined && pid !== undefined) {
      this.#emit({ type: 'worker_ended', functionName: code.functionName, pid, reason });
    }
    this.#schedule();
  }

  #forget(worker: Worker): void {
    this.#workers.delete(worker);
    this.#idleTimers.get(worker)?.cancel();
    this.#idleTimers.delete(worker);
  }

  #fail(job: Job, error: FunctionError): void {
    this.#finish(job, {
      outcome: { ok: false, error },
      codeMs: 0,
      initMs: 0,
      logsDrained: Promise.resolve(),
    });
  }

  #finish(job: Job, result: WorkerResult): void {
    job.deadline.cancel();
    this.#jobs.delete(job.invocation.key);
    job.resolve(result);
  }

  #emit(event: WorkerEvent): void {
    this.#options.onEvent(event);
  }
}
