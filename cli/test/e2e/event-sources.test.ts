// A handler's own AWS SDK publishes to the event sources of the local cloud, and their functions hear of it.
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type JsRuntime, Livectl, project, repository } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** In Lambda the SDK comes with the runtime; here it is this repository's. */
const sdk = `import { createRequire } from 'node:module';
const require = createRequire(${JSON.stringify(join(repository, 'package.json'))});
`;

const settings = { runtime: 'nodejs22.x', timeout: 10 };

function serve(files: Record<string, string>, functions: Record<string, object>, runtime: JsRuntime) {
  const { root, remove } = project({ ...files, 'livectl.json': JSON.stringify({ functions }) });
  cleanups.push(remove);
  const livectl = new Livectl(['serve', '--local', '--port', '0', '--format', 'json', '--root', root], {
    runtime,
  });
  cleanups.push(() => livectl.dispose());
  return livectl;
}

describe.each(['node', 'deno'] as const)('serve --local under %s', (runtime) => {
  test('what a handler publishes to a topic reaches its subscriber', async () => {
    const api = `${sdk}
      const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns');
      const sns = new SNSClient({});
      export const handler = async ({ queryStringParameters: { order } }) => {
        const { MessageId } = await sns.send(new PublishCommand({ TopicArn: process.env.TOPIC_ARN, Message: order }));
        return MessageId;
      };`;
    const worker = `export const handler = async ({ Records: [{ Sns }] }) => {
      console.log(Sns.MessageId, Sns.Message);
      if (Sns.Message === 'bad') throw new Error('will not');
    };`;
    const livectl = serve(
      { 'api.mjs': api, 'worker.mjs': worker },
      {
        api: {
          ...settings,
          handler: 'api.handler',
          environment: { TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:live-debug-local-orders' },
        },
        worker: { ...settings, handler: 'worker.handler', triggers: { sns: { topic_name: 'orders' } } },
      },
      runtime,
    );
    const { url } = await livectl.event('ready');
    const id = await (await fetch(`${url}/api?order=42`)).text();
    expect(await livectl.event('published')).toEqual({
      event: 'published',
      source: 'sns',
      resource: 'live-debug-local-orders',
      id,
      functions: ['worker'],
    });
    const invoke = await livectl.event('invoke', (event) => event.function === 'worker');
    expect(invoke.trigger).toBe('SNS live-debug-local-orders');
    const log = await livectl.event('log', (event) => event.function === 'worker');
    expect(log.message).toBe(`${id} 42`);
    expect(await livectl.event('result', (event) => event.function === 'worker')).toMatchObject({ ok: true });

    const badId = await (await fetch(`${url}/api?order=bad`)).text();
    const retry = await livectl.event('retry');
    expect(retry).toMatchObject({ function: 'worker', source: 'sns', attempt: 1, attempts: 3, in_ms: 1000 });
    expect(await livectl.event('dead_letter')).toEqual({
      event: 'dead_letter',
      function: 'worker',
      source: 'sns',
      resource: 'live-debug-local-orders',
      ids: [badId],
      attempts: 3,
      reason: 'Error: will not',
    });
    const failed = () => livectl.events.filter((event) => event.event === 'result' && !event.ok);
    await livectl.until(() => failed().length === 3, 'three failures');
    expect(failed()).toMatchObject([{ id: retry.id }, { id: retry.id }, { id: retry.id }]);
  });

  test('a handler reaches every source with its SDK as it comes', async () => {
    const api = `${sdk}
      const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
      const { EventBridgeClient, PutEventsCommand } = require('@aws-sdk/client-eventbridge');
      const { S3Client, PutObjectCommand, GetObjectCommand } = require('@aws-sdk/client-s3');
      const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');
      const { KinesisClient, PutRecordCommand } = require('@aws-sdk/client-kinesis');
      const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');
      export const handler = async () => {
        const QueueUrl = process.env.AWS_ENDPOINT_URL + '/000000000000/live-debug-local-sqs';
        await new SQSClient({}).send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
        const Entries = [{ Source: 'mine', DetailType: 'Thing', Detail: '{}' }];
        await new EventBridgeClient({}).send(new PutEventsCommand({ Entries }));
        const object = { Bucket: 'live-debug-local-s3', Key: 'a b' };
        await new S3Client({}).send(new PutObjectCommand({ ...object, Body: 'content' }));
        const TableName = 'live-debug-local-dynamodb';
        await new DynamoDBClient({}).send(new PutItemCommand({ TableName, Item: { id: { S: 'a' } } }));
        const StreamName = 'live-debug-local-kinesis';
        await new KinesisClient({}).send(new PutRecordCommand({ StreamName, Data: Buffer.from('x'), PartitionKey: 'a' }));
        await new LambdaClient({}).send(new InvokeCommand({ FunctionName: 'invoked', InvocationType: 'Event', Payload: '{}' }));
        const { Body } = await new S3Client({}).send(new GetObjectCommand(object));
        return Body.transformToString();
      };`;
    const hear = { ...settings, handler: 'hear.handler' };
    const livectl = serve(
      { 'api.mjs': api, 'hear.mjs': 'export const handler = async () => {};' },
      {
        api: { ...settings, timeout: 30, handler: 'api.handler' },
        sqs: { ...hear, triggers: { sqs: {} } },
        eventbridge: { ...hear, triggers: { eventbridge: { event_pattern: '{"source":["mine"]}' } } },
        s3: { ...hear, triggers: { s3: {} } },
        dynamodb: { ...hear, triggers: { dynamodb: {} } },
        kinesis: { ...hear, triggers: { kinesis: {} } },
        invoked: hear,
      },
      runtime,
    );
    const { url } = await livectl.event('ready');
    expect(await (await fetch(`${url}/api`)).text()).toBe('content');
    const triggers: Record<string, string> = {
      sqs: 'SQS live-debug-local-sqs',
      eventbridge: 'EventBridge mine Thing',
      s3: 'S3 ObjectCreated:Put live-debug-local-s3',
      dynamodb: 'DynamoDB stream live-debug-local-dynamodb',
      kinesis: 'Kinesis live-debug-local-kinesis',
      invoked: 'invoke',
    };
    for (const [name, trigger] of Object.entries(triggers)) {
      expect(await livectl.event('invoke', (event) => event.function === name)).toMatchObject({ trigger });
      expect(await livectl.event('result', (event) => event.function === name)).toMatchObject({ ok: true });
    }
  });
});

test('a service that the local cloud does not have: the error says what to set', async () => {
  const api = `${sdk}
    const { LambdaClient, ListFunctionsCommand } = require('@aws-sdk/client-lambda');
    export const handler = async () => {
      const other = new LambdaClient({ endpoint: process.env.AWS_ENDPOINT_URL + '/other' });
      return other.send(new ListFunctionsCommand({})).catch((error) => error.name + ': ' + error.message);
    };`;
  const livectl = serve({ 'api.mjs': api }, { api: { ...settings, handler: 'api.handler' } }, 'node');
  const { url } = await livectl.event('ready');
  expect(await (await fetch(`${url}/api`)).text()).toBe(
    'UnknownOperationException: The local cloud of livectl does not emulate lambda: set AWS_ENDPOINT_URL_LAMBDA for the function, or for livectl, to its endpoint; see docs/local-cloud.md.',
  );
});
