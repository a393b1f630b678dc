// [4] The event that reports a copy of an invocation that was answered without this livectl.
import { parseJsonAs } from '../../../protocol/json.ts';
import { functionErrorSchema } from '../../../protocol/message.ts';
import type { ObservedHead } from '../../../protocol/observed-head.ts';
import { preludeContentType } from '../worker/runtime-api/response-prelude.ts';
import { httpEnd, httpFrontOf } from './http-front.ts';
import { parseLambdaEvent } from './lambda-event.ts';
import { errorOfJson, statusOf } from './result-event.ts';
import type { ObservedInvoke } from './session-event.ts';
import { sourceIds } from './source-ids.ts';
import { triggerSummary } from './trigger-summary.ts';

/** Undefined if the lengths in its head contradict its body. `only`: the filter that matched, as it was written. */
export function observedEvent(
  head: ObservedHead,
  body: Uint8Array,
  only: string | undefined,
): ObservedInvoke | undefined {
  const { eventBytes, eventKept, resultBytes } = head;
  const resultKept = body.length - eventKept;
  if (resultKept < 0 || eventKept > eventBytes || resultKept > resultBytes) return undefined;
  const event = body.subarray(0, eventKept);
  const result = body.subarray(eventKept);
  const parsed = eventKept === eventBytes ? parseLambdaEvent(event) : undefined;
  const ids = sourceIds(parsed);
  const isWhole = resultKept === resultBytes;
  const status =
    head.ok && isWhole ? httpStatus(head.contentType, result, httpFrontOf(parsed, event)) : undefined;
  return {
    event: 'invoke',
    observed: true,
    id: head.requestId,
    function: head.function,
    trigger: triggerSummary(parsed, eventBytes),
    ...(ids.length > 0 ? { source_ids: ids } : {}),
    ...(only === undefined ? {} : { only }),
    answered_by: head.by,
    at: new Date(head.at).toISOString(),
    ok: head.ok,
    ms: Math.round(head.ms * 10) / 10,
    ...(status === undefined ? {} : { status }),
    ...(head.ok ? {} : { error: errorOf(head.errorType, isWhole ? result : undefined) }),
    event_bytes: eventBytes,
    result_bytes: resultBytes,
    ...(eventKept < eventBytes ? { event_cut: true } : {}),
    ...(isWhole ? {} : { result_cut: true }),
    ...(head.skipped ? { skipped: head.skipped } : {}),
    ...(head.dropped ? { dropped: head.dropped } : {}),
    bodies: { event, result, contentType: head.contentType },
  };
}

function httpStatus(
  contentType: string | undefined,
  result: Uint8Array,
  front: ReturnType<typeof httpFrontOf>,
): number | undefined {
  // A streamed answer begins with its status and headers.
  if (contentType === preludeContentType) {
    const end = result.indexOf(0);
    return end < 0 ? undefined : statusOf(result.subarray(0, end));
  }
  return front === undefined ? statusOf(result) : httpEnd(result, front).status;
}

function errorOf(
  errorType: string | undefined,
  json: Uint8Array | undefined,
): NonNullable<ObservedInvoke['error']> {
  const parsed = json && parseJsonAs(functionErrorSchema, json);
  if (parsed === undefined) return { name: errorType ?? 'Error', message: '' };
  return { name: parsed.errorType, message: parsed.errorMessage, ...errorOfJson(parsed) };
}
