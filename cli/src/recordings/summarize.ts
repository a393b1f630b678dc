// From what the session reports of an invocation to what is listed of it.
import { type EventSource, eventSource } from '../session/event-source.ts';
import type { BegunInvocation, EndedInvocation } from '../session/invocation-watcher.ts';
import { parseLambdaEvent } from '../session/lambda-event.ts';
import type { ObservedInvoke } from '../session/session-event.ts';
import type { InvocationSummary } from './recording.ts';

/** Bounds of a summary's texts, of which 10,000 are held in memory. */
const longestText = 500;
const mostIds = 20;

/** An invocation that has just begun. */
export function begunSummary(
  key: string,
  { edited, event, invoke, replayOf, source }: BegunInvocation,
  nowMs: number,
): InvocationSummary {
  return {
    key,
    id: short(invoke.id),
    function: short(invoke.function),
    trigger: short(invoke.trigger),
    source: source.kind,
    ...(invoke.source_ids === undefined ? {} : { source_ids: shortIds(invoke.source_ids) }),
    status: 'running',
    at: new Date(nowMs).toISOString(),
    ms: 0,
    ...(replayOf === undefined ? {} : { replay_of: replayOf }),
    ...(edited ? { edited } : {}),
    ...attemptOf(source),
    ...(invoke.only === undefined ? {} : { only: short(invoke.only) }),
    event_bytes: event.length,
    result_bytes: 0,
    logs: 0,
  };
}

/** The same once it has ended. */
export function endedSummary(
  begun: InvocationSummary,
  { body, build, bytes, hash, result }: EndedInvocation,
  logs: number,
): InvocationSummary {
  const { code_ms, init_ms, wait_ms } = result;
  return {
    ...begun,
    status: result.ok ? 'ok' : 'error',
    ...(result.status === undefined ? {} : { http_status: result.status }),
    // A clock may have been set back.
    ms: Math.max(0, result.ms),
    code_ms: Math.max(0, code_ms),
    ...(init_ms === undefined ? {} : { init_ms }),
    ...(wait_ms === undefined ? {} : { wait_ms }),
    ...(result.error ? { error: shortError(result.error) } : {}),
    result_bytes: bytes,
    ...(body.length < bytes ? { result_cut: true } : {}),
    logs,
    ...(build === undefined ? {} : { code: { build, ...(hash === undefined ? {} : { hash }) } }),
  };
}

/** Whatever an event says, it is a whole number. */
function attemptOf({ attempt }: EventSource): { readonly attempt?: number } {
  return attempt !== undefined && Number.isSafeInteger(attempt) && attempt > 0 ? { attempt } : {};
}

export function shortError({ message, name }: { readonly name: string; readonly message: string }) {
  return { name: short(name), message: short(message) };
}

export function shortIds(ids: readonly string[]): readonly string[] {
  return ids.slice(0, mostIds).map(short);
}

export function short(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

/** One that the deployed code answered. */
export function observedSummary(key: string, event: ObservedInvoke): InvocationSummary {
  const { answered_by, at, bodies, error, event_bytes, event_cut, ok, only, result_bytes, result_cut } =
    event;
  const source = eventSource(event_cut ? undefined : parseLambdaEvent(bodies.event));
  return {
    key,
    id: event.id,
    function: event.function,
    trigger: short(event.trigger),
    source: source.kind,
    ...(event.source_ids === undefined ? {} : { source_ids: shortIds(event.source_ids) }),
    status: ok ? 'ok' : 'error',
    ...(event.status === undefined ? {} : { http_status: event.status }),
    at,
    ms: event.ms,
    observed: true,
    answered_by,
    ...attemptOf(source),
    ...(only === undefined ? {} : { only: short(only) }),
    ...(error ? { error: shortError(error) } : {}),
    event_bytes,
    result_bytes,
    ...(event_cut ? { event_cut } : {}),
    ...(result_cut ? { result_cut } : {}),
    logs: 0,
  };
}
