// [4] Everything a session tells, as one union: the terminal view and `--format json` are two readings of it.

import type { BuildMessage } from '../builder/build-event.ts';
import type { Fallback } from '../manifest/fallback.ts';
import type { TriggerSource } from '../manifest/trigger-targets.ts';
import type { ErrorCause, LogLevel, LogPhase, QueueReason } from '../worker/contract.ts';
import type { DebugKind } from '../worker/debug/debug-port.ts';

export interface ServedFunction {
  readonly name: string;
  /** Where it answers over HTTP; undefined for functions without an HTTP trigger. */
  readonly url: string | undefined;
  /** Of its route, `ANY` for all; absent without one. */
  readonly method?: string;
  /** What its route asks for: `NONE`, `AWS_IAM` or `JWT`; absent without one. */
  readonly route_authorization_type?: string;
  /** Anybody on the internet who has the URL can invoke it, and so run the code on this machine; absent where not. */
  readonly public?: true;
  /** Its function URL, where it has one. */
  readonly function_url?: string;
  /** `AWS_IAM` where the function URL takes signed requests only. */
  readonly authorization_type?: string;
  /** Who serves it now, where that is another livectl than the one that serves the stage; absent where it is not. */
  readonly held_by?: { readonly user: string; readonly host: string };
  /** `wrap`: it stays as it is deployed, behind the wrapper; `replace`: the stub is in its place. */
  readonly mode: 'replace' | 'wrap';
  /** What answers while nobody serves it. */
  readonly fallback: Fallback;
  /** Sources of `livectl trigger`, as in livectl.json. */
  readonly triggers: readonly TriggerSource[];
}

/** A function's debugger under `--inspect`. */
export type DebuggerEvent =
  /** It can be attached to from now on. */
  | {
      readonly event: 'debugger';
      readonly function: string;
      readonly state: 'listening';
      readonly kind: DebugKind;
      /** e.g. `127.0.0.1:9229` */
      readonly address: string;
      /** Of the inspector's WebSocket, for Node. */
      readonly url?: string | undefined;
    }
  | { readonly event: 'debugger'; readonly function: string; readonly state: 'attached' | 'detached' }
  | {
      readonly event: 'debugger';
      readonly function: string;
      readonly state: 'unavailable';
      readonly reason: string;
    };

/** Names and fields are the contract of `serve --format json` (docs/serve-events.md). */
export type SessionEvent =
  | {
      readonly event: 'ready';
      readonly url: string | undefined;
      readonly stage: string;
      readonly functions: readonly ServedFunction[];
      /** Wrapped functions of the local cloud that are not served: their deployed code answers. Absent where there are none. */
      readonly not_served?: readonly { readonly name: string; readonly url: string | undefined }[];
      /** By which `livectl trigger` and `livectl invoke` find what is served. */
      readonly trigger_args: readonly string[];
      /** From the start of the process, in milliseconds. */
      readonly ms: number;
    }
  | {
      readonly event: 'invoke';
      readonly id: string;
      readonly function: string;
      readonly trigger: string;
      /** What the sources call what caused it, e.g. message ids; absent where the event names none. */
      readonly source_ids?: readonly string[];
    }
  | {
      readonly event: 'log';
      /** Undefined for lines that belong to no invocation. */
      readonly id: string | undefined;
      /** What the worker was at then: an init phase that no invocation waits for, or between two invocations. */
      readonly phase?: LogPhase | undefined;
      readonly function: string;
      readonly level: LogLevel;
      readonly message: string;
    }
  /** A line of a wrapped function in the local cloud: of its deployed code, or of the wrapper. */
  | { readonly event: 'deployed_log'; readonly function: string; readonly message: string }
  | {
      readonly event: 'result';
      readonly id: string;
      readonly function: string;
      readonly ok: boolean;
      /** From the stub's sending to the relay's taking of the answer. */
      readonly ms: number;
      /** Of that, the developer's code. */
      readonly code_ms: number;
      /** Starting and initialising a worker for it; absent when a warm one ran it. */
      readonly init_ms?: number;
      /** Waiting for a worker that could take it; absent where one did at once. */
      readonly wait_ms?: number;
      /** HTTP status, where the answer has one. */
      readonly status?: number;
      /** Length of a response that was streamed. */
      readonly streamed_bytes?: number;
      readonly error?: {
        readonly name: string;
        readonly message: string;
        readonly stack?: readonly string[];
        /** What led to it, outermost first. */
        readonly causes?: readonly ErrorCause[];
      };
    }
  /** An invocation was not run: when it arrived, its caller had been told already that nobody answered, or another had it. */
  | {
      readonly event: 'late';
      readonly id: string;
      readonly function: string;
      /** How long ago it was sent, in milliseconds. */
      readonly late_ms: number;
      /** Another livectl has it. */
      readonly elsewhere?: true;
    }
  /** Another livectl serves a function of this stage from now on, or this one does again. */
  | {
      readonly event: 'holder';
      readonly function: string;
      /** Undefined where it is this one. */
      readonly by: { readonly user: string; readonly host: string } | undefined;
    }
  /** Something went wrong outside any function's code; livectl goes on. */
  | { readonly event: 'error'; readonly code: string; readonly message: string; readonly remedy?: string }
  | {
      readonly event: 'reload';
      readonly function: string;
      readonly ms: number;
      readonly changed: readonly string[];
    }
  | {
      readonly event: 'build_error';
      readonly function: string;
      readonly errors: readonly BuildMessage[];
      /** An earlier build keeps answering. */
      readonly last_good: boolean;
    }
  | { readonly event: 'displaced'; readonly by: { readonly user: string; readonly host: string } | undefined }
  | {
      readonly event: 'reconnect';
      readonly state: 'lost' | 'retrying' | 'connected';
      readonly reason?: string;
      readonly ms?: number;
    }
  /** In the local cloud: a message, an object or a record was taken; `functions` get it, none where nobody wants it. */
  | {
      readonly event: 'published';
      /** e.g. `sns`. */
      readonly source: string;
      /** The topic's, queue's, bus's, bucket's, table's or stream's name. */
      readonly resource: string;
      /** As the publisher got it. */
      readonly id: string;
      readonly functions: readonly string[];
    }
  /** In the local cloud: an event source tries again what a function failed at. */
  | {
      readonly event: 'retry';
      /** Of the invocation that failed. */
      readonly id: string;
      readonly function: string;
      readonly source: string;
      readonly resource: string;
      /** The one that failed, from 1. */
      readonly attempt: number;
      /** At most so many; absent where there is no bound. */
      readonly attempts?: number;
      readonly in_ms: number;
      readonly reason: string;
    }
  /** In the local cloud: an event source gives up on messages or records. */
  | {
      readonly event: 'dead_letter';
      readonly function: string;
      readonly source: string;
      readonly resource: string;
      readonly ids: readonly string[];
      readonly attempts: number;
      readonly reason: string;
      /** The queue they were moved to, where there is one. */
      readonly queue?: string;
    }
  /** The invocation waits: for a worker, for its turn under a debugger, or for its function's first build. */
  | {
      readonly event: 'queued';
      readonly id: string;
      readonly function: string;
      readonly waiting: number;
      readonly reason: QueueReason | 'building';
    }
  | DebuggerEvent
  /** This machine's clock and AWS's differ: AWS's is so much ahead at least, or behind; 0 when they agree again. */
  | { readonly event: 'clock_skew'; readonly ahead_ms: number }
  | { readonly event: 'notice'; readonly message: string }
  | {
      readonly event: 'stopping';
      /** Invocations in flight that are waited for. */
      readonly waiting_for: number;
    }
  | {
      readonly event: 'stopped';
      /** Answered and failed invocations since the start. */
      readonly invocations: number;
      readonly failed: number;
      /** In flight when the bound on stopping ran out. */
      readonly abandoned: number;
    };
