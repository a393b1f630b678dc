// [4] What livectl reads of the records of an event, one entry a service: its fields, the ids in them, its line in the terminal.
import * as v from 'valibot';
import { keysTrace } from './dynamodb-keys.ts';
import { part, text } from './loose-parts.ts';

interface RecordSource {
  /** As the record names it, in `eventSource` or `EventSource`. */
  readonly eventSource: string;
  /** By which `livectl trigger` finds the invocation of its message again. */
  readonly ids: (record: LambdaRecord) => readonly (string | undefined)[];
  /** For the terminal: the service, then what tells its resource. */
  readonly words: (record: LambdaRecord) => readonly (string | undefined)[];
}

const recordSchema = v.object({
  eventSource: text,
  eventSourceARN: text,
  eventName: text,
  /** SNS writes it so. */
  EventSource: text,
  Sns: part({ TopicArn: text, MessageId: text }),
  messageId: text,
  s3: part({ bucket: part({ name: text }), object: part({ key: text, eTag: text }) }),
  responseElements: part({ 'x-amz-request-id': text }),
  dynamodb: part({ Keys: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined) }),
  kinesis: part({ sequenceNumber: text }),
});

/** The records of an event; any field of one may be missing. */
export const recordsSchema = v.fallback(v.optional(v.array(recordSchema)), undefined);
/** One of them, of any service. */
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

/** The ids in a record: of every service whose fields it has, whatever it says it is. */
export function idsOf(record: LambdaRecord): string[] {
  return sources.flatMap(({ ids }) => ids(record)).filter((id) => id !== undefined);
}

/** Where a record came from, e.g. `SQS orders`; the name it gives itself where no entry knows it. */
export function wordsOf(record: LambdaRecord): string {
  const name = record.eventSource ?? record.EventSource;
  const source = sources.find(({ eventSource }) => eventSource === name);
  return source?.words(record).filter(Boolean).join(' ') ?? (name || 'records');
}

/** What stands last in an ARN. */
export function lastOf(arn: string | undefined, separator: string): string | undefined {
  return arn?.split(separator).at(-1);
}

/** S3 encodes keys as a form does. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
