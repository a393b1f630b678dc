// [4] The parts of AWS's documented events that livectl reads: their source and their ids.
import * as v from 'valibot';
import { parseJsonAs } from '../../../protocol/json.ts';
import { part, quantity, text } from '../manifest/loose-parts.ts';
import { recordsSchema } from './record-sources.ts';

/** Larger events, in bytes, are not parsed just for a line in the terminal. */
export const parsedUpToBytes = 256 * 1024;

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
    timeEpoch: quantity,
    requestTimeEpoch: quantity,
  }),
  type: text,
  methodArn: text,
  routeArn: text,
  id: text,
  source: text,
  'detail-type': text,
  time: text,
  triggerSource: text,
  userPoolId: text,
  awslogs: part({ data: text }),
  eventSource: text,
  deliveryStreamArn: text,
  DurableExecutionArn: text,
  RequestType: text,
  ResourceType: text,
  Records: recordsSchema,
});
/** The parsed fields of an event; any may be missing. */
export type LambdaEvent = v.InferOutput<typeof eventSchema>;

/** Undefined for anything but a JSON object, or if too large. Never throws. */
export function parseLambdaEvent(event: Uint8Array): LambdaEvent | undefined {
  if (event.length > parsedUpToBytes) return undefined;
  return parseJsonAs(eventSchema, event);
}
