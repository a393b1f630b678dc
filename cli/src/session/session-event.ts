// [4] Everything a session reports, as one union, which both the terminal view and `--format json` read.

import type { BuildMessage } from '../builder/build-event.ts';
import type { Fallback } from '../manifest/fallback.ts';
import type { TriggerSource } from '../manifest/trigger-targets.ts';
import type { ErrorCause, LogLevel, LogPhase, QueueReason } from '../worker/contract.ts';
import type { DebugKind } from '../worker/debug/debug-port.ts';

export interface ServedFunction {
  readonly name: string;
  /** Its URL; undefined for functions without an HTTP trigger. */
  readonly url: string | undefined;
  /** Its route's method, `ANY` for all; absent without a route. */
  readonly method?: string;
  /** Its route's authorization: `NONE`, `AWS_IAM` or `JWT`; absent without a route. */
  readonly route_authorization_type?: string;
  /** Anybody on the internet with the URL can invoke it, and so run code on this machine; otherwise absent. */
  readonly public?: true;
  /** Its function URL, if it has one. */
  readonly function_url?: string;
  /** `AWS_IAM` if the function URL accepts only signed requests. */
  readonly authorization_type?: string;
  /** Who serves it now, if that is another livectl than the one that serves the stage; otherwise absent. */
  readonly held_by?: { readonly user: string; readonly host: string };
  /** `wrap`: the deployed function stays, behind the wrapper. `replace`: the stub is in its place. */
  readonly mode: 'replace' | 'wrap';
  /** What answers while nobody serves it. */
  readonly fallback: Fallback;
  /** Sources for `livectl trigger`, as in livectl.json. */
  readonly triggers: readonly TriggerSource[];
  /** What is invalid in its settings: all its invocations fail with that. Absent if nothing is. */
  readonly mistakes?: readonly string[];
}

/** A function's debugger under `--inspect`. */
export type DebuggerEvent =
  /** A debugger can be attached from now on. */
  | {
      readonly event: 'debugger';
      readonly function: string;
      readonly state: 'listening';
      readonly kind: DebugKind;
      /** E.g. `127.0.0.1:9229`. */
      readonly address: string;
      /** URL of the inspector's WebSocket, for Node. */
      readonly url?: string | undefined;
    }
  | { readonly event: 'debugger'; readonly function: string; readonly state: 'attached' | 'detached' }
  | {
      readonly event: 'debugger';
      readonly function: string;
      readonly state: 'unavailable';
      readonly reason: string;
    };

/** `serve --observe`: an invocation that the deployed code, or the function that `fallback_arn` names, has answered. */
export interface ObservedInvoke {
  readonly event: 'invoke';
  readonly observed: true;
  readonly id: string;
  readonly function: string;
  readonly trigger: string;
  readonly source_ids?: readonly string[];
  readonly only?: string;
  readonly answered_by: 'deployed' | 'fallback';
  /** When it arrived at AWS, ISO 8601. */
  readonly at: string;
  readonly ok: boolean;
  /** From its arrival until Lambda had the answer. */
  readonly ms: number;
  readonly status?: number;
  readonly error?: { readonly name: string; readonly message: string; readonly stack?: readonly string[] };
  /** Lengths of event and answer. */
  readonly event_bytes: number;
  readonly result_bytes: number;
  /** The copy has only the start of it. */
  readonly event_cut?: true;
  readonly result_cut?: true;
  /** Since the last copy from this instance: invocations that the sample left out, and copies that were lost. */
  readonly skipped?: number;
  readonly dropped?: number;
  /** What was copied of both; in `--format json` only as text, with `--verbose`. */
  readonly bodies: ObservedBodies;
}

export interface ObservedBodies {
  readonly event: Uint8Array;
  readonly result: Uint8Array;
  readonly contentType: string | undefined;
}

/** What a tunnel into the VPC does; `serve` and `livectl tunnel` report it when its state changes. */
export interface TunnelEvent {
  readonly event: 'tunnel';
  /** In the stage's manifest. */
  readonly name: string;
  /**
   * `starting`: its function was invoked. `running`: it carries connections. `replacing`: another function is being started,
   * since Lambda will end this one. `ended`: nobody used it, or livectl ends. `failed`: it could not be started, or was lost.
   */
  readonly state: 'starting' | 'running' | 'replacing' | 'ended' | 'failed';
  /** Connections that are open now. */
  readonly streams: number;
  /** Through all of its functions since livectl started, both ways. */
  readonly bytes: number;
  /** The same in US dollars, about. */
  readonly cost: number;
  readonly reason?: string;
}

/** Names and fields are the contract of `serve --format json` (docs/serve-events.md). */
export type SessionEvent =
  | {
      readonly event: 'ready';
      readonly url: string | undefined;
      readonly stage: string;
      readonly functions: readonly ServedFunction[];
      /** Wrapped functions of the local cloud that are not served: their deployed code answers. Absent if there are none. */
      readonly not_served?: readonly { readonly name: string; readonly url: string | undefined }[];
      /** The filters of `--only`, as they were written; absent where everything is served. */
      readonly only?: readonly string[];
      /** With `--observe`: the most copies of each instance and second. Others answer. */
      readonly observe?: { readonly per_second: number };
      /** The arguments with which `livectl trigger` and `livectl invoke` find this serve. */
      readonly trigger_args: readonly string[];
      /** A link that opens the inspector's page, once and within 10 minutes; absent if the inspector does not run. */
      readonly inspector?: string;
      /** Since the start of the process, in milliseconds. */
      readonly ms: number;
    }
  | {
      readonly event: 'invoke';
      readonly id: string;
      readonly function: string;
      readonly trigger: string;
      /** The source's ids of what caused it, e.g. message ids; absent if the event has none. */
      readonly source_ids?: readonly string[];
      /** The filter of `--only` that matched, as it was written; absent where everything is served. */
      readonly only?: string;
      /** Key of the recording that is run again; absent for what Lambda invoked. */
      readonly replay_of?: string;
      /** Its event was edited before. */
      readonly edited?: true;
    }
  | {
      readonly event: 'log';
      /** Undefined for lines that belong to no invocation. */
      readonly id: string | undefined;
      /** What the worker was doing: an init phase that no invocation waits for, or idling between two invocations. */
      readonly phase?: LogPhase | undefined;
      readonly function: string;
      readonly level: LogLevel;
      readonly message: string;
      readonly replay_of?: string;
    }
  /** A line of a wrapped function in the local cloud: of its deployed code, or of the wrapper. */
  | { readonly event: 'deployed_log'; readonly function: string; readonly message: string }
  | {
      readonly event: 'result';
      readonly id: string;
      readonly function: string;
      readonly ok: boolean;
      /** From the stub's sending to the relay's acceptance of the answer. */
      readonly ms: number;
      /** The part of it that the developer's code took. */
      readonly code_ms: number;
      /** Starting and initializing a worker for it; absent if a warm one ran it. */
      readonly init_ms?: number;
      /** Waiting for a free worker; absent if one was free at once. */
      readonly wait_ms?: number;
      /** HTTP status, if the answer has one. */
      readonly status?: number;
      /** Length of a streamed response. */
      readonly streamed_bytes?: number;
      readonly error?: {
        readonly name: string;
        readonly message: string;
        readonly stack?: readonly string[];
        /** Its causes, outermost first. */
        readonly causes?: readonly ErrorCause[];
      };
      readonly replay_of?: string;
    }
  /** An invocation was not run: on arrival, its caller had been told that nobody answered, or another client had it. */
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
      /** Undefined if it is this one. */
      readonly by: { readonly user: string; readonly host: string } | undefined;
    }
  /** Something failed outside any function's code; livectl continues. */
  | { readonly event: 'error'; readonly code: string; readonly message: string; readonly remedy?: string }
  /** livectl.json was saved, and is served from now on; names of functions, and in `settings` of fields beside them. */
  | {
      readonly event: 'manifest';
      readonly added: readonly string[];
      readonly changed: readonly string[];
      readonly removed: readonly string[];
      readonly settings: readonly string[];
    }
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
  /** A worker of a function has initialized, in `ms` milliseconds: a process that can be looked at by its id. */
  | {
      readonly event: 'worker_started';
      readonly function: string;
      readonly pid: number;
      readonly ms: number;
    }
  | {
      readonly event: 'worker_ended';
      readonly function: string;
      readonly pid: number;
      readonly reason: string;
    }
  | { readonly event: 'displaced'; readonly by: { readonly user: string; readonly host: string } | undefined }
  | {
      readonly event: 'reconnect';
      readonly state: 'lost' | 'retrying' | 'connected';
      readonly reason?: string;
      readonly ms?: number;
    }
  /** Local cloud: a message, an object or a record was accepted; `functions` receive it, empty if no function accepts it. */
  | {
      readonly event: 'published';
      /** E.g. `sns`. */
      readonly source: string;
      /** The name of the topic, queue, bus, bucket, table or stream. */
      readonly resource: string;
      /** The id that the publisher received. */
      readonly id: string;
      readonly functions: readonly string[];
    }
  /** Local cloud: an HTTP request that matches no route, and was answered with 404. */
  | {
      readonly event: 'unmatched';
      readonly method: string;
      /** As it was sent, without the query, the first 200 characters. */
      readonly path: string;
      readonly status: number;
      /** A path, or method and path where only the method differs; absent if none is similar. */
      readonly did_you_mean?: string;
    }
  /** Local cloud: an event source retries an event on which a function failed. */
  | {
      readonly event: 'retry';
      /** The id of the invocation that failed. */
      readonly id: string;
      readonly function: string;
      readonly source: string;
      readonly resource: string;
      /** The number of the failed attempt, from 1. */
      readonly attempt: number;
      /** Maximum number of attempts; absent if there is no limit. */
      readonly attempts?: number;
      readonly in_ms: number;
      readonly reason: string;
    }
  /** Local cloud: an event source gives up on messages or records. */
  | {
      readonly event: 'dead_letter';
      readonly function: string;
      readonly source: string;
      readonly resource: string;
      readonly ids: readonly string[];
      readonly attempts: number;
      readonly reason: string;
      /** The queue they were moved to, if there is one. */
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
  | TunnelEvent
  /** This machine's clock and AWS's differ: AWS's is at least this far ahead, or behind if negative; 0 once they agree again. */
  | { readonly event: 'clock_skew'; readonly ahead_ms: number }
  | { readonly event: 'notice'; readonly message: string }
  | {
      readonly event: 'stopping';
      /** Invocations in flight that are waited for. */
      readonly waiting_for: number;
    }
  /** Once, before `stopped`: what was served from the start on. Replays do not count. */
  | {
      readonly event: 'summary';
      readonly served_ms: number;
      readonly invocations: number;
      readonly failed: number;
      /** Those that were invoked, the most invoked first. Durations are those of `result`; the median of the newest 10,000. */
      readonly functions: readonly {
        readonly name: string;
        readonly invocations: number;
        readonly failed: number;
        readonly p50_ms: number;
        readonly max_ms: number;
      }[];
      /** The folder with the recordings; absent if none are kept. */
      readonly recordings?: string;
    }
  | {
      readonly event: 'stopped';
      /** Invocations since the start, answered or failed. */
      readonly invocations: number;
      readonly failed: number;
      /** Still in flight when the time for stopping was over. */
      readonly abandoned: number;
    };

/** What `serve --observe` reports. */
export type ObserveEvent = SessionEvent | ObservedInvoke;

/** Those of them that the local cloud causes. */
export type CloudNews = Extract<
  SessionEvent,
  { event: 'deployed_log' | 'published' | 'unmatched' | 'retry' | 'dead_letter' | 'error' | 'notice' }
>;
