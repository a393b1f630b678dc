// [4] The ids that an event carries of what caused it: how `livectl trigger` finds the invocation of its message again.
import { keysTrace } from './dynamodb-keys.ts';
import type { LambdaEvent, LambdaRecord } from './lambda-event.ts';

/**
 * Message ids of SNS and SQS, event ids of EventBridge, request ids of HTTP, of S3 also `KEY#ETAG`, keys of DynamoDB's
 * items, sequence numbers of Kinesis; in the event's order.
 */
export function sourceIds(event: LambdaEvent | undefined): string[] {
  if (event === undefined) return [];
  if (event.Records !== undefined) return event.Records.flatMap(ofRecord);
  const isEventBridge = event.source !== undefined && event['detail-type'] !== undefined;
  return [isEventBridge ? event.id : event.requestContext?.requestId].filter((id) => id !== undefined);
}

function ofRecord(record: LambdaRecord): string[] {
  const { dynamodb, kinesis, messageId, responseElements, s3, Sns } = record;
  const { eTag, key } = s3?.object ?? {};
  const ids = [messageId, Sns?.MessageId, kinesis?.sequenceNumber, responseElements?.['x-amz-request-id']];
  if (key !== undefined) ids.push(`${decoded(key)}#${eTag ?? ''}`);
  if (dynamodb?.Keys !== undefined) ids.push(keysTrace(dynamodb.Keys));
  return ids.filter((id) => id !== undefined);
}

/** S3 encodes keys as a form does. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
