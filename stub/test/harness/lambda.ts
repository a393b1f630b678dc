// One warm Lambda instance in a process of its own, seen from the test.
import { type ChildProcess, fork } from 'node:child_process';
import { tableName, testCredentials } from '../../../protocol/test/directory-table.ts';
import { stageSecretText } from '../../../protocol/test/stage-secrets.ts';
import type { FromRuntime, Outcome, ReportedError, RuntimeContext, ToRuntime } from './ipc.ts';

export interface LambdaOptions {
  readonly runtimeFile: string;
  readonly stubFile: string;
  readonly relayUrl: string;
  readonly directoryEndpoint: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A command that runs the process, e.g. in a network namespace. */
  readonly exec?: readonly string[] | undefined;
}

export const stage = 'dev-ada';
export const functionName = 'hello';
export const functionArn = `arn:aws:lambda:eu-west-1:123456789012:function:live-${functionName}`;

/** What Lambda and the module set. */
export function stubEnvironment(relayUrl: string, directoryEndpoint: string): Record<string, string> {
  return {
    LIVE_DEBUG_STAGE: stage,
    LIVE_DEBUG_FUNCTION: functionName,
    LIVE_DEBUG_TABLE: tableName,
    LIVE_DEBUG_RELAY: relayUrl,
    LIVE_DEBUG_SECRET: stageSecretText,
    AWS_ENDPOINT_URL_DYNAMODB: directoryEndpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
    AWS_SESSION_TOKEN: testCredentials.sessionToken,
  };
}

export class Lambda {
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #closed: Promise<void>;
  readonly #watchers = new Set<(message: FromRuntime) => void>();
  /** Delays of all timers that the manual clock was given and no `untilTimer` has taken. */
  readonly #timers: number[] = [];
  readonly #streamed: Buffer[] = [];
  readonly #readers = new Set<() => void>();
  #output = '';
  #requests = 0;

  /** Resolves when the init phase is over; rejects with the error it ended with. */
  static async start(options: LambdaOptions): Promise<Lambda> {
    const lambda = new Lambda(options);
    const first = await lambda.#next((message) => message.is === 'ready' || message.is === 'init-error');
    if (first.is !== 'init-error') return lambda;
    await lambda.stop();
    throw Object.assign(new Error(first.error.errorMessage), { reported: first.error });
  }

  private constructor(options: LambdaOptions) {
    const { directoryEndpoint, environment, exec = [], relayUrl, runtimeFile, stubFile } = options;
    const [execPath = process.execPath, ...execArgv] = exec.length > 0 ? [...exec, process.execPath] : [];
    this.#process = fork(runtimeFile, [stubFile], {
      env: { ...stubEnvironment(relayUrl, directoryEndpoint), ...environment },
      execPath,
      execArgv,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (part: Buffer) => {
        this.#output += part;
        for (const look of [...this.#readers]) look();
      });
    this.#exited = new Promise((resolve) => this.#process.once('exit', () => resolve()));
    this.#closed = new Promise((resolve) => this.#process.once('close', () => resolve()));
    this.#process.on('message', (message: FromRuntime) => {
      if (message.is === 'timer') this.#timers.push(message.ms);
      if (message.is === 'streamed') this.#streamed.push(Buffer.from(message.bytes, 'base64'));
      for (const watcher of [...this.#watchers]) watcher(message);
    });
  }

  /** What has reached Lambda's response stream, over all invocations. */
  get streamed(): Buffer {
    return Buffer.concat(this.#streamed);
  }

  /** Resolves when so many bytes have. */
  async untilStreamed(bytes: number): Promise<void> {
    while (this.streamed.length < bytes) await this.#next((message) => message.is === 'streamed');
  }

  /** Lambda's response stream from now on takes a write only when it is told to `take` one; `release` ends that. */
  tell(what: 'hold' | 'take' | 'release'): void {
    this.#send({ do: what });
  }

  /** Resolves when its process has ended and its log is complete. */
  get gone(): Promise<void> {
    return this.#closed;
  }

  /** Of its process. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** What the stub wrote to its log. */
  get output(): string {
    return this.#output;
  }

  /** Resolves when the stub has written this to its log. */
  untilOutput(words: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.#output.includes(words)) return;
        this.#readers.delete(look);
        resolve();
      };
      this.#readers.add(look);
      look();
    });
  }

  /** One invocation; `context` fills in the request. */
  invoke(event: unknown, context: Partial<RuntimeContext> = {}): Promise<Outcome> {
    return this.invokeText(JSON.stringify(event), context);
  }

  /** The same with the event's JSON text. */
  async invokeText(event: string, context: Partial<RuntimeContext> = {}): Promise<Outcome> {
    this.#requests += 1;
    const awsRequestId = `request-${this.#requests}`;
    const whole = { awsRequestId, invokedFunctionArn: functionArn, timeoutMs: 40_000, ...context };
    const outcome = this.#next((message) => message.is === 'outcome');
    // A test that fails before it awaits this says so itself.
    outcome.catch(() => undefined);
    this.#send({ do: 'invoke', event, context: whole });
    return (await outcome) as FromRuntime & { is: 'outcome' };
  }

  /** Resolves when the manual clock has been given a timer of this delay, or a little more, since the last call. */
  async untilTimer(delay: number, within = 1000): Promise<void> {
    const fits = (ms: number) => ms >= delay && ms < delay + within;
    if (!this.#timers.some(fits)) await this.#next((message) => message.is === 'timer' && fits(message.ms));
    this.#timers.splice(0, this.#timers.findIndex(fits) + 1);
  }

  /** Turns the manual clock by so much whenever such a timer is set, until the invocation is over. */
  async turnUntil(outcome: Promise<Outcome>, ms: number, delay: number, within = 1): Promise<Outcome> {
    const over = outcome.then(() => true);
    const set = () => this.untilTimer(delay, within).then(() => false);
    while (!(await Promise.race([over, set()]))) this.advance(ms);
    return outcome;
  }

  /** Turns the manual clock. */
  advance(ms: number): void {
    this.#send({ do: 'advance', ms });
  }

  /** Ends the instance as Lambda does. */
  terminate(): void {
    this.#process.kill('SIGTERM');
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  #send(message: ToRuntime): void {
    this.#process.send(message);
  }

  #next(wanted: (message: FromRuntime) => boolean): Promise<FromRuntime> {
    return new Promise((resolve, reject) => {
      const watcher = (message: FromRuntime) => {
        if (!wanted(message)) return;
        this.#watchers.delete(watcher);
        resolve(message);
      };
      this.#watchers.add(watcher);
      void this.#exited.then(() => reject(new Error(`the process ended: ${this.#output}`)));
    });
  }
}

/** The value of an invocation that must have gone well. */
export function answerOf(outcome: Outcome): unknown {
  if (!outcome.ok) throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`);
  return JSON.parse(outcome.text);
}

/** The error of an invocation that must have failed. */
export function errorOf(outcome: Outcome): ReportedError {
  if (outcome.ok) throw new Error(`no error but ${outcome.text}`);
  return outcome.error;
}
