// [5] The contract between session and worker: what a worker is asked to run, and what it answers.
import { errorName } from '../../../protocol/live-debug-error.ts';
import type { LoadedFiles } from './loaded-files.ts';

/** One invocation, as the stub described it. */
export interface Invocation {
  /** This run's own key; Lambda reuses a request id when it retries. */
  readonly key: string;
  /** AWS request id, which the function and its log lines show. */
  readonly id: string;
  /** The function's name in the manifest. */
  readonly functionName: string;
  /** The stub instance it came from; one worker serves one instance of one function. */
  readonly instance: string;
  /** The event's JSON text as the stub received it; never re-encoded on the way to the worker. */
  readonly event: Uint8Array;
  /** When the stub stops waiting, in milliseconds since the epoch, on this machine's clock: the run ends then at the latest. */
  readonly deadlineMs: number;
  /** The function's configured timeout in seconds; starts when a worker takes the invocation. */
  readonly timeoutSeconds: number;
  readonly invokedFunctionArn: string;
  readonly traceId?: string | undefined;
  /** JSON text, as Lambda hands it to a runtime. */
  readonly clientContext?: string | undefined;
  /** JSON text, as Lambda hands it to a runtime. */
  readonly cognitoIdentity?: string | undefined;
  /** Only of functions with tenant isolation. */
  readonly tenantId?: string | undefined;
  /** The function's environment with the execution role's credentials, as the stub sent it. */
  readonly environment: Readonly<Record<string, string>>;
  /** A recorded event that is run again: it waits until no other invocation waits, and its worker stays its instance's. */
  readonly isReplay?: boolean | undefined;
  /** Receives a streamed response as it is written; without it the response is collected and returned as a whole. */
  readonly responseSink?: ResponseSink | undefined;
}

/**
 * Takes the next bytes of a streamed response, whose content type is known from the first byte on. If it returns a promise,
 * nothing more is read from the runtime until that resolves.
 */
export type ResponseSink = (bytes: Uint8Array, contentType: string) => Promise<void> | undefined;

/**
 * The function's answer. Bodies are the bytes that its runtime client posted, passed on unchanged. What went to a
 * {@link ResponseSink} precedes `body`, and precedes the error with which a streamed response ended.
 */
export type Outcome =
  | { readonly ok: true; readonly body: Uint8Array; readonly contentType: string }
  | { readonly ok: false; readonly error: FunctionError };

/** A function error in the terms of the Lambda Runtime API. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  /** The JSON body for the Runtime API: at least `errorType` and `errorMessage`, often `trace` or `stackTrace`. */
  readonly body: Uint8Array;
  /** Its causes, outermost first; only for the developer, since Lambda's answer has no place for them. */
  readonly causes?: readonly ErrorCause[] | undefined;
}

/** An error behind another: its cause, the error that was being handled, or a part of an aggregate. */
export interface ErrorCause {
  readonly relation: 'cause' | 'context' | 'part';
  readonly name: string;
  readonly message: string;
  readonly stack?: readonly string[] | undefined;
}

/** Creates a {@link FunctionError} of livectl itself, e.g. `Sandbox.Timedout`; `trace` lines are optional. */
export function functionError(
  errorType: string,
  errorMessage: string,
  trace?: readonly string[],
): FunctionError {
  const body = Buffer.from(JSON.stringify({ errorType, errorMessage, trace: trace ?? [] }));
  return { errorType, errorMessage, body };
}

/** The error of everything in flight when livectl stopped. */
export function stoppedError(): FunctionError {
  return functionError(errorName('LD_STOPPED'), 'livectl stopped before the function answered');
}

/** How to run a function's code: one good build, or the sources as they are. */
export interface FunctionCode {
  readonly functionName: string;
  /** Increases with every good build of this function, from 1. */
  readonly build: number;
  /** First 12 hex digits of a SHA-256 over what was built; the same code has the same one. */
  readonly hash?: string | undefined;
  readonly runner: Runner;
  /** Absolute; the worker's working directory and `LAMBDA_TASK_ROOT`. */
  readonly taskRoot: string;
  /** As in the manifest; the worker's `_HANDLER`. */
  readonly handler: string;
  /** AWS runtime identifier, e.g. `nodejs22.x`. */
  readonly runtime: string;
  /** Local folders that stand in for its layers, absolute, in order. */
  readonly layers?: readonly string[];
}

export type Runner =
  /**
   * Our Node runtime client imports `moduleFile` (absolute) and looks up `exportPath`, e.g. `handler` or `a.b`. `built` are
   * the files that were built, by their sources' absolute paths without extension.
   */
  | {
      readonly kind: 'node';
      readonly moduleFile: string;
      readonly exportPath: string;
      readonly built?: Readonly<Record<string, string>>;
    }
  /** Our Python runtime client, run by this interpreter (absolute), imports what `handler` names. */
  | { readonly kind: 'python'; readonly interpreter: string }
  /** A program that speaks the Lambda Runtime API itself; first word is the executable, run without a shell. */
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] };

/** Lambda's log levels, lower case. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What a worker is doing while no invocation is in flight: before its first one, or between two. */
export type LogPhase = 'init' | 'idle';

/** What a pool reports while it works; the session turns these into its own events. */
export type WorkerEvent =
  | {
      readonly type: 'log';
      readonly functionName: string;
      /** The line's invocation; the lines of an init phase belong to the invocation that waits for it. */
      readonly id: string | undefined;
      /** Set if the line belongs to no invocation. */
      readonly phase?: LogPhase | undefined;
      readonly level: LogLevel;
      readonly message: string;
    }
  /** What a worker has loaded, of which build; loading began at `since`, in milliseconds since the epoch. */
  | (LoadedFiles & {
      readonly type: 'loaded';
      readonly functionName: string;
      readonly build: number;
      readonly since: number;
    })
  /** Something that a function's variables ask for and that does not happen here; reported once. */
  | { readonly type: 'notice'; readonly message: string }
  | {
      readonly type: 'worker_started';
      readonly functionName: string;
      readonly pid: number;
      readonly ms: number;
    }
  | {
      readonly type: 'worker_ended';
      readonly functionName: string;
      readonly pid: number;
      readonly reason: string;
    }
  | {
      readonly type: 'queued';
      readonly functionName: string;
      readonly id: string;
      /** Number of queued invocations, including this one. */
      readonly waiting: number;
      readonly reason: QueueReason;
    }
  | { readonly type: 'debugger'; readonly functionName: string; readonly state: 'attached' | 'detached' }
  /** A debugger was requested but is unavailable. */
  | {
      readonly type: 'debugger';
      readonly functionName: string;
      readonly state: 'unavailable';
      readonly reason: string;
    };

/** Why an invocation waits: for a reload's debugger to come back, all workers are busy, or its function runs one at a time. */
export type QueueReason = 'debugger' | 'max_workers' | 'one_at_a_time';

/** The result of one run. */
export interface WorkerResult {
  readonly outcome: Outcome;
  /** From handing the event to the runtime client until its answer, in milliseconds. */
  readonly codeMs: number;
  /** Time spent starting and initializing a worker for it, in milliseconds; 0 with a warm one. */
  readonly initMs: number;
  /** Time spent waiting for a free worker, in milliseconds. */
  readonly waitMs: number;
  /** The code that answered: its build, and its hash if that is known; undefined if none did. */
  readonly code?: Pick<FunctionCode, 'build' | 'hash'> | undefined;
  /** Resolves when all log lines of the invocation have been reported, at most a second after the answer. */
  readonly logsDrained: Promise<void>;
}

/** The workers of all served functions. */
export interface WorkerPool {
  /** Sets a function's new code: the next invocation runs it on a worker that is started now; those in flight finish. */
  use(code: FunctionCode): void;
  /**
   * Replaces the workers of a function as `use` does, with the same code. `environment`: what the next one is started with, if
   * the function was run before.
   */
  restart(functionName: string, environment?: Invocation['environment']): void;
  /**
   * Runs one invocation; always resolves, also for crashes and timeouts (`ok: false`). Its function must have been passed to
   * `use`. Waits in a fair queue if the maximum number of workers is reached.
   */
  run(invocation: Invocation): Promise<WorkerResult>;
  /** Ends the worker of the run with that key, as Lambda does at the deadline; its `run` resolves with `Sandbox.Timedout`. */
  cancel(key: string): void;
  /**
   * Whether the function ran at that time, in milliseconds since the epoch and at most 10 s ago: it may itself have written a
   * file that changed then.
   */
  wasRunning(functionName: string, atMs: number): boolean;
  /** The latest environment with which the function was run; undefined if it was not run yet. */
  environmentOf(functionName: string): Invocation['environment'] | undefined;
  /** Process ids of all live workers and spares; for status and tests. */
  pids(): readonly number[];
  /** Kills every worker and resolves when all have exited. */
  close(): Promise<void>;
}
