// Batches as Lambda's event source mappings send them, as far as splitting them depends on it.
import { readFileSync } from 'node:fs';

export type Source = 'queue' | 'fifo' | 'kinesis' | 'dynamodb';

export const arns: Readonly<Record<Source, string>> = {
  queue: 'arn:aws:sqs:eu-west-1:123456789012:orders',
  fifo: 'arn:aws:sqs:eu-west-1:123456789012:orders.fifo',
  kinesis: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
  dynamodb: 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000',
};

export interface TestRecord {
  readonly id: string;
  readonly owner: string;
  readonly group?: string;
}

/** The record's `dev` is an attribute of SQS messages and a field of the others' payload. */
export function recordOf(source: Source, { id, owner, group = 'g' }: TestRecord) {
  const common = { eventSourceARN: arns[source], awsRegion: 'eu-west-1' };
  if (source === 'kinesis')
    return {
      kinesis: {
        sequenceNumber: id,
        partitionKey: group,
        data: Buffer.from(JSON.stringify({ dev: owner })).toString('base64'),
      },
      eventSource: 'aws:kinesis',
      ...common,
    };
  if (source === 'dynamodb')
    return {
      eventName: 'INSERT',
      dynamodb: { SequenceNumber: id, NewImage: { dev: { S: owner } } },
      eventSource: 'aws:dynamodb',
      ...common,
    };
  return {
    messageId: id,
    body: id,
    attributes: source === 'fifo' ? { MessageGroupId: group } : {},
    messageAttributes: { dev: { stringValue: owner, dataType: 'String' } },
    eventSource: 'aws:sqs',
    ...common,
  };
}

export function batchOf(source: Source, records: readonly TestRecord[]) {
  return { Records: records.map((record) => recordOf(source, record)) };
}

type AnyRecord = {
  readonly messageId?: string;
  readonly kinesis?: { readonly sequenceNumber: string };
  readonly dynamodb?: { readonly SequenceNumber: string };
};

/** The identifiers of a batch's records. */
export function idsIn(event: Uint8Array | string): string[] {
  const { Records } = JSON.parse(Buffer.from(event).toString('utf8')) as { Records: AnyRecord[] };
  return Records.map(
    ({ messageId, kinesis, dynamodb }) =>
      messageId ?? kinesis?.sequenceNumber ?? dynamodb?.SequenceNumber ?? '',
  );
}

/** What a function's code has written to a file, line by line. Written before its answer, unlike what a pipe has delivered. */
export const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

export const reported = (...ids: readonly string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});
