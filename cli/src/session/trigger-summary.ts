// [4] A few words for the terminal on where an event came from, e.g. `GET /hello?name=ada` or `SQS orders, 3 records`.
import * as v from 'valibot';

/** Larger events are not parsed just for a line in the terminal. */
const parsedUpToBytes = 256 * 1024;

const text = v.optional(v.string());
const eventSchema = v.looseObject({
  httpMethod: text,
  path: text,
  rawPath: text,
  rawQueryString: text,
  requestContext: v.optional(
    v.looseObject({
      http: v.optional(v.looseObject({ method: v.string() })),
      connectionId: text,
      routeKey: text,
    }),
  ),
  source: text,
  'detail-type': text,
  Records: v.optional(
    v.array(v.looseObject({ eventSource: text, EventSource: text, eventSourceARN: text, eventName: text })),
  ),
});

const services: Readonly<Record<string, string>> = {
  'aws:sns': 'SNS',
  'aws:sqs': 'SQS',
  'aws:s3': 'S3',
  'aws:dynamodb': 'DynamoDB stream',
  'aws:kinesis': 'Kinesis',
  'aws:ses': 'SES',
};

/** Recognises the shapes AWS documents; anything else is an `invoke` with its size. Never throws. */
export function triggerSummary(event: Uint8Array): string {
  if (event.length > parsedUpToBytes) return `invoke, ${(event.length / 1024 / 1024).toFixed(1)} MB`;
  const parsed = parse(event);
  if (parsed === undefined) return 'invoke';
  const { requestContext, Records: records } = parsed;
  if (requestContext?.http) {
    const query = parsed.rawQueryString ? `?${parsed.rawQueryString}` : '';
    return `${requestContext.http.method} ${parsed.rawPath ?? '/'}${query}`;
  }
  if (parsed.httpMethod !== undefined) return `${parsed.httpMethod} ${parsed.path ?? '/'}`;
  if (requestContext?.connectionId !== undefined) return `WebSocket ${requestContext.routeKey ?? ''}`.trim();
  const first = records?.[0];
  if (records && first) {
    const source = first.eventSource ?? first.EventSource ?? '';
    const name = first.eventSourceARN
      ?.split(/[:/]/)
      .at(source === 'aws:sqs' || source === 'aws:sns' ? -1 : 1);
    const resource = source === 'aws:sqs' && name ? ` ${name}` : '';
    const what = source === 'aws:s3' && first.eventName ? ` ${first.eventName}` : '';
    const count = records.length > 1 ? `, ${records.length} records` : '';
    return `${services[source] ?? (source || 'records')}${resource}${what}${count}`;
  }
  if (parsed.source === 'aws.events' && parsed['detail-type'] === 'Scheduled Event') return 'schedule';
  if (parsed.source !== undefined && parsed['detail-type'] !== undefined) {
    return `EventBridge ${parsed.source} ${parsed['detail-type']}`;
  }
  return 'invoke';
}

function parse(event: Uint8Array): v.InferOutput<typeof eventSchema> | undefined {
  try {
    const parsed = v.safeParse(eventSchema, JSON.parse(Buffer.from(event).toString('utf8')));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
