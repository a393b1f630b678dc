// The kind of source, the time and the delivery in AWS's documented events (shortened).
import { expect, test } from 'vitest';
import { type EventSource, eventSource } from '../../src/session/event-source.ts';
import { parseLambdaEvent } from '../../src/session/lambda-event.ts';

const at = Date.parse('2026-03-01T10:00:00.250Z');

const cases: readonly (readonly [source: string, event: unknown, expected: EventSource])[] = [
  [
    'HTTP API',
    { version: '2.0', requestContext: { http: { method: 'GET' }, timeEpoch: at } },
    { kind: 'http', sentMs: at },
  ],
  ['REST API', { httpMethod: 'GET', requestContext: { requestTimeEpoch: at } }, { kind: 'http', sentMs: at }],
  [
    'SQS batch: the earliest message, the highest delivery',
    {
      Records: [
        {
          eventSource: 'aws:sqs',
          attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(at + 9) },
        },
        { eventSource: 'aws:sqs', attributes: { ApproximateReceiveCount: '4', SentTimestamp: String(at) } },
      ],
    },
    { kind: 'sqs', sentMs: at, attempt: 4 },
  ],
  [
    'SNS',
    { Records: [{ EventSource: 'aws:sns', Sns: { Timestamp: '2026-03-01T10:00:00.250Z' } }] },
    { kind: 'sns', sentMs: at },
  ],
  [
    'S3',
    { Records: [{ eventSource: 'aws:s3', eventTime: '2026-03-01T10:00:00.250Z' }] },
    { kind: 's3', sentMs: at },
  ],
  [
    'Kinesis',
    {
      Records: [{ eventSource: 'aws:kinesis', kinesis: { approximateArrivalTimestamp: 1545084650.987 } }],
    },
    { kind: 'kinesis', sentMs: 1545084650987 },
  ],
  [
    'DynamoDB',
    { Records: [{ eventSource: 'aws:dynamodb', dynamodb: { ApproximateCreationDateTime: 1479499740 } }] },
    { kind: 'dynamodb', sentMs: 1479499740000 },
  ],
  [
    'EventBridge',
    { source: 'shop', 'detail-type': 'Order', time: '2026-03-01T10:00:00Z' },
    { kind: 'eventbridge', sentMs: at - 250 },
  ],
  [
    'a schedule',
    { source: 'aws.events', 'detail-type': 'Scheduled Event', time: '2026-03-01T10:00:00Z' },
    { kind: 'schedule', sentMs: at - 250 },
  ],
  ['a service of no trigger', { Records: [{ eventSource: 'aws:ses' }] }, { kind: 'custom' }],
  ['a plain payload', { name: 'ada' }, { kind: 'custom' }],
  [
    'odd values',
    {
      Records: [{ eventSource: 'aws:sqs', attributes: { SentTimestamp: 'x', ApproximateReceiveCount: {} } }],
    },
    { kind: 'sqs' },
  ],
  [
    'no batch is too large',
    {
      Records: Array.from({ length: 4000 }, () => ({
        eventSource: 'aws:sqs',
        attributes: { SentTimestamp: '5' },
      })),
    },
    { kind: 'sqs', sentMs: 5 },
  ],
];

test.each(cases)('%s', (_, event, expected) => {
  const { attempt, kind, sentMs } = eventSource(parseLambdaEvent(Buffer.from(JSON.stringify(event))));
  expect({
    kind,
    ...(attempt === undefined ? {} : { attempt }),
    ...(sentMs === undefined ? {} : { sentMs }),
  }).toEqual(expected);
});
