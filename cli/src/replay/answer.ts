// What a replay answered, wherever it ran, and what was recorded before, in a form that can be compared.

import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { SeenEvents } from '../control/seen-object.ts';
import type { ComparedAnswer } from '../recordings/answer-diff.ts';
import type { InvocationDetail, RecordedBody, Recordings } from '../recordings/recording.ts';

/** How a replay ended. */
export interface ReplayedAnswer {
  readonly requestId: string;
  /** The code answered, and an HTTP front takes it. */
  readonly ok: boolean;
  readonly error: { readonly name: string; readonly message: string } | undefined;
  /** The result, or the error's JSON. */
  readonly body: Uint8Array;
  /** Its log and end, as far as they were seen. */
  readonly seen: SeenEvents | undefined;
  /** Masked as recordings are, to be compared with one. */
  readonly asRecorded: () => ComparedAnswer;
}

/** The name of the error where an HTTP front refuses a result. */
const refusal = 'LiveDebugAnswerError';

/** A result that an HTTP front refuses is a result all the same. */
export function isResult({ error, ok }: Pick<ReplayedAnswer, 'ok' | 'error'>): boolean {
  return ok || error?.name === refusal;
}

export function compared(answer: Pick<ReplayedAnswer, 'ok' | 'error' | 'body'>): ComparedAnswer {
  const { body, error } = answer;
  if (isResult(answer)) return { ok: true, body };
  return { ok: false, name: error?.name ?? 'Error', message: error?.message ?? '' };
}

/** What the recording answered. Rejects with LD_CONFIG if it has no whole answer to compare with. */
export async function recordedAnswer(
  recordings: Recordings,
  detail: InvocationDetail,
): Promise<ComparedAnswer> {
  const { error, key, status } = detail;
  if (status === 'running') throw notComparable(key, 'still runs');
  if (status === 'error' && error !== undefined && error.name !== refusal)
    return { ok: false, name: error.name, message: error.message };
  const body = await recordings.body(key, 'result');
  if (body === undefined) throw notComparable(key, 'has no result any more');
  if (body.isCut) throw notComparable(key, `has only the first ${body.bytes.length} bytes of its result`);
  return { ok: true, body: body.bytes };
}

/** Everything else of it. Rejects with LD_CONFIG if that is lost. */
export async function recordedDetail(recordings: Recordings, key: string): Promise<InvocationDetail> {
  const detail = await recordings.get(key);
  if (detail === undefined) throw notUsable(key, 'is damaged or was removed');
  return detail;
}

/** The recorded event. Rejects with LD_CONFIG if not all of it is there. */
export async function recordedEvent(recordings: Recordings, key: string): Promise<RecordedBody> {
  const event = await recordings.body(key, 'event');
  if (event === undefined) throw notUsable(key, 'has no event any more');
  if (event.isCut)
    throw notUsable(
      key,
      `has only the first ${event.bytes.length} bytes of its event, so it cannot run again`,
    );
  return event;
}

function notUsable(key: string, reason: string): LiveDebugError {
  return new LiveDebugError('LD_CONFIG', `the recording ${key} ${reason}`);
}

function notComparable(key: string, reason: string): LiveDebugError {
  return new LiveDebugError(
    'LD_CONFIG',
    `the recording ${key} ${reason}, so there is nothing to compare with`,
    {
      remedy: 'run it without --diff',
    },
  );
}
