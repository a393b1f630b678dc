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
  /** Resolves once it can be read. Never rejects. */
  put(recording: Recording): Promise<void>;
  get(key: string): Promise<InvocationDetail | undefined>;
  body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined>;
}
