// [4] The ids in an event of what caused it, by which `livectl trigger` recognizes the invocation that its message causes.
import type { LambdaEvent } from './lambda-event.ts';
import { idsOf } from './record-sources.ts';

/**
 * Those of its records, in order (record-sources.ts); event ids of EventBridge, request ids of HTTP, the ARN of a durable
 * execution.
 */
export function sourceIds(event: LambdaEvent | undefined): string[] {
  if (event === undefined) return [];
  if (event.DurableExecutionArn !== undefined) return [event.DurableExecutionArn];
  if (event.Records !== undefined) return event.Records.flatMap(idsOf);
  const isEventBridge = event.source !== undefined && event['detail-type'] !== undefined;
  return [isEventBridge ? event.id : event.requestContext?.requestId].filter((id) => id !== undefined);
}
