// [4] What a recording needs of an invocation beside its events: the bytes that went in and came out, and when.
import type { EventSource } from './event-source.ts';
import type { ObservedInvoke, SessionEvent } from './session-event.ts';

/** What Lambda says of an invocation to the function, beside the event; never credentials or variables. */
export interface InvocationContext {
  readonly arn: string;
  readonly traceId?: string | undefined;
  /** JSON text. */
  readonly clientContext?: string | undefined;
  /** JSON text. */
  readonly identity?: string | undefined;
  readonly tenantId?: string | undefined;
  /** When the stub stops waiting, milliseconds since the epoch, on this machine's clock. */
  readonly deadlineMs: number;
  /** The stub instance. */
  readonly instance: string;
}

/** An invocation that begins to run here. `key` is unique, where Lambda reuses `invoke.id` when it retries. */
export interface BegunInvocation {
  readonly key: string;
  readonly invoke: Exclude<Extract<SessionEvent, { event: 'invoke' }>, ObservedInvoke>;
  /** The event as Lambda gave it; not a copy. */
  readonly event: Uint8Array;
  readonly context: InvocationContext;
  readonly source: EventSource;
  /**
   * The variables that the code runs with, once that is known. Only so that their secrets can be masked: they must not be kept
   * beyond the invocation.
   */
  readonly variables?: (() => Readonly<Record<string, string>> | undefined) | undefined;
  /** When the stub had sent it and when all of it had arrived, milliseconds since the epoch, on this machine's clock. */
  readonly sentMs: number;
  readonly arrivedMs: number;
  /** How long the stub had it before it was sent, in milliseconds; undefined from a stub that does not say. */
  readonly stubMs?: number | undefined;
  /** From the event's own time until the stub had it, both by AWS's clock; undefined if the event has none. */
  readonly triggerMs?: number | undefined;
  /** The recording that is run again, and whether its event was edited. */
  readonly replayOf?: string | undefined;
  readonly edited?: boolean | undefined;
}

/** The end of one: its `result` event, and the answer's bytes. */
export interface EndedInvocation {
  readonly key: string;
  readonly result: Extract<SessionEvent, { event: 'result' }>;
  /** The answer, or the Runtime API's error JSON; of a streamed answer the first {@link mostStreamedBytes}. */
  readonly body: Uint8Array;
  /** Length of the whole answer. */
  readonly bytes: number;
  /** Of an answer that is not an error. */
  readonly contentType?: string | undefined;
  /** When the code's answer was there, and when the relay had accepted it; milliseconds since the epoch. */
  readonly answeredMs: number;
  readonly deliveredMs: number;
  /** Which build answered: counts from 1 in each livectl; undefined if no code ran. */
  readonly build?: number | undefined;
  /** Identifies that code: see `FunctionCode.hash`. */
  readonly hash?: string | undefined;
}

/** So much of a streamed answer is kept for a recording. */
export const mostStreamedBytes = 1024 * 1024;

/** Called by the session; must neither throw nor wait. */
export interface InvocationWatcher {
  began(invocation: BegunInvocation): void;
  ended(invocation: EndedInvocation): void;
}
