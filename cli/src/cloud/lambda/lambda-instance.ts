// The Lambda host: one warm instance of a deployed function, stub or wrapped: a process that takes one invocation at a time.
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import { messageOf } from '../../../../protocol/live-debug-error.ts';
import { within } from '../../../../protocol/within.ts';
import { type FunctionError, functionError, type Outcome } from '../../worker/contract.ts';
import { type LogLine, LogReader } from '../../worker/process/log-lines.ts';
import { exitError, startProcess, type WorkerProcess } from '../../worker/process/worker-process.ts';
import type { RuntimeInvocation } from '../../worker/runtime-api/dispatcher.ts';
import { type RuntimeApi, startRuntimeApi } from '../../worker/runtime-api/runtime-api.ts';
import { lambdaLimits } from '../aws-api/aws-limits.ts';
import type { StubFailure } from '../cloud.ts';
import { LastWords } from './last-words.ts';

/** How long reading the output of an exited process may take, in milliseconds. */
const outputBoundMs = 1000;

/** The program of an instance. */
export interface InstanceProgram {
  readonly command: readonly [string, ...string[]];
  readonly taskRoot: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Its runtime client sends livectl's token with every call; otherwise its user is looked up. */
  readonly hasToken: boolean;
  /** Called with the port of its Runtime API before it starts; returns what is called when it has ended. */
  readonly admit?: ((port: number) => () => void) | undefined;
}

interface InstanceOptions extends InstanceProgram {
  readonly functionName: string;
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly onLog: (message: string) => void;
  /** It failed by itself; called once its output has been read. */
  readonly onFailed: (failure: StubFailure) => void;
  /** The process is gone, or about to be; it accepts nothing more. */
  readonly onEnded: (instance: LambdaInstance) => void;
}

/** An invocation without its deadline, which is set when an instance takes it. */
export type Job = Omit<RuntimeInvocation, 'deadlineMs'>;

export class LambdaInstance {
  readonly functionName: string;
  /** Resolves when the init phase is over, with its error if there was one. */
  readonly initialised: Promise<FunctionError | undefined>;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly #options: InstanceOptions;
  #state: 'starting' | 'idle' | 'busy' | 'ended' = 'starting';
  #lastUsedAt: number;
  /** The id of the current invocation, which AWS includes in the message of a crash. */
  #requestId: string;
  #api: RuntimeApi | undefined;
  #process: WorkerProcess | undefined;
  #failure: FunctionError | undefined;
  readonly #lastWords = new LastWords();
  #settleInit: (error: FunctionError | undefined) => void = () => {};

  /** Starts at once; `requestId` is the invocation that needs it. */
  constructor(options: InstanceOptions, requestId: string) {
    this.#options = options;
    this.#requestId = requestId;
    this.functionName = options.functionName;
    this.#lastUsedAt = options.clock.now();
    this.initialised = new Promise((resolve) => {
      this.#settleInit = resolve;
    });
    this.gone = this.#live()
      .catch((error) => this.#fail(functionError('Runtime.InvalidEntrypoint', messageOf(error))))
      .then(() => this.#tellFailure());
  }

  get isStarting(): boolean {
    return this.#state === 'starting';
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /** Milliseconds since the epoch. */
  get lastUsedAt(): number {
    return this.#lastUsedAt;
  }

  /** Runs one invocation on an idle instance; crashes and timeouts are outcomes, and end the instance. */
  async run(job: Job): Promise<Outcome> {
    const { clock, timeoutSeconds } = this.#options;
    if (this.#api === undefined || this.#state !== 'idle') throw new Error('The instance is not idle');
    this.#state = 'busy';
    this.#requestId = job.id;
    this.#lastWords.forget();
    const deadlineMs = clock.now() + timeoutSeconds * 1000;
    const timer = this.#endAfter(timeoutSeconds);
    const { outcome } = await this.#api.dispatch({ ...job, deadlineMs });
    timer.cancel();
    this.#lastUsedAt = clock.now();
    // It may have ended in the meantime.
    if (this.#state === 'busy') this.#state = 'idle';
    return outcome;
  }

  /** Kills the process, which did nothing wrong; its invocation fails with `error`. */
  end(error: FunctionError): void {
    this.#process?.kill();
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#settleInit(error);
    this.#api?.fail(error);
    this.#options.onEnded(this);
  }

  #fail(error: FunctionError): void {
    if (this.#state !== 'ended') this.#failure = error;
    this.end(error);
  }

  #tellFailure(): void {
    if (this.#failure === undefined) return;
    const { errorType, errorMessage: message } = this.#failure;
    this.#options.onFailed({ errorType, message, lastLine: this.#lastWords.line });
  }

  async #live(): Promise<void> {
    const { command, taskRoot, environment, hasToken, admit, clock, onLog } = this.#options;
    const token = hasToken ? randomBytes(16).toString('hex') : undefined;
    const api = await startRuntimeApi({ token });
    const ended = admit?.(api.port);
    if (this.#state !== 'ended') {
      this.#api = api;
      this.#process = startProcess(command, {
        cwd: taskRoot,
        env: {
          ...environment,
          AWS_LAMBDA_RUNTIME_API: api.address,
          LAMBDA_TASK_ROOT: taskRoot,
          ...(token === undefined ? {} : { LIVECTL_RUNTIME_TOKEN: token }),
        },
        mark: api.address,
      });
      const { stdout, stderr, exited, closed, cleared } = this.#process;
      const onLine = ({ message }: LogLine) => {
        this.#lastWords.hear(message);
        onLog(message);
      };
      const logs = new LogReader(stdout, stderr, { onLine, clock });
      const outputRead = closed.then(() => logs.close());
      void this.#watchInit(api);
      this.#fail(exitError(this.#requestId, await exited, command));
      // A process that left the group may hold the pipes open.
      await within(clock, outputBoundMs, outputRead, { background: true });
      await within(clock, outputBoundMs, cleared, { background: true });
    }
    ended?.();
    await api.close();
  }

  async #watchInit(api: RuntimeApi): Promise<void> {
    const timer = this.#endAfter(lambdaLimits.initMs / 1000);
    const result = await api.initialised;
    timer.cancel();
    if (!result.ok) return this.#fail(result.error);
    this.#state = 'idle';
    this.#settleInit(undefined);
  }

  #endAfter(seconds: number): Timer {
    return this.#options.clock.after(seconds * 1000, () => {
      const words = `RequestId: ${this.#requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
      this.#fail(functionError('Sandbox.Timedout', words));
    });
  }
}
