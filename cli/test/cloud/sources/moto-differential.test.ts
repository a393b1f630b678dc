// The event sources of the local cloud and moto_server, an emulator by others: the same calls, the same answers.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateStreamCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Moto } from '../../../../terraform/test/moto.ts';
import { missingTool } from '../../../../terraform/test/terraform-cli.ts';
import { type SourceWorld, startSources } from './source-world.ts';

const isLacking = missingTool('moto_server', 'python3') !== undefined;

const name = 'live-debug-local-it';
const topicArn = (account: string) => `arn:aws:sns:us-east-1:${account}:${name}`;

/** One of the two sides: the clients, and how its account is called. */
interface Side {
  readonly account: string;
  readonly url: string;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly events: EventBridgeClient;
  readonly s3: S3Client;
  readonly kinesis: KinesisClient;
}

let world: SourceWorld;
let moto: Moto;
let sides: readonly [ours: Side, moto: Side];

function sideOf(account: string, client: SourceWorld['client']): Side {
  return {
    account,
    url: client.endpoint,
    sns: new SNSClient(client),
    sqs: new SQSClient(client),
    events: new EventBridgeClient(client),
    s3: new S3Client(client),
    kinesis: new KinesisClient({ ...client, requestHandler: new NodeHttpHandler() }),
  };
}

describe.skipIf(isLacking)('as moto_server answers', () => {
  beforeAll(async () => {
    // No function reads the queue: its dead-letter queue stands for a queue without one.
    world = await startSources({
      it: { sns: {}, eventbridge: { event_pattern: '{"source":["a"]}' }, s3: {}, kinesis: {} },
      other: { sqs: { queue_name: 'polled' } },
    });
    moto = await Moto.start();
    const endpoint = moto.environment.AWS_ENDPOINT_URL ?? '';
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: 'test' };
    sides = [
      sideOf('000000000000', world.client),
      sideOf('123456789012', { ...world.client, endpoint, credentials }),
    ];
    const [, { sns, sqs, s3, kinesis }] = sides;
    await sns.send(new CreateTopicCommand({ Name: name }));
    await sqs.send(new CreateQueueCommand({ QueueName: 'live-debug-local-polled-dlq' }));
    await s3.send(new CreateBucketCommand({ Bucket: name }));
    await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: 4 }));
  }, 150_000);

  afterAll(async () => {
    for (const { sns, sqs, events, s3, kinesis } of sides ?? []) {
      for (const client of [sns, sqs, events, s3, kinesis]) client.destroy();
    }
    await moto?.stop();
    await world?.close();
  });

  /** Both answers without what is new each time; errors by name and status. */
  async function both(call: (side: Side) => Promise<unknown>): Promise<unknown> {
    const [ours, theirs] = await Promise.all(
      sides.map(async (side) => {
        try {
          return normal(await call(side));
        } catch (error) {
          const { name: code, $metadata } = error as {
            name: string;
            $metadata?: { httpStatusCode?: number };
          };
          return { code, status: $metadata?.httpStatusCode };
        }
      }),
    );
    expect(ours).toEqual(theirs);
    return ours;
  }

  test('SNS', async () => {
    await both(({ sns, account }) =>
      sns.send(new PublishCommand({ TopicArn: topicArn(account), Message: 'x' })),
    );
    const MessageAttributes = { a: { DataType: 'Number', StringValue: '1' } };
    await both(({ sns, account }) =>
      sns.send(
        new PublishBatchCommand({
          TopicArn: topicArn(account),
          PublishBatchRequestEntries: [
            { Id: 'one', Message: '1', MessageAttributes },
            { Id: 'two', Message: '2' },
          ],
        }),
      ),
    );
    expect(
      await both(({ sns, account }) =>
        sns.send(new PublishCommand({ TopicArn: `${topicArn(account)}x`, Message: 'x' })),
      ),
    ).toMatchObject({ code: 'NotFoundException' });
    const long = { Message: 'x'.repeat(256 * 1024 + 1) };
    await both(({ sns, account }) => sns.send(new PublishCommand({ TopicArn: topicArn(account), ...long })));
    // An empty batch is taken by moto; AWS refuses it.
    for (const ids of [['a', 'a'], Array.from({ length: 11 }, (_, index) => `i${index}`)]) {
      const PublishBatchRequestEntries = ids.map((Id) => ({ Id, Message: 'x' }));
      await both(({ sns, account }) =>
        sns.send(new PublishBatchCommand({ TopicArn: topicArn(account), PublishBatchRequestEntries })),
      );
    }
  });

  test('SQS', async () => {
    const queueUrl = ({ url, account }: Side) => `${url}/${account}/live-debug-local-polled-dlq`;
    const attribute = {
      s: { DataType: 'String', StringValue: 'ü' },
      b: { DataType: 'Binary', BinaryValue: Buffer.from([1]) },
    };
    await both((side) =>
      side.sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl(side),
          MessageBody: 'body',
          MessageAttributes: attribute,
        }),
      ),
    );
    const receive = (side: Side) =>
      side.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl(side),
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
          VisibilityTimeout: 60,
        }),
      );
    const handles = new Map<Side, string | undefined>();
    await both(async (side) => {
      const answer = await receive(side);
      handles.set(side, answer.Messages?.[0]?.ReceiptHandle);
      return answer;
    });
    await both(receive);
    const handleOf = (side: Side) => ({ QueueUrl: queueUrl(side), ReceiptHandle: handles.get(side) });
    await both((side) =>
      side.sqs.send(new ChangeMessageVisibilityCommand({ ...handleOf(side), VisibilityTimeout: 30 })),
    );
    await both((side) => side.sqs.send(new DeleteMessageCommand(handleOf(side))));
    await both((side) =>
      side.sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl(side),
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'VisibilityTimeout',
          ],
        }),
      ),
    );
    await both((side) =>
      side.sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl(side),
          Entries: [
            { Id: 'a', MessageBody: '1' },
            { Id: 'b', MessageBody: '2' },
          ],
        }),
      ),
    );
    for (const ids of [[], ['a', 'a'], Array.from({ length: 11 }, (_, index) => `i${index}`)]) {
      const Entries = ids.map((Id) => ({ Id, MessageBody: 'x' }));
      await both((side) => side.sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl(side), Entries })));
    }
    expect(
      await both((side) =>
        side.sqs.send(new SendMessageCommand({ QueueUrl: `${queueUrl(side)}x`, MessageBody: 'x' })),
      ),
    ).toMatchObject({ code: 'QueueDoesNotExist', status: 400 });
    await both(({ sqs }) => sqs.send(new GetQueueUrlCommand({ QueueName: 'other' })));
  });

  test('EventBridge', async () => {
    const entry = { Source: 'a', DetailType: 'b', Detail: '{}' };
    await both(({ events }) =>
      events.send(new PutEventsCommand({ Entries: [entry, { ...entry, Detail: 'x' }] })),
    );
    await both(({ events }) => events.send(new PutEventsCommand({ Entries: [{ ...entry, Source: '' }] })));
    await both(({ events }) =>
      events.send(new PutEventsCommand({ Entries: [{ ...entry, DetailType: '' }] })),
    );
    await both(({ events }) =>
      events.send(new PutEventsCommand({ Entries: Array.from({ length: 11 }, () => entry) })),
    );
  });

  test('S3', async () => {
    const at = (Key: string) => ({ Bucket: name, Key });
    const said = { ContentType: 'text/plain', Metadata: { a: 'b' } };
    for (const key of ['a/1', 'a/2', 'b c', 'd+e', 'ü']) {
      await both(({ s3 }) => s3.send(new PutObjectCommand({ ...at(key), Body: key, ...said })));
    }
    const get = async ({ s3 }: Side) => {
      const answer = await s3.send(new GetObjectCommand(at('ü')));
      return { ...answer, Body: await answer.Body?.transformToString() };
    };
    await both(get);
    await both(({ s3 }) => s3.send(new HeadObjectCommand(at('d+e'))));
    await both(({ s3 }) => s3.send(new ListObjectsV2Command({ Bucket: name, Delimiter: '/' })));
    await both(({ s3 }) =>
      s3.send(new ListObjectsV2Command({ Bucket: name, Prefix: 'a/', StartAfter: 'a/1' })),
    );
    await both(({ s3 }) => s3.send(new DeleteObjectCommand(at('ü'))));
    await both(({ s3 }) => s3.send(new DeleteObjectCommand(at('never was'))));
    await both(({ s3 }) => s3.send(new PutObjectCommand({ ...at('b c'), Body: 'x', IfNoneMatch: '*' })));
    expect(await both(({ s3 }) => s3.send(new GetObjectCommand(at('ü'))))).toEqual({
      code: 'NoSuchKey',
      status: 404,
    });
    expect(await both(({ s3 }) => s3.send(new HeadObjectCommand(at('ü'))))).toEqual({
      code: 'NotFound',
      status: 404,
    });
    const elsewhere = { Bucket: 'other', Key: 'a' };
    expect(await both(({ s3 }) => s3.send(new GetObjectCommand(elsewhere)))).toEqual({
      code: 'NoSuchBucket',
      status: 404,
    });
  });

  test('Kinesis', async () => {
    const Data = Buffer.from('x');
    for (const PartitionKey of ['a', 'b', 'c', 'd', 'e', 'f']) {
      // The shard is told, and must be the same one.
      await both(({ kinesis }) =>
        kinesis.send(new PutRecordCommand({ StreamName: name, Data, PartitionKey })),
      );
    }
    const Records = ['0', `${2n ** 127n}`].map((ExplicitHashKey) => ({
      Data,
      PartitionKey: 'a',
      ExplicitHashKey,
    }));
    await both(({ kinesis }) => kinesis.send(new PutRecordsCommand({ StreamName: name, Records })));
    expect(
      await both(({ kinesis }) =>
        kinesis.send(new PutRecordCommand({ StreamName: 'other', Data, PartitionKey: 'a' })),
      ),
    ).toMatchObject({ code: 'ResourceNotFoundException', status: 400 });
  });
});

/** New each time, or of the transport. */
const changing =
  /^(MessageId|EventId|ReceiptHandle|SequenceNumber|LastModified|\$metadata|ErrorMessage|AcceptRanges|EncryptionType|ServerSideEncryption|Checksum.*)$/;

function normal(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      // Whether an empty list is written differs between AWS's protocols; SDKs read both the same way.
      .filter(([key, each]) => each !== undefined && !isEmptyList(each) && !changing.test(key))
      .map(([key, each]) => [key, normal(each)]),
  );
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
