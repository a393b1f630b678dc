// What event sources hold goes from one cloud to the next, as after a save of livectl.json: nothing is lost or run twice.
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { expect, onTestFinished, test } from 'vitest';
import { ManualClock } from '../../../../protocol/test/manual-clock.ts';
import { KeptCloud } from '../../../src/cloud/kept-cloud.ts';
import { type Invoked, type SourceWorld, startSources, type TriggersInput } from './source-world.ts';

type Triggers = Readonly<Record<string, TriggersInput>>;

/** Starts one world after another, each with what the one before has left. */
function rounds() {
  const clock = new ManualClock(Date.now());
  const kept = new KeptCloud();
  let world: SourceWorld | undefined;
  onTestFinished(() => world?.close());
  return async (triggers: Triggers) => {
    await world?.close();
    world = await startSources(triggers, undefined, { clock, kept });
    return world;
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const bodiesOf = (all: readonly Invoked[]) => all.map(({ event }) => event.Records[0].body as string);

test('SQS: what waits, what is worked on and what is hidden; nothing is delivered while it is paused', async () => {
  const next = rounds();
  const first = await next({ work: { sqs: { batch_size: 1 } } });
  first.sources.resume();
  const send = async ({ client, targets }: SourceWorld, MessageBody: string, more: object = {}) => {
    const sqs = new SQSClient(client);
    await sqs.send(
      new SendMessageCommand({ QueueUrl: targets('work').sqs?.queue_url, MessageBody, ...more }),
    );
    sqs.destroy();
  };
  await send(first, 'done');
  (await first.invoked.next()).succeed();
  await settled();
  await send(first, 'cut off');
  const cutOff = await first.invoked.next();
  let isOver = false;
  void first.sources.pause().then(() => {
    isOver = true;
  });
  await send(first, 'waits');
  await send(first, 'delayed', { DelaySeconds: 60 });
  await settled();
  expect([isOver, first.invoked.all.length]).toEqual([false, 2]);

  const second = await next({ work: { sqs: { batch_size: 1 } }, other: { sqs: {} } });
  // Its answer came too late.
  cutOff.fail();
  await settled();
  expect(isOver).toBe(true);
  expect(second.invoked.all).toEqual([]);
  second.sources.resume();
  await second.invoked.count(2);
  expect(bodiesOf(second.invoked.all).sort()).toEqual(['cut off', 'waits']);
  for (const { event, succeed } of second.invoked.all) {
    expect(event.Records[0].attributes.ApproximateReceiveCount).toBe('1');
    succeed();
  }
  await settled();
  second.clock.advance(60_000);
  await second.invoked.count(3);
  expect(bodiesOf(second.invoked.all)[2]).toBe('delayed');
});

test('SNS: a retry goes on where it was, and ends with its function', async () => {
  const next = rounds();
  const first = await next({ hear: { sns: {} }, gone: { sns: {} } });
  first.sources.resume();
  const sns = new SNSClient(first.client);
  onTestFinished(() => sns.destroy());
  for (const name of ['hear', 'gone'])
    await sns.send(new PublishCommand({ TopicArn: first.targets(name).sns?.topic_arn, Message: 'm' }));
  await first.invoked.count(2);
  for (const { fail } of first.invoked.all) fail();
  await first.told.until(() => first.told.all.filter(({ type }) => type === 'retry').length === 2);

  const second = await next({ hear: { sns: {} } });
  second.sources.resume();
  second.clock.advance(999);
  await settled();
  expect(second.invoked.all).toEqual([]);
  second.clock.advance(1);
  const again = await second.invoked.next();
  expect(again.functionName).toBe('hear');
  again.fail();
  const retry = await second.told.first(({ type }) => type === 'retry');
  expect(retry).toMatchObject({ attempt: 2, functionName: 'hear' });
  expect(second.invoked.all).toHaveLength(1);
});

test('S3 keeps objects; DynamoDB items and unread records, unless the key changes; Kinesis unread records', async () => {
  const triggers = { save: { s3: {} }, table: { dynamodb: { hash_key: 'id' } }, read: { kinesis: {} } };
  const next = rounds();
  const first = await next(triggers);
  const clients = ({ client }: SourceWorld) => ({
    s3: new S3Client(client),
    dynamodb: new DynamoDBClient(client),
    kinesis: new KinesisClient({ ...client, requestHandler: new NodeHttpHandler() }),
  });
  const Bucket = 'live-debug-local-save';
  const TableName = 'live-debug-local-table';
  const id = { S: 'one' };
  const { dynamodb, kinesis, s3 } = clients(first);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'content' }));
  await dynamodb.send(new PutItemCommand({ TableName, Item: { id, n: { N: '1' } } }));
  const StreamName = 'live-debug-local-read';
  await kinesis.send(new PutRecordCommand({ StreamName, Data: Buffer.from('r'), PartitionKey: 'a' }));
  for (const each of [dynamodb, kinesis, s3]) each.destroy();

  const second = await next(triggers);
  second.sources.resume();
  const after = clients(second);
  const object = await after.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  expect(await object.Body?.transformToString()).toBe('content');
  const { Item } = await after.dynamodb.send(new GetItemCommand({ TableName, Key: { id } }));
  expect(Item).toEqual({ id, n: { N: '1' } });
  await second.invoked.count(3);
  expect(second.invoked.all.map(({ functionName }) => functionName).sort()).toEqual([
    'read',
    'save',
    'table',
  ]);
  for (const { succeed } of second.invoked.all) succeed();
  await second.sources.pause();

  const third = await next({ ...triggers, table: { dynamodb: { hash_key: 'other' } } });
  third.sources.resume();
  const last = new DynamoDBClient(third.client);
  const key = { other: { S: 'one' } };
  expect((await last.send(new GetItemCommand({ TableName, Key: key }))).Item).toBeUndefined();
  await settled();
  // What was done is not done again.
  expect(third.invoked.all).toEqual([]);
  for (const each of [after.dynamodb, after.kinesis, after.s3, last]) each.destroy();
});

test('a rate counts on; another one begins anew', async () => {
  const next = rounds();
  const rate = (schedule_expression: string) => ({ tick: { schedule: { schedule_expression } } });
  const first = await next(rate('rate(5 minutes)'));
  first.sources.resume();
  first.clock.advance(4 * 60_000);
  const second = await next(rate('rate(5 minutes)'));
  second.sources.resume();
  second.clock.advance(60_000);
  (await second.invoked.next()).succeed();
  await settled();
  const third = await next(rate('rate(10 minutes)'));
  third.sources.resume();
  third.clock.advance(9 * 60_000);
  await settled();
  expect(third.invoked.all).toEqual([]);
});
