// [5] What a worker is asked to run, and what it answers: the contract between session and worker.
import { errorName } from '../../../protocol/live-debug-error.ts';
import type { LoadedFiles } from './loaded-files.ts';

/** One invocation, as the stub described it. */
export interface Invocation {
  /** This run's own key; Lambda uses a request id again when it retries. */
  readonly key: string;
  /** AWS request id: what the function and its log lines know the invocation by. */
  readonly id: string;
  /** The function's name in the manifest. */
  readonly functionName: string;
  /** The stub instance it came from; one worker serves one instance of one function. */
  readonly instance: string;
  /** The event's JSON text as the stub got it; never re-encoded on the way to the worker. */
  readonly event: Uint8Array;
  /** When the stub stops waiting, in milliseconds since the epoch, on this machine's clock: the latest end of the run. */
  readonly deadlineMs: number;
  /** The function's configured timeout in seconds, counted from when a worker takes the invocation. */
  readonly timeoutSeconds: number;
  readonly invokedFunctionArn: string;
  readonly traceId?: string | undefined;
  /** JSON text, as Lambda hands it to a runtime. */
  readonly clientContext?: string | undefined;
  /** JSON text, as Lambda hands it to a runtime. */
  readonly cognitoIdentity?: string | undefined;
  /** Of a function with tenant isolation. */
  readonly tenantId?: string | undefined;
  /** The function's environment with the execution role's credentials, as the stub sent it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Receives a streamed response as it is written; without it the response is collected and answered as a whole. */
  readonly responseSink?: ResponseSink | undefined;
}

/**
 * Takes the next bytes of a streamed response, whose content type is known from its first byte on. Where it returns a
 * promise, nothing more is read from the runtime until that resolves.
 */
export type ResponseSink = (bytes: Uint8Array, contentType: string) => Promise<void> | undefined;

/**
 * What the function answered. Bodies are the bytes its runtime client posted, passed on untouched; what went to a
 * {@link ResponseSink} comes before `body`, and before the error a streamed response ended with.
 */
export type Outcome =
  | { readonly ok: true; readonly body: Uint8Array; readonly contentType: string }
  | { readonly ok: false; readonly error: FunctionError };

/** A function error in the words of the Lambda Runtime API. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  /** The JSON body for the Runtime API: at least `errorType` and `errorMessage`, often `trace` or `stackTrace`. */
  readonly body: Uint8Array;
  /** What led to it, outermost first; for the developer only, since Lambda's answer has no place for it. */
  readonly causes?: readonly ErrorCause[] | undefined;
}

/** An error behind another: its cause, the one that was being handled, or a part of an aggregate. */
export interface ErrorCause {
  readonly relation: 'cause' | 'context' | 'part';
  readonly name: string;
  readonly message: string;
  readonly stack?: readonly string[] | undefined;
}

/** Creates a {@link FunctionError} of our own, e.g. `Sandbox.Timedout`; `trace` lines are optional. */
export function functionError(
  errorType: string,
  errorMessage: string,
  trace?: readonly string[],
): FunctionError {
  const body = Buffer.from(JSON.stringify({ errorType, errorMessage, trace: trace ?? [] }));
  return { errorType, errorMessage, body };
}

/** The error of what was in flight when livectl stopped. */
export function stoppedError(): FunctionError {
  return functionError(errorName('LD_STOPPED'), 'livectl stopped before the function answered');
}

/** How a function's code is run: one good build, or the sources as they are. */
export interface FunctionCode {
  readonly functionName: string;
  /** Counts up with every good build of this function, from 1. */
  readonly build: number;
  readonly runner: Runner;
  /** Absolute; the worker's working directory and `LAMBDA_TASK_ROOT`. */
  readonly taskRoot: string;
  /** As in the manifest; the worker's `_HANDLER`. */
  readonly handler: string;
  /** AWS runtime identifier, e.g. `nodejs22.x`. */
  readonly runtime: string;
  /** Local folders in the place of its layers, absolute, in their order. */
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

/** What a worker is at while no invocation is in flight: before its first one, or between two. */
export type LogPhase = 'init' | 'idle';

/** What a pool reports while it works; the session turns these into its own events. */
export type WorkerEvent =
  | {
      readonly type: 'log';
      readonly functionName: string;
      /** The invocation the line belongs to; an init phase belongs to the one that waits for it. */
      readonly id: string | undefined;
      /** Where it belongs to none. */
      readonly phase?: LogPhase | undefined;
      readonly level: LogLevel;
      readonly message: string;
    }
  /** What a worker has loaded, of which build; it began at `since`, in milliseconds since the epoch. */
  | (LoadedFiles & {
      readonly type: 'loaded';
      readonly functionName: string;
      readonly build: number;
      readonly since: number;
    })
  /** What a function's variables ask for and does not happen here; once for each. */
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
      /** Invocations that are queued, this one included. */
      readonly waiting: number;
      readonly reason: QueueReason;
    }
  | { readonly type: 'debugger'; readonly functionName: string; readonly state: 'attached' | 'detached' }
  /** It was asked for and there is none. */
  | {
      readonly type: 'debugger';
      readonly functionName: string;
      readonly state: 'unavailable';
      readonly reason: string;
    };

/** Why an invocation waits: all workers are busy, or its function runs one at a time because it is debugged. */
export type QueueReason = 'max_workers' | 'one_at_a_time';

/** How one run went. */
export interface WorkerResult {
  readonly outcome: Outcome;
  /** From handing the event to the runtime client until its answer, in milliseconds. */
  readonly codeMs: number;
  /** Time spent starting and initialising a worker for it, in milliseconds; 0 when a warm one was used. */
  readonly initMs: number;
  /** Time spent waiting for a worker that could take it, in milliseconds. */
  readonly waitMs: number;
  /** Resolves when every line the invocation logged has been reported, at most a second after the answer. */
  readonly logsDrained: Promise<void>;
}

/** The workers of all served functions. */
export interface WorkerPool {
  /** New code for a function: the next invocation runs it on a worker that is started now; those in flight finish. */
  use(code: FunctionCode): void;
  /**
   * Runs one invocation; resolves always, also for crashes and timeouts (`ok: false`). `use` must have been
   * called for its function. Waits in a fair queue where the bound on workers is reached.
   */
  run(invocation: Invocation): Promise<WorkerResult>;
  /** Ends the worker of the run with that key, as Lambda does at the deadline; its `run` resolves with `Sandbox.Timedout`. */
  cancel(key: string): void;
  /**
   * Whether the function ran at that time, in milliseconds since the epoch and at most 10 s ago: a file that changed then
   * may be its own doing.
   */
  wasRunning(functionName: string, atMs: number): boolean;
  /** Process ids of all live workers and spares; for status and tests. */
  pids(): readonly number[];
  /** Kills every worker and resolves when all have exited. */
  close(): Promise<void>;
}
