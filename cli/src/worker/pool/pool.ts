// [5] The workers of all served functions: which one runs what, how many at once, until when, and with which code.

import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from '../../../../protocol/clock.ts';
import { errorName } from '../../../../protocol/live-debug-error.ts';
import { within } from '../../../../protocol/within.ts';
import {
  type FunctionCode,
  type FunctionError,
  functionError,
  type Invocation,
  stoppedError,
  type WorkerEvent,
  type WorkerPool,
  type WorkerResult,
} from '../contract.ts';
import type { Debugging } from '../debug/debugging.ts';
import { FunctionEnvironment, machineEnvironment } from '../process/environment.ts';
import { machineNetwork, withAllProxy } from '../process/machine-network.ts';
import { sandboxNotices } from '../process/sandbox-paths.ts';
import { FairQueue } from './fair-queue.ts';
import { Job } from './job.ts';
import { LiveWorkers } from './live-workers.ts';
import { placeInvocation } from './placement.ts';
import { RunTimes } from './run-times.ts';
import type { Worker } from './worker.ts';

export interface WorkerPoolOptions {
  /** The built Node runtime client: a file. */
  readonly nodeRuntimeFile: string;
  /** The command that runs Node functions; default: this interpreter, with source maps. */
  readonly nodeCommand?: readonly string[];
  /** The Python runtime client: a file. */
  readonly pythonRuntimeFile: string;
  /** How many processes may run functions at once; spares, one per interpreter, are not counted. Default 10. */
  readonly maxWorkers?: number;
  /** A worker that was idle for this long is ended, unless it is kept warm. Milliseconds, default 5 minutes. */
  readonly idleMs?: number;
  /** Maximum number of functions whose last used worker is kept warm beyond that; see kept-warm.ts. */
  readonly mostKept?: number;
  /**
   * A worker that was idle for this many milliseconds is frozen until its next invocation, unless it is debugged or listens on a
   * port. Default: never.
   */
  readonly freezeAfterMs?: number | undefined;
  /** Functions may run as long as AWS waits; their own timeouts do not apply. */
  readonly noTimeout?: boolean;
  /** Debuggers may attach to these functions: each runs one invocation at a time. Closed by the caller. */
  readonly debugging?: Debugging | undefined;
  readonly onEvent: (event: WorkerEvent) => void;
  /** Whether a source of a function has changed since a time, in milliseconds since the epoch; default: never. */
  readonly changedSince?: ((functionName: string, sinceMs: number) => boolean) | undefined;
  readonly clock?: Clock;
  /** Source of the machine's part of a worker's environment; default `process.env`. */
  readonly machineEnvironment?: NodeJS.ProcessEnv;
  /** Functions use this machine's proxies and certificate authorities. Default true. */
  readonly machineProxy?: boolean;
  /**
   * The tunnel of a function, as its worker's LIVECTL_TUNNEL has it: JSON of `proxy` (127.0.0.1:PORT of a SOCKS5 server), `username`,
   * `password` and `allow`; undefined if it has none. It should stay the same: a program is started again when it changes.
   */
  readonly tunnelOf?: ((functionName: string) => string | undefined) | undefined;
  /**
   * For runtimes without a way of livectl's own: `ALL_PROXY` with a proxy that leads to the tunnel and to everything else;
   * undefined for all others, and for functions without a tunnel.
   */
  readonly proxyOf?: ((functionName: string, runtime: string) => string | undefined) | undefined;
}

/** How long after an answer the next spare is booted, in milliseconds, so as not to delay an answer under way. */
const spareAfterAnswerMs = 25;
/** The same after a reload that has not been invoked yet. */
const spareAfterReloadMs = 1000;
const defaultIdleMs = 300_000;
/**
 * A worker idle for this long may serve another stub instance: Lambda gives an invocation to an idle instance if there is one,
 * so a new instance means that the old one is gone. Milliseconds; within less time an instance may be on its way back.
 */
const orphanAfterMs = 1000;
/** After this long, a save that was under way while workers loaded the file is finished and built. Milliseconds. */
const saveMs = 1000;
/** An invocation that meets one save after another gets the last one's error after this many retries. */
const mostRetries = 3;

/** Creates a pool without processes; the first `use` starts the first one. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  return new Pool(options);
}

class Pool implements WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #clock: Clock;
  readonly #codes = new Map<string, FunctionCode>();
  /** The latest environment of each invoked function, with which its next worker can be started. */
  readonly #environments = new Map<string, Invocation['environment']>();
  /** Notices that were reported. */
  readonly #told = new Set<string>();
  readonly #jobs = new Map<string, Job>();
  readonly #queue = new FairQueue<Job>();
  readonly #replays = new FairQueue<Job>();
  readonly #runTimes = new RunTimes();
  /** Emits the name of a function that has new code. */
  readonly #builds = new EventEmitter().setMaxListeners(0);
  readonly #workers: LiveWorkers;
  /** This machine's proxies and authorities, as far as functions use them. */
  readonly #network: Readonly<Record<string, string>>;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#network = options.machineProxy === false ? {} : machineNetwork(options.machineEnvironment);
    this.#workers = new LiveWorkers({
      ...options,
      network: this.#network,
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
        onLoaded: ({ code }, loaded, since) => {
          if (code === undefined) return;
          const { build, functionName } = code;
          this.#emit({
            type: 'loaded',
            functionName,
            build,
            since: performance.timeOrigin + since,
            ...loaded,
          });
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
    this.#builds.emit(code.functionName);
    const environment = this.#environments.get(code.functionName);
    if (environment !== undefined) {
      for (const worker of this.#workers.list()) {
        if (!worker.busy && worker.code?.functionName === code.functionName) {
          this.#workers.end(worker, 'new code');
        }
      }
      const busy = this.#workers.list().some(({ code: other }) => other?.functionName === code.functionName);
      if (!(busy && this.#oneAtATime(code.functionName))) this.#startAhead(code, environment);
      this.#bootSparesAfter(spareAfterReloadMs);
    } else {
      this.#bootSparesAfter(0);
    }
    this.#schedule();
  }

  restart(functionName: string, environment?: Invocation['environment']): void {
    const code = this.#codes.get(functionName);
    if (code === undefined) return;
    if (environment !== undefined && this.#environments.has(functionName))
      this.#environments.set(functionName, environment);
    // Another object, so that busy workers end after their invocations.
    this.use({ ...code });
  }

  run(invocation: Invocation): Promise<WorkerResult> {
    return new Promise((resolve) => {
      const { functionName, id, key } = invocation;
      const job = new Job({
        clock: this.#clock,
        invocation,
        ownCounts: () => !this.#options.noTimeout && !this.#options.debugging?.attached(functionName),
        onTimedOut: (timedOut, error) => this.#end(timedOut, error),
        onFinished: (result) => {
          this.#jobs.delete(key);
          resolve(result);
        },
      });
      this.#jobs.set(key, job);
      if (this.#closed) return job.fail(stoppedError());
      if (!this.#codes.has(functionName)) {
        const words = `there is no code for the function ${functionName}`;
        return job.fail(functionError(errorName('LD_INTERNAL'), words));
      }
      this.#environments.set(functionName, invocation.environment);
      this.#queueOf(job).push(functionName, job);
      this.#schedule();
      if (job.worker !== undefined) return;
      const reason = this.#waitReason(functionName);
      const waiting = this.#queue.size + this.#replays.size;
      this.#emit({ type: 'queued', functionName, id, waiting, reason });
    });
  }

  cancel(key: string): void {
    this.#jobs.get(key)?.timeOut();
  }

  wasRunning(functionName: string, atMs: number): boolean {
    return this.#runTimes.wasRunning(functionName, atMs);
  }

  environmentOf(functionName: string): Invocation['environment'] | undefined {
    return this.#environments.get(functionName);
  }

  pids(): readonly number[] {
    return this.#workers.pids();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of [...this.#queue.drain(), ...this.#replays.drain()]) job.fail(stoppedError());
    await this.#workers.close();
  }

  #end(job: Job, error: FunctionError): void {
    if (job.worker !== undefined) return this.#workers.end(job.worker, 'it timed out', error);
    this.#queueOf(job).remove(job.invocation.functionName, job);
    job.fail(error);
  }

  get #maxWorkers(): number {
    // A worker that is being debugged is never evicted.
    return Math.max(this.#options.maxWorkers ?? 10, this.#options.debugging?.size ?? 0);
  }

  /** A breakpoint stops one invocation; the others must not run past it. */
  #oneAtATime(functionName: string): boolean {
    return this.#options.debugging?.has(functionName) ?? false;
  }

  #waitReason(functionName: string): 'debugger' | 'max_workers' | 'one_at_a_time' {
    if (this.#options.debugging?.returned(functionName) !== undefined) return 'debugger';
    return this.#oneAtATime(functionName) ? 'one_at_a_time' : 'max_workers';
  }

  /** Time at breakpoints does not count: invocations in flight get their full timeout from now. */
  #onDetached(functionName: string): void {
    this.#emit({ type: 'debugger', functionName, state: 'detached' });
    for (const job of this.#jobs.values()) {
      if (job.invocation.functionName === functionName) job.restartTimeout();
    }
  }

  #queueOf(job: Job): FairQueue<Job> {
    return job.invocation.isReplay ? this.#replays : this.#queue;
  }

  #schedule(): void {
    this.#offer(this.#queue);
    // Those that wait for their turn under a debugger do not need the place that a replay takes.
    if (this.#queue.names.every((name) => this.#oneAtATime(name))) this.#offer(this.#replays);
  }

  #offer(queue: FairQueue<Job>): void {
    queue.offer((job, functionName) => {
      const code = this.#codes.get(functionName);
      if (code === undefined) return false;
      if (job.isOver) {
        // After it has left the queue.
        queueMicrotask(() => job.timeOut(job.overWords));
        return true;
      }
      const returned = this.#options.debugging?.returned(functionName);
      if (returned !== undefined) {
        void returned.then(() => this.#schedule());
        return false;
      }
      const environment = this.#environment(code, job.invocation.environment);
      const placement = placeInvocation({
        code,
        instance: job.invocation.isReplay ? undefined : job.invocation.instance,
        workers: this.#workers.list(),
        maxWorkers: this.#maxWorkers,
        oneAtATime: this.#oneAtATime(functionName),
        isOrphan: (worker) => (this.#workers.restedMs(worker) ?? 0) >= orphanAfterMs,
        fits: (worker) => worker.fits(environment),
        isWaitedFor: (name) => this.#queue.has(name),
      });
      if (placement.kind === 'wait') return false;
      if (placement.kind === 'start' && placement.evict !== undefined) {
        this.#workers.end(placement.evict, 'its place was needed');
      }
      const worker =
        placement.kind === 'use'
          ? placement.worker
          : this.#start(code, job.invocation.environment, environment);
      this.#claim(worker, job);
      void this.#work(worker, job, environment);
      return true;
    });
  }

  #start(
    code: FunctionCode,
    given: Invocation['environment'],
    environment = this.#environment(code, given),
  ): Worker {
    for (const message of sandboxNotices(code, given)) {
      if (this.#told.has(message)) continue;
      this.#told.add(message);
      this.#emit({ type: 'notice', message });
    }
    return this.#workers.start(code, environment);
  }

  #environment(code: FunctionCode, given: Invocation['environment']): FunctionEnvironment {
    const { proxyOf, tunnelOf } = this.#options;
    const network = withAllProxy(this.#network, proxyOf?.(code.functionName, code.runtime));
    return new FunctionEnvironment(code, given, network, tunnelOf?.(code.functionName));
  }

  #claim(worker: Worker, job: Job): void {
    worker.busy = true;
    if (!job.invocation.isReplay) worker.instance = job.invocation.instance;
    job.worker = worker;
    this.#workers.wake(worker);
  }

  async #work(worker: Worker, job: Job, environment: FunctionEnvironment): Promise<void> {
    const ended = this.#runTimes.begin(job.invocation.functionName);
    const { failedInitSince, taken, ...run } = await worker.run(job.invocation, environment, () =>
      job.handOver(),
    );
    ended();
    const again =
      failedInitSince !== undefined && (await this.#readAgain(worker.code, failedInitSince, job.retries++));
    worker.busy = false;
    job.worker = undefined;
    if ((taken && !again) || job.cancelled || this.#closed) {
      job.finish(run);
      this.#bootSparesAfter(spareAfterAnswerMs);
    } else {
      this.#queueOf(job).unshift(job.invocation.functionName, job);
    }
    this.#release(worker);
    this.#schedule();
  }

  /**
   * Whether a failed init phase may have read a source in the middle of a save, so that a retry is worthwhile. Resolves once the
   * save is over: with the next build, or after a while if that is the same as this one.
   */
  async #readAgain(code: FunctionCode | undefined, since: number, retries: number): Promise<boolean> {
    if (code === undefined || retries >= mostRetries || this.#closed) return false;
    const { functionName } = code;
    if (this.#codes.get(functionName) !== code) return true;
    if (!this.#options.changedSince?.(functionName, since)) return false;
    const built = new Promise<void>((resolve) => this.#builds.once(functionName, resolve));
    await within(this.#clock, saveMs, built);
    return true;
  }

  /** A worker is idle now: it waits for the next invocation, or is ended if its code is outdated or failed to load. */
  #release(worker: Worker): void {
    if (worker.ended || worker.code === undefined) return;
    if (worker.failed) return this.#workers.leave(worker, 'its init phase failed');
    if (worker.code !== this.#codes.get(worker.code.functionName)) {
      this.#workers.end(worker, 'new code');
      return this.#startForDebugger(worker.code.functionName);
    }
    this.#workers.rest(worker);
  }

  /** Starts a worker of new code before it is invoked. */
  #startAhead(code: FunctionCode, environment: Invocation['environment']): void {
    if (this.#workers.count >= this.#maxWorkers) return;
    const worker = this.#start(code, environment);
    void worker.settled.then(this.#runTimes.begin(code.functionName));
    this.#release(worker);
  }

  /** The debugger attaches to the next process, and finds its breakpoints' places in the code that is loaded there. */
  #startForDebugger(functionName: string): void {
    const code = this.#codes.get(functionName);
    const environment = this.#environments.get(functionName);
    if (this.#closed || code === undefined || environment === undefined) return;
    if (this.#options.debugging?.returned(functionName) !== undefined) this.#startAhead(code, environment);
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

  #emit(event: WorkerEvent): void {
    this.#options.onEvent(event);
  }
}
