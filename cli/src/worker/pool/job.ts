// [5] One invocation on its way through the pool: how long it may take, which worker runs it, and how it ends.
import { type FunctionError, functionError, type Invocation, type WorkerResult } from '../contract.ts';
import { TimeLimit, type TimeLimitOptions, timedOutAfter } from './time-limit.ts';
import type { Worker, WorkerRun } from './worker.ts';

interface JobOptions extends Pick<TimeLimitOptions, 'clock' | 'ownCounts'> {
  readonly invocation: Invocation;
  /** Called at its timeout, with the error to return, worded as Lambda does. */
  readonly onTimedOut: (job: Job, error: FunctionError) => void;
  readonly onFinished: (result: WorkerResult) => void;
}

export class Job {
  readonly invocation: Invocation;
  /** The worker that runs it; undefined while it waits. */
  worker: Worker | undefined;
  /** It is being ended: what its worker answers now is the result. */
  cancelled = false;
  /** How often it was retried because sources changed while a worker loaded them. */
  retries = 0;
  readonly #options: JobOptions;
  readonly #limit: TimeLimit;
  readonly #since = performance.now();
  readonly #begunMs: number;

  /** Starts its time. */
  constructor(options: JobOptions) {
    this.#options = options;
    this.invocation = options.invocation;
    this.#begunMs = options.clock.now();
    this.#limit = new TimeLimit({ ...options, onStrike: (words) => this.timeOut(words) });
  }

  /** Whether AWS's time for it is over, even if its timer has not fired: timers are late on a machine that slept. */
  get isOver(): boolean {
    return this.#options.clock.now() >= this.invocation.deadlineMs;
  }

  /** The error text of a job that ends before a worker had it. */
  get overWords(): string {
    const seconds = (this.#options.clock.now() - this.#begunMs) / 1000;
    return `${timedOutAfter(seconds)}: no worker was free in time, so its code did not start`;
  }

  /** A worker takes it. Returns until when it may run, in milliseconds since the epoch. */
  handOver(): number {
    return this.#limit.handOver();
  }

  /** No debugger is attached any more: restarts the function's timeout. */
  restartTimeout(): void {
    this.#limit.restart();
  }

  /** Ends it as Lambda does; `words` default to those for the function's own timeout. */
  timeOut(words = timedOutAfter(this.invocation.timeoutSeconds)): void {
    this.cancelled = true;
    const message = `RequestId: ${this.invocation.id} Error: ${words}`;
    this.#options.onTimedOut(this, functionError('Sandbox.Timedout', message));
  }

  /** A worker has answered it. */
  finish(run: Omit<WorkerRun, 'taken' | 'failedInitSince'>): void {
    this.#limit.cancel();
    // Time spent neither in the code nor on starting a worker.
    const waitMs = Math.max(0, performance.now() - this.#since - run.codeMs - run.initMs);
    this.#options.onFinished({ ...run, waitMs });
  }

  /** It ends without a worker. */
  fail(error: FunctionError): void {
    this.finish({ outcome: { ok: false, error }, codeMs: 0, initMs: 0, logsDrained: Promise.resolve() });
  }
}
