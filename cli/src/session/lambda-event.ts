// [4] What livectl reads of the events that AWS documents: where they come from, and by which ids.
import * as v from 'valibot';
import { parseJsonAs } from '../../../protocol/json.ts';

/** Larger events are not parsed just for a line in the terminal, in bytes. */
export const parsedUpToBytes = 256 * 1024;

/** What is not of the expected kind is passed over, so that one odd field does not hide the others. */
const text = v.fallback(v.optional(v.string()), undefined);
function part<T extends v.ObjectEntries>(entries: T) {
  return v.fallback(v.optional(v.object(entries)), undefined);
}

const recordSchema = v.object({
  eventSource: text,
  /** SNS writes it so. */
  EventSource: text,
  eventSourceARN: text,
  eventName: text,
  messageId: text,
  s3: part({ bucket: part({ name: text }), object: part({ key: text, eTag: text }) }),
  responseElements: part({ 'x-amz-request-id': text }),
  Sns: part({ TopicArn: text, MessageId: text }),
  dynamodb: part({ Keys: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined) }),
  kinesis: part({ sequenceNumber: text }),
});

const eventSchema = v.object({
  version: text,
  httpMethod: text,
  path: text,
  rawPath: text,
  rawQueryString: text,
  requestContext: part({
    http: part({ method: text }),
    connectionId: text,
    requestId: text,
    routeKey: text,
    domainName: text,
    apiId: text,
    elb: v.optional(v.unknown()),
  }),
  type: text,
  methodArn: text,
  routeArn: text,
  id: text,
  source: text,
  'detail-type': text,
  triggerSource: text,
  userPoolId: text,
  awslogs: part({ data: text }),
  eventSource: text,
  deliveryStreamArn: text,
  RequestType: text,
  ResourceType: text,
  Records: v.fallback(v.optional(v.array(recordSchema)), undefined),
});
/** What is read of an event; any of it may be missing. */
export type LambdaEvent = v.InferOutput<typeof eventSchema>;
export type LambdaRecord = v.InferOutput<typeof recordSchema>;

/** Undefined for what is no JSON object, or too large. Never throws. */
export function parseLambdaEvent(event: Uint8Array): LambdaEvent | undefined {
  if (event.length > parsedUpToBytes) return undefined;
  return parseJsonAs(eventSchema, event);
}
