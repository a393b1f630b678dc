// [4] What livectl reads of the records of an event, one entry per service: fields, ids, and words for the terminal.
import * as v from 'valibot';
import { keysTrace } from './dynamodb-keys.ts';
import { part, text } from './loose-parts.ts';

interface RecordSource {
  /** The service's name in `eventSource` or `EventSource`. */
  readonly eventSource: string;
  /** By which `livectl trigger` recognizes the invocation that its message causes. */
  readonly ids: (record: LambdaRecord) => readonly (string | undefined)[];
  /** For the terminal: the service, then the resource. */
  readonly words: (record: LambdaRecord) => readonly (string | undefined)[];
}

const recordSchema = v.object({
  eventSource: text,
  eventSourceARN: text,
  eventName: text,
  /** Spelled so by SNS. */
  EventSource: text,
  Sns: part({ TopicArn: text, MessageId: text }),
  messageId: text,
  s3: part({ bucket: part({ name: text }), object: part({ key: text, eTag: text }) }),
  responseElements: part({ 'x-amz-request-id': text }),
  dynamodb: part({ Keys: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined) }),
  kinesis: part({ sequenceNumber: text }),
});

/** The records of an event; any field may be missing. */
export const recordsSchema = v.fallback(v.optional(v.array(recordSchema)), undefined);
/** A record of any service. */
export type LambdaRecord = v.InferOutput<typeof recordSchema>;

const sources: readonly RecordSource[] = [
  {
    eventSource: 'aws:sqs',
    ids: ({ messageId }) => [messageId],
    words: ({ eventSourceARN }) => ['SQS', lastOf(eventSourceARN, ':')],
  },
  {
    eventSource: 'aws:sns',
    ids: ({ Sns }) => [Sns?.MessageId],
    words: ({ Sns }) => ['SNS', lastOf(Sns?.TopicArn, ':')],
  },
  {
    eventSource: 'aws:kinesis',
    ids: ({ kinesis }) => [kinesis?.sequenceNumber],
    words: ({ eventSourceARN }) => ['Kinesis', lastOf(eventSourceARN, '/')],
  },
  {
    eventSource: 'aws:s3',
    ids: ({ responseElements, s3 }) => {
      const { eTag, key } = s3?.object ?? {};
      return [
        responseElements?.['x-amz-request-id'],
        key === undefined ? undefined : `${decoded(key)}#${eTag ?? ''}`,
      ];
    },
    words: ({ eventName, s3 }) => ['S3', eventName, s3?.bucket?.name],
  },
  {
    eventSource: 'aws:dynamodb',
    ids: ({ dynamodb }) => [dynamodb?.Keys === undefined ? undefined : keysTrace(dynamodb.Keys)],
    // arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/TIME
    words: ({ eventSourceARN }) => ['DynamoDB stream', eventSourceARN?.split('/')[1]],
  },
  { eventSource: 'aws:ses', ids: () => [], words: () => ['SES'] },
];

/** All ids in a record, of every service whose fields it has, whatever service it names. */
export function idsOf(record: LambdaRecord): string[] {
  return sources.flatMap(({ ids }) => ids(record)).filter((id) => id !== undefined);
}

/** Where a record came from, e.g. `SQS orders`; for an unknown service, the name in the record. */
export function wordsOf(record: LambdaRecord): string {
  const name = record.eventSource ?? record.EventSource;
  const source = sources.find(({ eventSource }) => eventSource === name);
  return source?.words(record).filter(Boolean).join(' ') ?? (name || 'records');
}

/** The last part of an ARN. */
export function lastOf(arn: string | undefined, separator: string): string | undefined {
  return arn?.split(separator).at(-1);
}

/** S3 encodes keys as in a form. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
