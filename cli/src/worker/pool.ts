// [5] The workers of all served functions: who runs what, how many at a time, until when, and on which code.
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import type { Debugging } from './debugging.ts';
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
import { LiveWorkers } from './live-workers.ts';
import { placeInvocation } from './placement.ts';
import { TimeLimit, timedOutAfter } from './time-limit.ts';
import type { Worker } from './worker.ts';

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
  /** Functions may take as long as AWS leaves them: their own timeouts don't count. */
  readonly noTimeout?: boolean;
  /** Debuggers may attach to these functions: each runs one invocation at a time. Whoever opened it closes it. */
  readonly debugging?: Debugging | undefined;
  readonly onEvent: (event: WorkerEvent) => void;
  readonly clock?: Clock;
  /** Where the machine's part of a worker's environment is taken from; default `process.env`. */
  readonly machineEnvironment?: NodeJS.ProcessEnv;
}

/** An invocation on its way through the pool. */
interface Job {
  readonly invocation: Invocation;
  readonly resolve: (result: WorkerResult) => void;
  readonly limit: TimeLimit;
  /** `performance.now()` when it came. */
  readonly since: number;
  /** The one that runs it; undefined while it waits. */
  worker: Worker | undefined;
  cancelled: boolean;
}

/** How long after an answer the next spare is booted, in milliseconds, so that its boot delays no answer on its way. */
const spareAfterAnswerMs = 25;
/** The same after a reload that nobody has called yet. */
const spareAfterReloadMs = 1000;
const defaultIdleMs = 300_000;

/** Creates a pool without any process; the first one starts with the first `use`. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  return new Pool(options);
}

class Pool implements WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #clock: Clock;
  readonly #codes = new Map<string, FunctionCode>();
  /** The newest environment of each function that has been invoked: what its next worker can be started with. */
  readonly #environments = new Map<string, Invocation['environment']>();
  readonly #jobs = new Map<string, Job>();
  readonly #queue = new FairQueue<Job>();
  readonly #workers: LiveWorkers;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#workers = new LiveWorkers({
      ...options,
      idleMs: options.idleMs ?? defaultIdleMs,
      clock: this.#clock,
      debugging: options.debugging,
      settings: {
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
      },
      onGone: (worker, reason) => this.#onGone(worker, reason),
    });
    options.debugging?.watch({
      onAttached: (functionName) => this.#emit({ type: 'debugger', functionName, state: 'attached' }),
      onDetached: (functionName) => this.#onDetached(functionName),
      onUnavailable: (functionName, reason) =>
        this.#emit({ type: 'debugger', functionName, state: 'unavailable', reason }),
    });
  }

  use(code: FunctionCode): void {
    if (this.#closed) return;
    this.#codes.set(code.functionName, code);
    const environment = this.#environments.get(code.functionName);
    if (environment !== undefined) {
      for (const worker of this.#workers.list()) {
        if (!worker.busy && worker.code?.functionName === code.functionName) {
          this.#workers.end(worker, 'new code');
        }
      }
      const busy = this.#workers.list().some(({ code: other }) => other?.functionName === code.functionName);
      if (this.#workers.count < this.#maxWorkers && !(busy && this.#oneAtATime(code.functionName))) {
        this.#release(this.#workers.start(code, new FunctionEnvironment(code, environment)));
      }
      this.#bootSparesAfter(spareAfterReloadMs);
    } else {
      this.#bootSparesAfter(0);
    }
    this.#schedule();
  }

  run(invocation: Invocation): Promise<WorkerResult> {
    return new Promise((resolve) => {
      const limit = new TimeLimit({
        clock: this.#clock,
        invocation,
        ownCounts: () =>
          !this.#options.noTimeout && !this.#options.debugging?.attached(invocation.functionName),
        onStrike: (words) => this.#timeOut(invocation.key, words),
      });
      const since = performance.now();
      const job: Job = { invocation, resolve, limit, since, worker: undefined, cancelled: false };
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
        const reason = this.#oneAtATime(functionName) ? 'one_at_a_time' : 'max_workers';
        this.#emit({ type: 'queued', functionName, id, waiting: this.#queue.size, reason });
      }
    });
  }

  cancel(key: string): void {
    this.#timeOut(key, undefined);
  }

  pids(): readonly number[] {
    return this.#workers.pids();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#queue.drain()) this.#fail(job, stoppedError());
    await this.#workers.close();
  }

  /** Ends a run as Lambda does, with its words for the function's own timeout where none are given. */
  #timeOut(key: string, words: string | undefined): void {
    const job = this.#jobs.get(key);
    if (job === undefined) return;
    const { functionName, id, timeoutSeconds } = job.invocation;
    job.cancelled = true;
    const message = `RequestId: ${id} Error: ${words ?? timedOutAfter(timeoutSeconds)}`;
    const error = functionError('Sandbox.Timedout', message);
    if (job.worker === undefined) {
      this.#queue.remove(functionName, job);
      this.#fail(job, error);
    } else {
      this.#workers.end(job.worker, 'it timed out', error);
    }
  }

  get #maxWorkers(): number {
    // A worker that is debugged makes room for nobody.
    return Math.max(this.#options.maxWorkers ?? 10, this.#options.debugging?.size ?? 0);
  }

  /** A breakpoint stops one invocation; the others must not run past it. */
  #oneAtATime(functionName: string): boolean {
    return this.#options.debugging?.has(functionName) ?? false;
  }

  /** The time at breakpoints didn't count: what is in flight gets its whole timeout from now. */
  #onDetached(functionName: string): void {
    this.#emit({ type: 'debugger', functionName, state: 'detached' });
    for (const { invocation, limit } of this.#jobs.values()) {
      if (invocation.functionName === functionName) limit.restart();
    }
  }

  #schedule(): void {
    this.#queue.offer((job, functionName) => {
      const code = this.#codes.get(functionName);
      if (code === undefined) return false;
      const environment = new FunctionEnvironment(code, job.invocation.environment);
      const placement = placeInvocation({
        code,
        instance: job.invocation.instance,
        workers: this.#workers.list(),
        maxWorkers: this.#maxWorkers,
        oneAtATime: this.#oneAtATime(functionName),
        fits: (worker) => worker.fits(environment),
        isWaitedFor: (name) => this.#queue.has(name),
      });
      if (placement.kind === 'wait') return false;
      if (placement.kind === 'start' && placement.evict !== undefined) {
        this.#workers.end(placement.evict, 'its place was needed');
      }
      const worker = placement.kind === 'use' ? placement.worker : this.#workers.start(code, environment);
      this.#claim(worker, job);
      void this.#work(worker, job, environment);
      return true;
    });
  }

  #claim(worker: Worker, job: Job): void {
    worker.busy = true;
    worker.instance = job.invocation.instance;
    job.worker = worker;
    this.#workers.wake(worker);
  }

  async #work(worker: Worker, job: Job, environment: FunctionEnvironment): Promise<void> {
    const { taken, ...run } = await worker.run(job.invocation, environment, () => job.limit.handOver());
    worker.busy = false;
    job.worker = undefined;
    if (taken || job.cancelled || this.#closed) {
      this.#finish(job, { ...run, waitMs: waited(job, run) });
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
    if (worker.failed) return this.#workers.end(worker, 'its init phase failed');
    if (worker.code !== this.#codes.get(worker.code.functionName)) {
      return this.#workers.end(worker, 'new code');
    }
    this.#workers.rest(worker);
  }

  #bootSparesAfter(ms: number): void {
    this.#workers.bootSparesAfter(ms, this.#codes.values());
  }

  #onGone({ code, pid }: Worker, reason: string): void {
    if (code !== undefined && pid !== undefined) {
      this.#emit({ type: 'worker_ended', functionName: code.functionName, pid, reason });
    }
    this.#schedule();
  }

  #fail(job: Job, error: FunctionError): void {
    const run = { codeMs: 0, initMs: 0 };
    const outcome = { ok: false, error } as const;
    this.#finish(job, { ...run, outcome, waitMs: waited(job, run), logsDrained: Promise.resolve() });
  }

  #finish(job: Job, result: WorkerResult): void {
    job.limit.cancel();
    this.#jobs.delete(job.invocation.key);
    job.resolve(result);
  }

  #emit(event: WorkerEvent): void {
    this.#options.onEvent(event);
  }
}

/** What of a run's time went neither into the code nor into starting a worker, in milliseconds. */
function waited(job: Job, run: { readonly codeMs: number; readonly initMs: number }): number {
  return Math.max(0, performance.now() - job.since - run.codeMs - run.initMs);
}
