// [5] One invocation on its way through the pool: how long it may take, which worker runs it, and how it ends.
import { type FunctionError, functionError, type Invocation, type WorkerResult } from '../contract.ts';
import { TimeLimit, type TimeLimitOptions, timedOutAfter } from './time-limit.ts';
import type { Worker, WorkerRun } from './worker.ts';

interface JobOptions extends Pick<TimeLimitOptions, 'clock' | 'ownCounts'> {
  readonly invocation: Invocation;
  /** Its time is up; the error to return, worded as Lambda does. */
  readonly onTimedOut: (job: Job, error: FunctionError) => void;
  readonly onFinished: (result: WorkerResult) => void;
}

export class Job {
  readonly invocation: Invocation;
  /** The worker that runs it; undefined while it waits. */
  worker: Worker | undefined;
  /** It is being ended: what its worker answers now is the result. */
  cancelled = false;
  /** How often it was tried again because sources changed while a worker loaded them. */
  retries = 0;
  readonly #options: JobOptions;
  readonly #limit: TimeLimit;
  readonly #since = performance.now();
  readonly #begunMs: number;

  /** Its time begins. */
  constructor(options: JobOptions) {
    this.#options = options;
    this.invocation = options.invocation;
    this.#begunMs = options.clock.now();
    this.#limit = new TimeLimit({ ...options, onStrike: (words) => this.timeOut(words) });
  }

  /** AWS's time for it is up, whether its timer could say so yet or not: a machine that slept wakes with late timers. */
  get isOver(): boolean {
    return this.#options.clock.now() >= this.invocation.deadlineMs;
  }

  /** The error of one that ends before a worker had it. */
  get overWords(): string {
    const seconds = (this.#options.clock.now() - this.#begunMs) / 1000;
    return `${timedOutAfter(seconds)}: no worker was free in time, its code has not begun`;
  }

  /** A worker takes it; returns until when it may run, in milliseconds since the epoch. */
  handOver(): number {
    return this.#limit.handOver();
  }

  /** No debugger is attached any more: the function's timeout starts again. */
  restartTimeout(): void {
    this.#limit.restart();
  }

  /** Ends it as Lambda does, with its words for the function's own timeout where none are given. */
  timeOut(words = timedOutAfter(this.invocation.timeoutSeconds)): void {
    this.cancelled = true;
    const message = `RequestId: ${this.invocation.id} Error: ${words}`;
    this.#options.onTimedOut(this, functionError('Sandbox.Timedout', message));
  }

  /** A worker has answered it. */
  finish(run: Omit<WorkerRun, 'taken' | 'failedInitSince'>): void {
    this.#limit.cancel();
    // The time that was spent neither in the code nor on starting a worker.
    const waitMs = Math.max(0, performance.now() - this.#since - run.codeMs - run.initMs);
    this.#options.onFinished({ ...run, waitMs });
  }

  /** It never had a worker. */
  fail(error: FunctionError): void {
    this.finish({ outcome: { ok: false, error }, codeMs: 0, initMs: 0, logsDrained: Promise.resolve() });
  }
}
