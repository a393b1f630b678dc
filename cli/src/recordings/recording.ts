// An invocation as it is recorded, listed, shown and replayed: what the files, the inspector's API and `livectl recordings` share.
// Types only, since the inspector's page imports them too.
import type { SourceKind } from '../session/source-kinds.ts';

/** One line of `livectl recordings --format json`, one row of the inspector. */
export interface InvocationSummary {
  /** Unique; sorts by time: letters, digits and `-`, at most 64. Names the recording in files and URLs. */
  readonly key: string;
  /** Lambda's request id, which retries share. A replay has its own. */
  readonly id: string;
  readonly function: string;
  /** In words, e.g. `POST /orders` or `SQS orders, 3 messages`. */
  readonly trigger: string;
  /** The kind of the event's source. */
  readonly source: SourceKind;
  /** The source's ids of what caused it, e.g. message ids; absent if there are none. */
  readonly source_ids?: readonly string[];
  readonly status: 'running' | 'ok' | 'error';
  /** HTTP status of the answer, if it has one. */
  readonly http_status?: number;
  /** When it began, ISO 8601 with milliseconds. */
  readonly at: string;
  /** From the stub's sending until the relay had the answer (of an observed one: as its event says), in milliseconds; 0 while it runs. */
  readonly ms: number;
  readonly code_ms?: number;
  /** Present if a worker was started for it. */
  readonly init_ms?: number;
  readonly wait_ms?: number;
  /** The deployed code answered; it did not run here. */
  readonly observed?: true;
  readonly answered_by?: 'deployed' | 'fallback';
  /** Key of the recording that was run again. */
  readonly replay_of?: string;
  /** The event was edited before the replay. */
  readonly edited?: true;
  /** Which delivery of its messages this is, from 1 (SQS ApproximateReceiveCount; the highest of a batch). */
  readonly attempt?: number;
  /** The filter of `--only` that matched. */
  readonly only?: string;
  readonly error?: { readonly name: string; readonly message: string };
  /** Lengths of the event and the answer as they were. */
  readonly event_bytes: number;
  readonly result_bytes: number;
  /** Only the start of it is kept. */
  readonly event_cut?: true;
  readonly result_cut?: true;
  /** Number of log lines. */
  readonly logs: number;
  readonly code?: CodeVersion;
  /** Values of the event that were masked because they look like secrets. */
  readonly masked?: number;
}

export type { SourceKind };

/** Which code answered. */
export interface CodeVersion {
  /** Counts a function's good builds from 1, in each livectl. */
  readonly build: number;
  /** First 12 hex digits of a SHA-256 over what was built; the same code has the same one. */
  readonly hash?: string;
}

/** One line that the function logged. */
export interface LogLine {
  /** ISO 8601 with milliseconds: when it arrived here. */
  readonly at: string;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly message: string;
}

/** The stretches of an invocation's way, in this order. */
export type HopName = 'trigger' | 'stub' | 'relay' | 'queue' | 'start' | 'code' | 'back';

/** One stretch: when it began and how long it took, in milliseconds from the first hop's beginning. */
export interface Hop {
  readonly name: HopName;
  readonly at_ms: number;
  readonly ms: number;
}

/** One recording, without the bodies of event and answer. */
export interface InvocationDetail extends Omit<InvocationSummary, 'error'> {
  readonly context: {
    /** Empty for an observed one. */
    readonly arn: string;
    readonly trace_id?: string;
    readonly client_context?: string;
    readonly identity?: string;
    readonly tenant_id?: string;
    /** The milliseconds that the invocation had when it arrived. */
    readonly remaining_ms?: number;
    readonly instance?: string;
  };
  readonly error?: {
    readonly name: string;
    readonly message: string;
    /** Mapped to the sources. */
    readonly stack?: readonly string[];
    readonly causes?: readonly {
      readonly relation: 'cause' | 'context' | 'part';
      readonly name: string;
      readonly message: string;
      readonly stack?: readonly string[];
    }[];
  };
  readonly lines: readonly LogLine[];
  /** Lines that were left out because there were too many or they were too long. */
  readonly lines_left_out?: number;
  /** Empty where they are not known. */
  readonly hops: readonly Hop[];
  readonly event_content_type: string;
  readonly result_content_type?: string;
  /** JSON pointers (RFC 6901) of the masked values, at most 100. */
  readonly masked_paths?: readonly string[];
}

/** The body of an event or an answer, as it is kept. */
export interface RecordedBody {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** Only the start of it. */
  readonly isCut: boolean;
}

/** What to list; every field that is given must hold. */
export interface RecordingQuery {
  readonly function?: string | undefined;
  readonly status?: 'running' | 'ok' | 'error' | undefined;
  readonly source?: SourceKind | undefined;
  /** Anywhere in the summary's texts (id, function, trigger, error), whatever the case. */
  readonly text?: string | undefined;
  /** ISO 8601; `since` inclusive, `until` exclusive. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Only those before this key, which is how one pages. */
  readonly before?: string | undefined;
  /** Most to return, newest first; default 100. */
  readonly limit?: number | undefined;
}

/** Recordings to read: those of a folder, or of a running `serve`. */
export interface Recordings {
  /** Newest first. */
  list(query: RecordingQuery): Promise<readonly InvocationSummary[]>;
  /** Undefined if there is none of that key. */
  get(key: string): Promise<InvocationDetail | undefined>;
  body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined>;
}
