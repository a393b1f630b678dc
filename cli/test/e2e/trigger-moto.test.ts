// `trigger --stage` with the real SDK paths against moto_server, an AWS that is not ours: what arrives, and what is said
// of resources that aren't there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateStreamCommand,
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
} from '@aws-sdk/client-kinesis';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Moto } from '../../../terraform/test/moto.ts';
import { missingTool } from '../../../terraform/test/terraform-cli.ts';
import { type Ran, runLivectl } from './livectl-process.ts';
import { manifestItem } from './stage-manifest-item.ts';

const stage = 'dev-tom';
const isLacking = missingTool('moto_server', 'python3') !== undefined;

describe.skipIf(isLacking)(
  'against moto_server (skipped where it is not installed: pip install moto[server])',
  () => {
    let moto: Moto;
    let folder: string;
    let config: {
      endpoint: string;
      region: string;
      credentials: { accessKeyId: string; secretAccessKey: string };
    };
    let sqs: SQSClient;
    let queueUrl: string;
    let fifoUrl: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'livectl-moto-'));
      moto = await Moto.start();
      config = {
        endpoint: moto.environment.AWS_ENDPOINT_URL ?? '',
        region: 'eu-west-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      };
      sqs = new SQSClient(config);
      const queue = async (name: string, attributes = {}) => {
        const { QueueUrl = '' } = await sqs.send(
          new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
        );
        const { Attributes } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
        );
        return { url: QueueUrl, arn: Attributes?.QueueArn ?? '' };
      };
      const main = await queue('orders');
      queueUrl = main.url;
      const fifo = await queue('orders.fifo', { FifoQueue: 'true' });
      fifoUrl = fifo.url;
      const sns = new SNSClient(config);
      const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'orders' }));
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: main.arn }));
      const events = new EventBridgeClient(config);
      const pattern = JSON.stringify({ source: ['shop.orders'], 'detail-type': ['OrderPlaced'] });
      await events.send(new PutRuleCommand({ Name: 'orders', EventPattern: pattern }));
      await events.send(new PutTargetsCommand({ Rule: 'orders', Targets: [{ Id: '1', Arn: main.arn }] }));
      const s3 = new S3Client({ ...config, forcePathStyle: true });
      const location = { LocationConstraint: 'eu-west-1' } as const;
      await s3.send(new CreateBucketCommand({ Bucket: 'orders', CreateBucketConfiguration: location }));
      const kinesis = new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() });
      await kinesis.send(new CreateStreamCommand({ StreamName: 'orders', ShardCount: 1 }));
      const { StreamDescription } = await kinesis.send(new DescribeStreamCommand({ StreamName: 'orders' }));
      const dynamodb = new DynamoDBClient(config);
      const table = (name: string, hash: string, range: string) =>
        dynamodb.send(
          new CreateTableCommand({
            TableName: name,
            BillingMode: 'PAY_PER_REQUEST',
            KeySchema: [
              { AttributeName: hash, KeyType: 'HASH' },
              { AttributeName: range, KeyType: 'RANGE' },
            ],
            AttributeDefinitions: [hash, range].map((AttributeName) => ({
              AttributeName,
              AttributeType: 'S',
            })),
          }),
        );
      await table(`live-debug-${stage}`, 'stage', 'item');
      await table('orders', 'id', 'kind');
      const gone = 'arn:aws:sns:eu-west-1:123456789012:gone';
      const there = {
        sns: { topic_arn: TopicArn },
        sqs: { queue_url: main.url, queue_arn: main.arn },
        eventbridge: { event_bus_name: 'default', event_pattern: pattern },
        s3: { bucket: 'orders', filter_prefix: 'in/', filter_suffix: '.txt' },
        dynamodb: {
          table_name: 'orders',
          stream_arn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000',
        },
        kinesis: { stream_name: 'orders', stream_arn: StreamDescription?.StreamARN },
      };
      const item = manifestItem(stage, 'wss://relay.example/live', {
        worker: there,
        ordered: { sqs: { queue_url: fifo.url, queue_arn: fifo.arn } },
        lost: {
          ...there,
          sns: { topic_arn: gone },
          sqs: { queue_url: `${main.url}-gone`, queue_arn: `${main.arn}-gone` },
          s3: { bucket: 'gone' },
          dynamodb: { ...there.dynamodb, table_name: 'gone' },
          kinesis: { ...there.kinesis, stream_name: 'gone' },
        },
      });
      await dynamodb.send(new PutItemCommand({ TableName: `live-debug-${stage}`, Item: item }));
    }, 120_000);

    afterAll(async () => {
      await moto?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    function livectl(args: readonly string[], input?: Buffer): Promise<Ran> {
      const env = {
        ...moto.environment,
        XDG_STATE_HOME: folder,
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      };
      return runLivectl(['trigger', ...args, '--stage', stage], {
        env,
        cwd: folder,
        ...(input ? { input } : {}),
      });
    }

    async function ids(args: readonly string[], input?: Buffer): Promise<Record<string, string>> {
      const { stderr, stdout } = await livectl([...args, '--no-wait', '--format', 'json'], input);
      expect(stderr).toBe('');
      const told = JSON.parse(stdout) as { ids: Record<string, string>; message?: string };
      expect(told.message).toBeUndefined();
      return told.ids;
    }

    async function received(url: string) {
      const output = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 1,
          WaitTimeSeconds: 10,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['MessageGroupId'],
        }),
      );
      return output.Messages?.[0];
    }

    test('sns', async () => {
      const args = [
        'sns',
        'worker',
        '--message',
        'tea',
        '--subject',
        'order',
        '--attribute',
        'price:Number=3',
      ];
      const { message_id: id } = await ids(args);
      const envelope = JSON.parse((await received(queueUrl))?.Body ?? '');
      expect(envelope).toMatchObject({
        MessageId: id,
        Message: 'tea',
        Subject: 'order',
        MessageAttributes: { price: { Type: 'Number', Value: '3' } },
      });
    });

    test('sqs, the body from stdin', async () => {
      const { message_id: id } = await ids(
        ['sqs', 'worker', '--body', '-', '--attribute', 'kind=order'],
        Buffer.from('from stdin'),
      );
      expect(await received(queueUrl)).toMatchObject({
        MessageId: id,
        Body: 'from stdin',
        MessageAttributes: { kind: { DataType: 'String', StringValue: 'order' } },
      });
    });

    test('sqs FIFO: the group is needed, and arrives', async () => {
      const lacking = await livectl(['sqs', 'ordered', '--body', 'x', '--no-wait']);
      expect(lacking.stderr).toMatch(/sqs needs --group/);
      await ids(['sqs', 'ordered', '--body', 'x', '--group', 'g', '--deduplication-id', 'd']);
      expect(await received(fifoUrl)).toMatchObject({ Body: 'x', Attributes: { MessageGroupId: 'g' } });
    });

    test('eventbridge: source and detail type from the pattern', async () => {
      const told = await ids(['eventbridge', 'worker', '--detail', '{"id": 7}']);
      expect(told).toMatchObject({ source: 'shop.orders', detail_type: 'OrderPlaced' });
      const event = JSON.parse((await received(queueUrl))?.Body ?? '');
      expect(event).toMatchObject({
        source: 'shop.orders',
        'detail-type': 'OrderPlaced',
        detail: { id: 7 },
      });
    });

    test('s3: a file under the filter’s prefix, with metadata', async () => {
      const bytes = Buffer.from([0, 255, 10, 13]);
      writeFileSync(join(folder, 'cat.txt'), bytes);
      const { key } = await ids(['s3', 'worker', '--file', 'cat.txt', '--metadata', 'kind=cat']);
      expect(key).toBe('in/cat.txt');
      const s3 = new S3Client({ ...config, forcePathStyle: true });
      const object = await s3.send(new GetObjectCommand({ Bucket: 'orders', Key: key }));
      expect(Buffer.from((await object.Body?.transformToByteArray()) ?? [])).toEqual(bytes);
      expect(object.Metadata).toEqual({ kind: 'cat' });
    });

    test('s3: reports when the function will not be invoked', async () => {
      const { stdout } = await livectl(['s3', 'worker', '--text', 'x', '--key', 'out/x.txt', '--no-wait']);
      expect(stdout).toContain('worker only receives events for keys that begin with in/');
    });

    test.each([
      ['plain JSON', '{"id":"1","kind":"a","total":7,"tags":["x",null],"deep":{"yes":true}}'],
      [
        'DynamoDB’s',
        '{"id":{"S":"1"},"kind":{"S":"a"},"total":{"N":"7"},"tags":{"L":[{"S":"x"},{"NULL":true}]},"deep":{"M":{"yes":{"BOOL":true}}}}',
      ],
    ])('dynamodb: an item in %s', async (_kind, item) => {
      await ids(['dynamodb', 'worker', '--item', item]);
      const key = { id: { S: '1' }, kind: { S: 'a' } };
      const dynamodb = new DynamoDBClient(config);
      const output = await dynamodb.send(new GetItemCommand({ TableName: 'orders', Key: key }));
      expect(output.Item).toEqual({
        ...key,
        total: { N: '7' },
        tags: { L: [{ S: 'x' }, { NULL: true }] },
        deep: { M: { yes: { BOOL: true } } },
      });
    });

    test('kinesis: bytes as they are', async () => {
      const bytes = Buffer.from([0, 200, 10]);
      const told = await ids(['kinesis', 'worker', '--data', '-', '--partition-key', 'k'], bytes);
      const kinesis = new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() });
      const { ShardIterator } = await kinesis.send(
        new GetShardIteratorCommand({
          StreamName: 'orders',
          ShardId: told.shard_id,
          ShardIteratorType: 'TRIM_HORIZON',
        }),
      );
      const { Records } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
      expect(Records?.map(({ Data }) => Buffer.from(Data ?? []))).toEqual([bytes]);
      expect(Records?.[0]).toMatchObject({ PartitionKey: 'k', SequenceNumber: told.sequence_number });
    });

    test.each([
      ['sns', ['--message', 'x'], /there is no arn:aws:sns:eu-west-1:123456789012:gone in eu-west-1/],
      ['sqs', ['--body', 'x'], /there is no arn:aws:sqs:.*:orders-gone in eu-west-1/],
      ['s3', ['--text', 'x', '--key', 'y'], /there is no arn:aws:s3:::gone\/y in eu-west-1/],
      ['dynamodb', ['--item', '{"id":"1"}'], /there is no arn:aws:dynamodb:.*:table\/orders in eu-west-1/],
      ['kinesis', ['--data', 'x'], /there is no arn:aws:kinesis:.* in eu-west-1/],
      ['lambda', [], /there is no lost in eu-west-1/],
    ])('%s: a resource that is gone', async (source, flags, says) => {
      const { code, stderr } = await livectl([source, 'lost', ...flags]);
      expect(stderr).toMatch(says);
      expect(stderr).toMatch(/apply the module again/);
      expect(code).toBe(2);
    });

    test('any other refusal is reported in the service’s words', async () => {
      const { code, stderr } = await livectl(['dynamodb', 'worker', '--item', '{"total":1}']);
      expect(stderr).toMatch(/dynamodb:PutItem on .*orders failed: ValidationException: .+/);
      expect(code).toBe(1);
    });
  },
);
