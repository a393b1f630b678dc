// [4] The event that reports an invocation's end, with the error's stack, or the HTTP status if there is one.
import * as v from 'valibot';
import { parseJsonAs } from '../../../protocol/json.ts';
import { functionErrorSchema } from '../../../protocol/message.ts';
import type { Outcome, WorkerResult } from '../worker/contract.ts';
import { preludeContentType, unfinishedPrelude } from '../worker/runtime-api/response-prelude.ts';
import { type HttpEnd, httpEnd, refused, takesStreams } from './http-front.ts';
import type { OutgoingParts } from './outgoing-parts.ts';
import type { Run } from './run.ts';
import type { SessionEvent } from './session-event.ts';

/** The parts of the run that the event needs. */
interface EndedRun extends Pick<Run, 'requestId' | 'functionName' | 'http'> {
  /** What is known of a response that was streamed. */
  readonly parts: Pick<OutgoingParts, 'written' | 'status' | 'fault'> | undefined;
}

type ResultEvent = Extract<SessionEvent, { event: 'result' }>;

/** Shorter waits are merely the time to hand over an event. */
const noticeableMs = 1;

/** Larger answers are not parsed just for a status in the terminal. */
const parsedUpToBytes = 256 * 1024;

const statusSchema = v.looseObject({
  statusCode: v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599)),
});

/** `ms` counts from the stub's sending to the relay's acceptance of the answer. */
export function resultEvent(run: EndedRun, result: WorkerResult, ms: number): ResultEvent {
  const { outcome, codeMs, initMs, waitMs } = result;
  const { parts } = run;
  const streamed = parts !== undefined && parts.written > 0;
  const { error: refusal, status } = endOf(run, outcome);
  return {
    event: 'result',
    id: run.requestId,
    function: run.functionName,
    ok: outcome.ok && refusal === undefined,
    ms: round(ms),
    code_ms: round(codeMs),
    ...(initMs > 0 ? { init_ms: round(initMs) } : {}),
    ...(waitMs >= noticeableMs ? { wait_ms: round(waitMs) } : {}),
    ...(status === undefined ? {} : { status }),
    ...(streamed ? { streamed_bytes: parts.written } : {}),
    ...(outcome.ok ? {} : { error: errorOf(outcome) }),
    ...(refusal === undefined ? {} : { error: refusal }),
  };
}

const noStreams =
  'an HTTP API does not accept a stream that begins with its own status and headers; use a function URL or a REST API with response streaming';

/** What an HTTP caller gets, as far as known. */
function endOf({ http, parts }: EndedRun, outcome: Outcome): HttpEnd {
  const isStreamed = parts !== undefined && parts.written > 0;
  if (outcome.ok && http !== undefined && !takesStreams(http)) {
    if (!isStreamed) return httpEnd(outcome.body, http);
    // Status and headers before the body are not JSON, which is all that an HTTP API accepts.
    const hasHead = outcome.contentType === preludeContentType;
    return hasHead ? refused(noStreams, http) : { status: undefined };
  }
  if (!outcome.ok || isStreamed) {
    const isRefused = outcome.ok && http !== undefined && parts?.fault !== undefined;
    return isRefused ? refused(parts.fault, http) : { status: parts?.status };
  }
  if (http === undefined) return { status: statusOf(outcome.body) };
  if (parts === undefined) return httpEnd(outcome.body, http);
  // For a caller that accepts a stream, an answer that is not streamed is sent as the body.
  const isEmpty = outcome.contentType === preludeContentType && outcome.body.length === 0;
  return isEmpty ? refused(unfinishedPrelude, http) : { status: statusOf(outcome.body) };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** The `statusCode` of an answer that is JSON. */
export function statusOf(body: Uint8Array): number | undefined {
  if (body.length > parsedUpToBytes || body[0] !== 0x7b) return undefined;
  return parseJsonAs(statusSchema, body)?.statusCode;
}

function errorOf(outcome: Extract<Outcome, { ok: false }>): NonNullable<ResultEvent['error']> {
  const { errorType: name, errorMessage: message, body, causes = [] } = outcome.error;
  return {
    name,
    message,
    ...errorOfJson(parseJsonAs(functionErrorSchema, body)),
    ...(causes.length > 0 ? { causes } : {}),
  };
}

/** The stack in the Runtime API's error JSON. */
export function errorOfJson(parsed: v.InferOutput<typeof functionErrorSchema> | undefined): {
  readonly stack?: readonly string[];
} {
  const lines = parsed?.trace ?? parsed?.stackTrace?.flatMap(linesOf);
  return lines && lines.length > 0 ? { stack: lines } : {};
}

/** Each of Python's frames has two lines, place and code, with their line ends. */
function linesOf(frame: unknown): string[] {
  return String(frame).trimEnd().split('\n');
}
