// [5] One worker: a runtime process with its own Runtime API and its own log. A Node or Python worker starts as a spare and is
// assigned to a function later; any other program is started for its function.
import { dirname } from 'node:path';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import { errorName, messageOf } from '../../../../protocol/live-debug-error.ts';
import {
  type FunctionCode,
  type FunctionError,
  functionError,
  type Invocation,
  type Outcome,
} from '../contract.ts';
import { type DebuggerNews, WorkerDebugger } from '../debug/worker-debugger.ts';
import type { LoadedFiles } from '../loaded-files.ts';
import type { FunctionEnvironment } from '../process/environment.ts';
import type { LogLine } from '../process/log-lines.ts';
import { Program } from '../process/program.ts';
import { RuntimeClient } from '../process/runtime-client.ts';
import { type Exit, exitError, exitReason, type Running, startRunning } from '../process/worker-process.ts';
import type { NodeHandler } from '../runtime-api/assignment.ts';
import type { RuntimeApi } from '../runtime-api/runtime-api.ts';

type Variables = Readonly<Record<string, string>>;

/** Settings shared by all workers of a pool. */
export interface WorkerSettings {
  readonly clock: Clock;
  /** This machine's part of the environment. */
  readonly machine: Variables;
  readonly onLine: (worker: Worker, line: LogLine) => void;
  /** The init phase succeeded, `ms` after the start or the assignment. */
  readonly onInitialised: (worker: Worker, ms: number) => void;
  /** The init phase failed: every invocation would be answered with that error. */
  readonly onInitFailed: (worker: Worker) => void;
  /** What its runtime client has loaded so far, beginning at `since` (`performance.now()`). */
  readonly onLoaded: (worker: Worker, loaded: LoadedFiles, since: number) => void;
  readonly onDebugger: (worker: Worker, news: DebuggerNews) => void;
  /** The process has exited, by itself or because it was ended. */
  readonly onExit: (worker: Worker, reason: string) => void;
}

/** The result of one invocation on a worker. */
export interface WorkerRun {
  readonly outcome: Outcome;
  readonly codeMs: number;
  readonly initMs: number;
  /** False if a warm worker died before it took the event: nothing has run, and it may run elsewhere. */
  readonly taken: boolean;
  /** Set if the init phase failed, so that nothing has run: when it began, in milliseconds since the epoch. */
  readonly failedInitSince: number | undefined;
  readonly code?: FunctionCode | undefined;
  readonly logsDrained: Promise<void>;
}

/** How long a process whose init phase failed may take to print its last lines and exit, in milliseconds. */
const exitBoundMs = 1000;
/** Lines kept of a spare's output before it has a function; more would mean that something is wrong. */
const maxEarlyLines = 200;

export class Worker {
  /** Undefined for a spare. */
  code: FunctionCode | undefined;
  /** The stub instance it serves; undefined until the first one claims it. */
  instance: string | undefined;
  busy = false;
  /** Set as soon as it is being ended or has exited. */
  ended = false;
  /** Its init phase failed: it answers everything with that error. */
  failed = false;
  /** `performance.now()` of its last answer, or of its start. */
  lastUsed = performance.now();
  /** Undefined if no debugger may attach. */
  readonly debugger: WorkerDebugger | undefined;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;

  readonly #settings: WorkerSettings;
  readonly #command: readonly [string, ...string[]];
  /** Our counterpart of what the process runs. */
  readonly #side: RuntimeClient | Program;
  /** The function's current environment; undefined for a spare. */
  #environment: FunctionEnvironment | undefined;
  readonly #starting: Promise<Running>;
  #running: Running | undefined;
  #begun = performance.now();
  #warm = false;
  #currentId: string | undefined;
  #earlyLines: LogLine[] = [];
  /** Why we ended it, if we did. */
  #endReason: string | undefined;
  /** Ends the process if it does not exit by itself. */
  #exitBound: Timer | undefined;

  /**
   * A booted process of one of our runtime clients that waits to be assigned; `variables` must be right from its start. With
   * `debugged`, the name of a function, it accepts a debugger and is reserved for that function. `whole` is a function's full
   * environment, for what is loaded before the process is assigned to it.
   */
  static spare(
    settings: WorkerSettings,
    command: readonly [string, ...string[]],
    variables: Variables,
    debugged?: string,
    whole: Variables = {},
  ): Worker {
    const cwd = variables.LAMBDA_TASK_ROOT ?? dirname(command.at(-1) ?? '');
    const onLoaded = (loaded: LoadedFiles) => settings.onLoaded(worker, loaded, worker.#begun);
    const client = new RuntimeClient(variables, debugged !== undefined, onLoaded, whole);
    const worker: Worker = new Worker(settings, command, cwd, client, debugged);
    return worker;
  }

  /** A program that speaks the Runtime API itself. */
  static program(
    settings: WorkerSettings,
    code: FunctionCode,
    command: readonly [string, ...string[]],
    environment: FunctionEnvironment,
  ): Worker {
    const program = new Program(environment.variables, settings.clock);
    const worker = new Worker(settings, command, code.taskRoot, program, undefined);
    worker.code = code;
    worker.#environment = environment;
    return worker;
  }

  private constructor(
    settings: WorkerSettings,
    command: readonly [string, ...string[]],
    cwd: string,
    side: RuntimeClient | Program,
    debugged: string | undefined,
  ) {
    this.#settings = settings;
    this.#command = command;
    this.#side = side;
    this.debugger =
      debugged === undefined
        ? undefined
        : new WorkerDebugger(debugged, (news) => settings.onDebugger(this, news));
    this.#starting = this.#start(cwd);
    this.#starting.catch((error: unknown) => {
      this.ended = true;
      settings.onExit(this, messageOf(error));
    });
    this.exited = this.#starting.then(
      ({ process }) => process.exited.then(() => {}),
      () => {},
    );
  }

  /** Resolves when its init phase is over, successful or not, or the process has exited. */
  get settled(): Promise<void> {
    const initialised = this.#starting.then(({ api }) => api.initialised).catch(() => undefined);
    return Promise.race([initialised, this.exited]).then(() => undefined);
  }

  /** The process id, while there is a process. */
  get pid(): number | undefined {
    return this.#running?.process.pid;
  }

  /** Whether this process can run a function in this environment: variables read at start cannot be changed. */
  fits(environment: FunctionEnvironment): boolean {
    return this.#environment?.equals(environment) || this.#side.fits(environment.variables);
  }

  /** Assigns a spare to the function; it loads the handler now. */
  assign(code: FunctionCode, environment: FunctionEnvironment, handler: NodeHandler | undefined): void {
    this.code = code;
    this.#environment = environment;
    this.#begun = performance.now();
    for (const line of this.#earlyLines) this.#settings.onLine(this, line);
    this.#earlyLines = [];
    if (this.#side instanceof RuntimeClient) this.#side.assign(environment.variables, handler);
  }

  /**
   * Runs one invocation, after the init phase if that is not over; one at a time. Never rejects. `handOver` is called when the
   * function's own timeout begins, and returns until when it may run, in milliseconds since the epoch; the caller ends the worker
   * then.
   */
  async run(
    invocation: Invocation,
    environment: FunctionEnvironment,
    handOver: () => number,
  ): Promise<WorkerRun> {
    const wasWarm = this.#warm;
    const begun = performance.now();
    this.#currentId = invocation.id;
    if (!this.#environment?.equals(environment)) {
      this.#environment = environment;
      this.#side.renew(environment.variables);
    }
    let running: Running;
    try {
      running = this.#running ?? (await this.#starting);
    } catch (cause) {
      const error = functionError(
        errorName('LD_INTERNAL'),
        `No worker could be started: ${messageOf(cause)}`,
      );
      const failed = { outcome: { ok: false, error } as const, codeMs: 0, initMs: 0, taken: true };
      return { ...failed, failedInitSince: undefined, logsDrained: Promise.resolve() };
    }
    const { api, logs } = running;
    const earlierLines = logs.expect(invocation.id);
    if (earlierLines !== undefined) await earlierLines;
    if (!wasWarm) await api.initialised;
    const initMs = wasWarm ? 0 : performance.now() - begun;
    const deadlineMs = handOver();
    const { outcome, codeMs, handedOver } = await api.dispatch({ ...invocation, deadlineMs });
    this.lastUsed = performance.now();
    return {
      outcome,
      codeMs,
      initMs,
      code: this.code,
      taken: handedOver || !wasWarm,
      failedInitSince: handedOver || !this.failed ? undefined : performance.timeOrigin + this.#begun,
      logsDrained: this.failed ? logs.finished(invocation.id) : logs.drained(invocation.id),
    };
  }

  /** Ends the process and everything it started; the invocation in flight ends with `error`. */
  end(reason: string, error: FunctionError): void {
    if (this.ended && this.#exitBound === undefined) return;
    this.#exitBound?.cancel();
    this.#exitBound = undefined;
    this.ended = true;
    this.#endReason = reason;
    this.#starting.then(
      ({ api, process }) => {
        api.fail(error);
        process.kill();
      },
      () => {},
    );
  }

  /** Takes no more work. The process may print its last lines and exit, and is ended with `error` after a second. */
  leave(reason: string, error: FunctionError): void {
    if (this.ended) return;
    this.ended = true;
    this.#endReason = reason;
    this.#exitBound = this.#settings.clock.after(exitBoundMs, () => this.end(reason, error), {
      background: true,
    });
  }

  /** Whether its runtime has asked for its next invocation. */
  get waits(): boolean {
    return this.#running?.api.waits ?? false;
  }

  /** Stops the process and its group until `letGo`. */
  hold(): void {
    this.#running?.process.signal('SIGSTOP');
  }

  letGo(): void {
    this.#running?.process.signal('SIGCONT');
  }

  /** For the last moment of livectl's own process, when nothing can be awaited. */
  kill(): void {
    this.#running?.process.kill();
  }

  async #start(cwd: string): Promise<Running> {
    const { machine, clock } = this.#settings;
    const running = await startRunning({
      side: this.#side,
      command: this.#command,
      cwd,
      machine,
      clock,
      onLine: (line) => this.#onLine(line),
      onDebugger: (words) => this.debugger?.tell(words),
    });
    const { api, process } = running;
    void api.initialised.then(({ ok }) => {
      this.#warm = ok;
      this.failed = !ok;
      if (ok) this.#settings.onInitialised(this, performance.now() - this.#begun);
      else this.#settings.onInitFailed(this);
    });
    void process.exited.then((exit) => this.#onExit(exit, api));
    void process.cleared.then(() => api.close());
    this.#running = running;
    return running;
  }

  #onLine(line: LogLine): void {
    if (this.debugger?.takes(line.message)) return;
    if (this.code !== undefined) this.#settings.onLine(this, line);
    else if (this.#earlyLines.length < maxEarlyLines) this.#earlyLines.push(line);
  }

  #onExit(exit: Exit, api: RuntimeApi): void {
    this.ended = true;
    this.#exitBound?.cancel();
    this.#exitBound = undefined;
    api.fail(exitError(this.#currentId ?? 'none', exit, this.#command));
    this.#settings.onExit(this, this.#endReason ?? `it exited (${exitReason(exit) ?? 'exit status 0'})`);
  }
}
