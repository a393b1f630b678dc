// Recordings in a project's folder, as an earlier serve has left them.

import type { InvocationDetail, InvocationSummary } from '../../src/recordings/recording.ts';
import { encodeRecording, writeRecording } from '../../src/recordings/recording-file.ts';
import { RecordingKeys } from '../../src/recordings/recording-keys.ts';
import { openRecordings } from '../../src/recordings/recordings-folder.ts';

const keys = new RecordingKeys();

export interface Recorded {
  readonly function: string;
  readonly event: unknown;
  /** Text; default `null`. */
  readonly result?: string;
  readonly summary?: Partial<InvocationSummary>;
  readonly detail?: Partial<InvocationDetail>;
}

/** Writes it; returns its summary. */
export async function record(root: string, recorded: Recorded): Promise<InvocationSummary> {
  const event = Buffer.from(
    typeof recorded.event === 'string' ? recorded.event : JSON.stringify(recorded.event),
  );
  const result = Buffer.from(recorded.result ?? 'null');
  const nowMs = Date.now();
  const summary: InvocationSummary = {
    key: keys.next(nowMs),
    id: crypto.randomUUID(),
    function: recorded.function,
    trigger: 'invoke',
    source: 'custom',
    status: 'ok',
    at: new Date(nowMs).toISOString(),
    ms: 12,
    event_bytes: event.length,
    result_bytes: result.length,
    logs: 0,
    ...recorded.summary,
  };
  const detail: InvocationDetail = {
    ...summary,
    context: { arn: `arn:aws:lambda:us-east-1:000000000000:function:${recorded.function}` },
    lines: [],
    hops: [],
    event_content_type: 'application/json',
    ...(summary.status === 'ok' ? { result_content_type: 'application/json' } : {}),
    ...recorded.detail,
  } as InvocationDetail;
  const folder = openRecordings(root);
  await folder.create();
  const parts = encodeRecording({
    summary,
    detail,
    event: { bytes: event, contentType: 'application/json', isCut: summary.event_cut ?? false },
    result: { bytes: result, contentType: 'application/json', isCut: summary.result_cut ?? false },
  });
  await writeRecording(folder.fileOf(summary.key), parts);
  return summary;
}
