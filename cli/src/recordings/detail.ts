// Everything of a recording but its bodies.
import type { BegunInvocation, EndedInvocation } from '../session/invocation-watcher.ts';
import type { ObservedInvoke } from '../session/session-event.ts';
import { hopsOf } from './hops.ts';
import type { KeptLines } from './kept-lines.ts';
import type { InvocationDetail, InvocationSummary } from './recording.ts';
import { short } from './summarize.ts';

/** Bounds of an error. */
const longestMessage = 64 * 1024;
const longestFrame = 4096;
const mostFrames = 200;
const mostCauses = 20;

type DetailError = NonNullable<InvocationDetail['error']>;
type ResultError = NonNullable<EndedInvocation['result']['error']>;

/** `ended` is undefined while it runs. */
export function invocationDetail(
  summary: InvocationSummary,
  begun: BegunInvocation,
  lines: KeptLines,
  ended?: EndedInvocation,
): InvocationDetail {
  const { arn, clientContext, deadlineMs, identity, instance, tenantId, traceId } = begun.context;
  return {
    ...summary,
    context: {
      arn: short(arn),
      ...(traceId === undefined ? {} : { trace_id: short(traceId) }),
      ...(clientContext === undefined ? {} : { client_context: clientContext }),
      ...(identity === undefined ? {} : { identity }),
      ...(tenantId === undefined ? {} : { tenant_id: short(tenantId) }),
      remaining_ms: Math.max(0, Math.round(deadlineMs - begun.arrivedMs)),
      instance,
    },
    ...(ended?.result.error ? { error: boundError(ended.result.error) } : {}),
    lines: [...lines.lines],
    ...(lines.leftOut > 0 ? { lines_left_out: lines.leftOut } : {}),
    hops: ended === undefined ? [] : hopsOf(begun, ended),
    event_content_type: 'application/json',
    ...(ended === undefined ? {} : { result_content_type: short(ended.contentType ?? 'application/json') }),
  };
}

/** The detail of one that the deployed code answered. */
export function observedDetail(
  summary: InvocationSummary,
  { bodies, error }: ObservedInvoke,
): InvocationDetail {
  return {
    ...summary,
    context: { arn: '' },
    ...(error ? { error: boundError(error) } : {}),
    lines: [],
    hops: [],
    event_content_type: 'application/json',
    result_content_type: short(bodies.contentType ?? 'application/json'),
  };
}

function boundError({ causes, message, name, stack }: ResultError): DetailError {
  return {
    name: cut(name),
    message: cut(message),
    ...(stack ? { stack: boundStack(stack) } : {}),
    ...(causes
      ? {
          causes: causes.slice(0, mostCauses).map((cause) => ({
            relation: cause.relation,
            name: cut(cause.name),
            message: cut(cause.message),
            ...(cause.stack ? { stack: boundStack(cause.stack) } : {}),
          })),
        }
      : {}),
  };
}

function boundStack(stack: readonly string[]): readonly string[] {
  return stack.slice(0, mostFrames).map((frame) => frame.slice(0, longestFrame));
}

function cut(text: string): string {
  return text.slice(0, longestMessage);
}
