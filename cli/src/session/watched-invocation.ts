// [4] An invocation's beginning and end, in the form that a watcher takes them.
import type { MessageHead } from '../../../protocol/message.ts';
import type { WorkerResult } from '../worker/contract.ts';
import { bodyOf } from './answers.ts';
import { eventSource } from './event-source.ts';
import type { BegunInvocation, EndedInvocation } from './invocation-watcher.ts';
import type { LambdaEvent } from './lambda-event.ts';
import type { Run } from './run.ts';

/** When the code's answer was there, and when the relay had accepted it; milliseconds since the epoch. */
export type EndTimes = Pick<EndedInvocation, 'answeredMs' | 'deliveredMs'>;

interface Beginning extends Pick<BegunInvocation, 'invoke' | 'arrivedMs'> {
  readonly run: Run;
  readonly head: MessageHead<'invoke'>;
  readonly body: Uint8Array;
  /** The parsed body. */
  readonly event: LambdaEvent | undefined;
}

export function begunInvocation({ arrivedMs, body, event, head, invoke, run }: Beginning): BegunInvocation {
  const source = eventSource(event);
  const { arn, clientContext, identity, instance, stubMs, tenantId, traceId } = head;
  // Both times are of AWS's clock. A stub that does not say how long it had the event had it for a moment.
  const triggerMs = source.sentMs === undefined ? undefined : head.sentAt - (stubMs ?? 0) - source.sentMs;
  return {
    key: run.id,
    invoke,
    event: body,
    context: { arn, traceId, clientContext, identity, tenantId, deadlineMs: run.deadlineMs, instance },
    source,
    variables: () => run.variables,
    sentMs: run.sentMs,
    arrivedMs,
    stubMs,
    triggerMs: triggerMs !== undefined && triggerMs >= 0 ? triggerMs : undefined,
  };
}

export function endedInvocation(
  run: Run,
  result: EndedInvocation['result'],
  { code, outcome }: WorkerResult,
  times: EndTimes,
): EndedInvocation {
  const isStreamed = outcome.ok && run.streamed !== undefined && (run.parts?.written ?? 0) > 0;
  const body = isStreamed ? run.streamed.bytes() : bodyOf(outcome);
  return {
    key: run.id,
    result,
    body,
    bytes: isStreamed ? (run.parts?.written ?? 0) : body.length,
    contentType: outcome.ok ? outcome.contentType : undefined,
    ...times,
    build: code?.build,
    hash: code?.hash,
  };
}
