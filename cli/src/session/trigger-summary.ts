// [4] A short description of an event's source for the terminal, e.g. `GET /hello?name=ada` or `SQS orders, 3 records`.
import { lastOf } from '../manifest/sources/source-record.ts';
import { type LambdaEvent, parsedUpToBytes } from './lambda-event.ts';
import { wordsOf } from './record-sources.ts';

/** Recognizes the shapes that AWS documents; anything else is an `invoke`, with its size if it is large. */
export function triggerSummary(parsed: LambdaEvent | undefined, bytes: number): string {
  if (bytes > parsedUpToBytes) return `invoke, ${(bytes / 1024 / 1024).toFixed(1)} MB`;
  if (parsed === undefined) return 'invoke';
  const authorizer = parsed.methodArn !== undefined || parsed.routeArn !== undefined ? 'authorizer ' : '';
  const request = ofRequest(parsed) ?? (authorizer && (parsed.type ?? ''));
  if (request !== '') return authorizer + request;
  return ofRecords(parsed) ?? ofService(parsed) ?? 'invoke';
}

/** API Gateway (REST, HTTP, WebSocket), function URLs, load balancers. */
function ofRequest({
  httpMethod,
  path,
  rawPath,
  rawQueryString,
  requestContext,
}: LambdaEvent): string | undefined {
  if (requestContext?.http?.method !== undefined) {
    const query = rawQueryString ? `?${rawQueryString}` : '';
    return `${requestContext.http.method} ${rawPath ?? '/'}${query}`;
  }
  if (httpMethod !== undefined) return `${httpMethod} ${path ?? '/'}`;
  if (requestContext?.connectionId === undefined) return undefined;
  return `WebSocket ${requestContext.routeKey ?? ''}`.trim();
}

function ofRecords({ Records: records }: LambdaEvent): string | undefined {
  const first = records?.[0];
  if (records === undefined || first === undefined) return undefined;
  const count = records.length > 1 ? `, ${records.length} records` : '';
  return wordsOf(first) + count;
}

function ofService(event: LambdaEvent): string | undefined {
  const { source, 'detail-type': detailType, eventSource } = event;
  if (source === 'aws.events' && detailType === 'Scheduled Event') return 'schedule';
  if (source !== undefined && detailType !== undefined) return `EventBridge ${source} ${detailType}`;
  if (event.triggerSource !== undefined && event.userPoolId !== undefined)
    return `Cognito ${event.triggerSource}`;
  if (event.awslogs?.data !== undefined) return 'CloudWatch Logs';
  if (event.deliveryStreamArn !== undefined) return words('Firehose', lastOf(event.deliveryStreamArn, '/'));
  if (event.RequestType !== undefined && event.ResourceType !== undefined)
    return `CloudFormation ${event.RequestType} ${event.ResourceType}`;
  // Amazon MQ, Kafka and DocumentDB give their name once for all of their records.
  return eventSource || undefined;
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(' ');
}
