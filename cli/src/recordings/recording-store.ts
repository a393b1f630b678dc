// Where finished recordings are kept: in the project's folder, or in memory.
import type { InvocationDetail, InvocationSummary, RecordedBody } from './recording.ts';

/** A recording as it is kept: nothing in it is secret. */
export interface Recording {
  readonly summary: InvocationSummary;
  readonly detail: InvocationDetail;
  readonly event: RecordedBody;
  readonly result: RecordedBody;
}

export interface RecordingStore {
  /** Those of earlier runs, oldest first. Never rejects. */
  earlier(): Promise<readonly InvocationSummary[]>;
  /** Takes one to keep; it can be read at once. Neither throws nor waits. */
  put(recording: Recording): void;
  get(key: string): Promise<InvocationDetail | undefined>;
  body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined>;
  /** Keeps what was taken, within a bound. */
  close(): Promise<void>;
}
