// The ids of what caused an event, in the sample events of AWS's documentation (shortened).
import { expect, test } from 'vitest';
import { keysTrace } from '../../src/manifest/sources/dynamodb-keys.ts';
import { parseLambdaEvent } from '../../src/session/lambda-event.ts';
import { sourceIds } from '../../src/session/source-ids.ts';

const cases: readonly (readonly [source: string, event: unknown, ids: readonly string[]])[] = [
  ['HTTP API', { version: '2.0', requestContext: { requestId: 'JKJaXmPLvHcESHA=' } }, ['JKJaXmPLvHcESHA=']],
  ['SNS', { Records: [{ EventSource: 'aws:sns', Sns: { MessageId: '95df01b4' } }] }, ['95df01b4']],
  [
    'SQS batch',
    { Records: [{ messageId: '059f36b4' }, { messageId: '2e1424d4' }] },
    ['059f36b4', '2e1424d4'],
  ],
  [
    'EventBridge',
    { id: '7bf73129', 'detail-type': 'EC2 Instance', source: 'aws.ec2', detail: {} },
    ['7bf73129'],
  ],
  [
    'S3, with an encoded key',
    {
      Records: [
        {
          eventSource: 'aws:s3',
          responseElements: { 'x-amz-request-id': 'C3D13FE58DE4C810' },
          s3: { object: { key: 'my+folder/a%2Bb.txt', eTag: 'd41d8cd9' } },
        },
      ],
    },
    ['C3D13FE58DE4C810', 'my folder/a+b.txt#d41d8cd9'],
  ],
  [
    'DynamoDB',
    { Records: [{ eventName: 'INSERT', dynamodb: { Keys: { sort: { N: '1' }, id: { S: 'a' } } } }] },
    ['{"id":{"S":"a"},"sort":{"N":"1"}}'],
  ],
  ['Kinesis', { Records: [{ kinesis: { sequenceNumber: '4959033827' } }] }, ['4959033827']],
  ['a plain payload with an id', { id: '1', order: 7 }, []],
  ['odd fields', { Records: [{ messageId: 7, s3: { object: { key: '%E0%A4%A' } } }] }, ['%E0%A4%A#']],
];

test.each(cases)('%s', (_source, event, ids) => {
  expect(sourceIds(parseLambdaEvent(Buffer.from(JSON.stringify(event))))).toEqual(ids);
});

test('anything but JSON has none', () => {
  expect(sourceIds(parseLambdaEvent(Buffer.from('{"Records":')))).toEqual([]);
});

test('a key is the same text whatever the order of its attributes', () => {
  expect(keysTrace({ sort: { N: '1' }, id: { S: 'a' } })).toBe('{"id":{"S":"a"},"sort":{"N":"1"}}');
});
