// Durable functions: one execution. Invokes the function, waits for its pending operations, and invokes it again until it ends.
// https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-sdk.html
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { Clock, Timer } from '../../../../../protocol/clock.ts';
import { parseJsonAs } from '../../../../../protocol/json.ts';
import { type FunctionError, functionError, type Outcome } from '../../../worker/contract.ts';
import { invalidParameter } from '../../aws-api/aws-error.ts';
import { durableLimits } from '../../aws-api/aws-limits.ts';
import { ExecutionState } from './execution-state.ts';
import {
  type ErrorObject,
  errorObject,
  hasEnded,
  type Operation,
  type OperationUpdate,
  wireOperation,
} from './operation.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED';

export interface ExecutionOptions {
  /** `arn:aws:lambda:...:function:NAME:QUALIFIER/durable-execution/EXECUTION/ID` */
  readonly arn: string;
  readonly name: string;
  /** The event it was started with: JSON text. */
  readonly input: string;
  /** Maximum duration of the whole execution in seconds. */
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  /** Invokes the durable function once with this event. */
  readonly invoke: (event: Uint8Array) => Promise<Outcome>;
  /** An invocation failed, the `attempt`th in a row; it is repeated after `delayMs`. */
  readonly onRetry: (error: FunctionError, attempt: number, delayMs: number) => void;
  /** Invokes a function for `context.invoke`; rejects for an unknown name. */
  readonly invokeOther: (functionName: string, event: Uint8Array) => Promise<Outcome>;
}

/** What the SDKs for durable functions return from one invocation. */
const invocationOutput = v.variant('Status', [
  v.object({ Status: v.literal('PENDING') }),
  v.object({ Status: v.literal('SUCCEEDED'), Result: v.nullish(v.string()) }),
  v.object({ Status: v.literal('FAILED'), Error: v.nullish(errorObject) }),
]);

/** The error of a function that does not answer as a durable function. */
const noOutput =
  'The function did not answer as a durable function: wrap its handler in withDurableExecution of the durable execution SDK';

export class Execution {
  readonly options: ExecutionOptions;
  readonly startedAt: number;
  endedAt: number | undefined;
  status: ExecutionStatus = 'RUNNING';
  /** JSON text. */
  result: string | undefined;
  error: ErrorObject | undefined;
  /** Resolves when it has ended, with the answer for a waiting caller. */
  readonly ended: Promise<Outcome>;

  readonly #state: ExecutionState;
  #token = newToken();
  /** The last checkpoint, which is answered again if its answer was lost. */
  #last:
    | { readonly token: string; readonly clientToken: string | undefined; readonly answer: object }
    | undefined;
  #settle: (outcome: Outcome) => void = () => {};
  readonly #deadline: Timer;
  /** The timer of the operation that is due next. */
  #alarm: Timer | undefined;
  /** Continues the execution if there is something new for the function. */
  #wake: () => void = () => {};

  /** Begins at once. */
  constructor(options: ExecutionOptions) {
    this.options = options;
    const { clock, input, timeoutSeconds } = options;
    this.startedAt = clock.now();
    this.#state = new ExecutionState(input, this.startedAt);
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#deadline = clock.after(timeoutSeconds * 1000, () => this.#timeOut(), { background: true });
    void this.#run();
  }

  get isRunning(): boolean {
    return this.status === 'RUNNING';
  }

  /** Applies the updates of a checkpoint; returns the API's answer. Throws an AwsError if AWS would refuse it. */
  checkpoint(token: string, clientToken: string | undefined, updates: readonly OperationUpdate[]): object {
    if (this.#last?.token === token && clientToken !== undefined && this.#last.clientToken === clientToken) {
      return this.#last.answer;
    }
    this.#expect(token);
    for (const operation of this.#state.checkpoint(updates, this.options.clock.now())) {
      if (operation.type === 'CHAINED_INVOKE') void this.#invokeOther(operation, updates);
    }
    this.#setAlarm();
    this.#token = newToken();
    const operations = this.#state.takeChanged().map((operation) => wireOperation(operation, epochSeconds));
    const answer = { CheckpointToken: this.#token, NewExecutionState: { Operations: operations } };
    this.#last = { token, clientToken, answer };
    return answer;
  }

  /** A page of the operations for the API; `marker` is where the previous page ended. Throws an AwsError for an invalid one. */
  page(token: string, marker: string): object {
    this.#expect(token);
    const from = Number(marker === '' ? 0 : marker);
    if (!Number.isInteger(from) || from < 0) throw invalidParameter('Invalid marker');
    return this.#page(from, epochSeconds);
  }

  /** The callback with this id, unless it has ended. */
  callback(callbackId: string): Operation | undefined {
    return this.#state.operations.find((each) => each.callbackId === callbackId && !hasEnded(each));
  }

  /** Ends a callback with an external system's answer. */
  endCallback(operation: Operation, end: Pick<Operation, 'status' | 'result' | 'error'>): void {
    this.#end(operation, end);
  }

  heartbeat(operation: Operation): void {
    const { heartbeatSeconds } = operation;
    if (heartbeatSeconds !== undefined) {
      operation.heartbeatAt = this.options.clock.now() + heartbeatSeconds * 1000;
      this.#setAlarm();
    }
  }

  /** Ends it from outside: `StopDurableExecution`, or the cloud's own end. */
  stop(error: ErrorObject): void {
    this.#finish('STOPPED', undefined, error);
  }

  async #run(): Promise<void> {
    const { clock, invoke, onRetry } = this.options;
    let failures = 0;
    while (this.isRunning) {
      this.#token = newToken();
      const outcome = await invoke(this.#event()).catch((cause: unknown): Outcome => {
        return { ok: false, error: functionError('LiveDebugStoppedError', String(cause)) };
      });
      if (!this.isRunning) return;
      if (!outcome.ok) {
        const delayMs = durableLimits.retryDelaysMs[failures];
        failures += 1;
        if (delayMs === undefined) return this.#finish('FAILED', undefined, errorOf(outcome.error));
        await new Promise<void>((resolve) => {
          this.#wake = () => !this.isRunning && resolve();
          clock.after(delayMs, resolve, { background: true });
          onRetry(outcome.error, failures, delayMs);
        });
        continue;
      }
      failures = 0;
      if (!this.#take(outcome.body)) await this.#news();
    }
  }

  /** Takes the answer of one invocation; returns false if the execution continues later. */
  #take(body: Uint8Array): boolean {
    const answer = parseJsonAs(invocationOutput, body);
    if (answer === undefined) {
      this.#finish('FAILED', undefined, {
        ErrorType: 'InvalidParameterValueException',
        ErrorMessage: noOutput,
      });
      return true;
    }
    const { reportedEnd } = this.#state;
    if (answer.Status === 'FAILED') this.#finish('FAILED', undefined, answer.Error ?? {});
    else if (answer.Status === 'SUCCEEDED') {
      if (reportedEnd && 'result' in reportedEnd) this.#finish('SUCCEEDED', reportedEnd.result);
      else this.#finish('SUCCEEDED', answer.Result ?? 'null');
    } else if (this.#state.pending.length === 0 && !this.#state.hasNews) {
      const words = 'Cannot return PENDING status with no pending operations.';
      this.#finish('FAILED', undefined, { ErrorType: 'InvalidParameterValueException', ErrorMessage: words });
    } else return false;
    return true;
  }

  /** Resolves when the function can continue, or the execution has ended. */
  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        if (!this.isRunning || this.#state.hasNews) resolve();
      };
      this.#wake();
    });
  }

  /** The event for the function. */
  #event(): Buffer {
    const updated = this.#state.takeChanged().map(({ id }) => id);
    const { Operations, NextMarker } = this.#page(0, isoTime);
    return Buffer.from(
      JSON.stringify({
        DurableExecutionArn: this.options.arn,
        CheckpointToken: this.#token,
        ...(updated.length > 0 && { UpdatedOperationIds: updated }),
        InitialExecutionState: { Operations, NextMarker: NextMarker ?? '' },
      }),
    );
  }

  #page(from: number, time: (ms: number) => string | number): { Operations: object[]; NextMarker?: string } {
    const operations = this.#state.operations;
    const page: object[] = [];
    let bytes = 0;
    for (const operation of operations.slice(from)) {
      const written = wireOperation(operation, time);
      bytes += Buffer.byteLength(JSON.stringify(written));
      if (page.length > 0 && bytes > durableLimits.pageBytes) {
        return { Operations: page, NextMarker: String(from + page.length) };
      }
      page.push(written);
    }
    return { Operations: page };
  }

  async #invokeOther(operation: Operation, updates: readonly OperationUpdate[]): Promise<void> {
    const update = updates.find(({ Id, Action }) => Id === operation.id && Action === 'START');
    const name = update?.ChainedInvokeOptions?.FunctionName ?? '';
    const event = Buffer.from(update?.Payload ?? '{}');
    try {
      const outcome = await this.options.invokeOther(name, event);
      if (outcome.ok)
        this.#end(operation, { status: 'SUCCEEDED', result: Buffer.from(outcome.body).toString() });
      else this.#end(operation, { status: 'FAILED', error: errorOf(outcome.error) });
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      this.#end(operation, {
        status: 'FAILED',
        error: { ErrorType: 'ResourceNotFoundException', ErrorMessage: message },
      });
    }
  }

  #end(operation: Operation, end: Pick<Operation, 'status' | 'result' | 'error'>): void {
    if (!this.isRunning || hasEnded(operation)) return;
    this.#state.end(operation, end, this.options.clock.now());
    this.#setAlarm();
    this.#wake();
  }

  /** One timer, for the operation that is due next. */
  #setAlarm(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (!this.isRunning) return;
    const due = this.#state.operations.filter((each) => !hasEnded(each)).map(dueOf);
    const next = Math.min(...due);
    if (!Number.isFinite(next)) return;
    const { clock } = this.options;
    // A timer of Node.js fires up to a millisecond early by the clock.
    const onDue = () => this.#onDue();
    this.#alarm = clock.after(Math.max(0, next - clock.now()) + 1, onDue, { background: true });
  }

  #onDue(): void {
    const now = this.options.clock.now();
    for (const operation of this.#state.operations) {
      if (hasEnded(operation) || dueOf(operation) > now) continue;
      if (operation.type === 'STEP') this.#state.makeReady(operation);
      else if (operation.type === 'WAIT') this.#state.end(operation, { status: 'SUCCEEDED' }, now);
      else {
        const words = dueAtHeartbeat(operation) ? 'Callback timed out on heartbeat' : 'Callback timed out';
        const error = { ErrorType: 'CallbackTimeout', ErrorMessage: words };
        this.#state.end(operation, { status: 'TIMED_OUT', error }, now);
      }
    }
    this.#setAlarm();
    this.#wake();
  }

  #timeOut(): void {
    const { timeoutSeconds } = this.options;
    const words = `The execution timed out after ${timeoutSeconds} seconds`;
    this.#finish('TIMED_OUT', undefined, { ErrorType: 'Execution.TimedOut', ErrorMessage: words });
  }

  #finish(status: ExecutionStatus, result: string | undefined, error?: ErrorObject): void {
    if (!this.isRunning) return;
    this.status = status;
    this.result = result;
    this.error = error;
    this.endedAt = this.options.clock.now();
    this.#deadline.cancel();
    this.#alarm?.cancel();
    this.#wake();
    this.#settle(
      result === undefined
        ? { ok: false, error: functionErrorOf(error ?? {}) }
        : { ok: true, body: Buffer.from(result), contentType: 'application/json' },
    );
  }

  #expect(token: string): void {
    if (!this.isRunning || token !== this.#token) throw invalidParameter('Invalid Checkpoint Token');
  }
}

function dueOf({
  dueAt = Number.POSITIVE_INFINITY,
  heartbeatAt = Number.POSITIVE_INFINITY,
}: Operation): number {
  return Math.min(dueAt, heartbeatAt);
}

function dueAtHeartbeat({ dueAt, heartbeatAt }: Operation): boolean {
  return heartbeatAt !== undefined && (dueAt === undefined || heartbeatAt < dueAt);
}

function errorOf({ errorType, errorMessage }: FunctionError): ErrorObject {
  return { ErrorType: errorType, ErrorMessage: errorMessage };
}

function functionErrorOf({ ErrorType, ErrorMessage }: ErrorObject): FunctionError {
  return functionError(ErrorType ?? 'Error', ErrorMessage ?? '');
}

function newToken(): string {
  return randomBytes(24).toString('base64');
}

function epochSeconds(ms: number): number {
  return ms / 1000;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
