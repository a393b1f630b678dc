// SQS in the local cloud: sent by AWS's SDK, polled as Lambda's event source mapping does it.
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from 'vitest';
import { shapeOf } from './shape.ts';
import { type Invoked, type SourceWorld, startSources, type TriggersInput } from './source-world.ts';

let world: SourceWorld;
let sqs: SQSClient;

async function start(triggers: Record<string, TriggersInput>, answer?: (invoked: Invoked) => void) {
  world = await startSources(triggers, answer);
  sqs = new SQSClient(world.client);
}

afterEach(async () => {
  sqs.destroy();
  await world.close();
});

const queueUrl = () => world.targets('work').sqs?.queue_url ?? '';
const deadLetterUrl = () => world.targets('work').sqs?.dead_letter_queue_url ?? '';

const send = (MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody, ...more }));
const sendAll = (bodies: readonly string[], more: object = {}) =>
  sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: queueUrl(),
      Entries: bodies.map((MessageBody, index) => ({ Id: `m${index}`, MessageBody, ...more })),
    }),
  );
const receive = (QueueUrl: string, more: object = {}) =>
  sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      ...more,
    }),
  );
const bodiesOf = ({ event }: Invoked): string[] => event.Records.map((each: { body: string }) => each.body);
const reporting = { function_response_types: ['ReportBatchItemFailures' as const] };

// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html; the checksum is left out there and comes in truth.
const documented = {
  Records: [
    {
      messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
      receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
      body: 'Test message.',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1545082649183',
        SenderId: 'AIDAIENQZJOLO23YVJ4VO',
        ApproximateFirstReceiveTimestamp: '1545082649185',
      },
      messageAttributes: {
        myAttribute: {
          stringValue: 'myValue',
          stringListValues: [],
          binaryListValues: [],
          dataType: 'String',
        },
      },
      md5OfMessageAttributes: 'a3b0c44298fc1c149afbf4c8996fb924',
      md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:my-queue',
      awsRegion: 'us-east-2',
    },
  ],
};

describe('a message', () => {
  test('arrives as the documented event', async () => {
    await start({ work: { sqs: {} } });
    const sent = await send('Test message.', {
      MessageAttributes: { myAttribute: { DataType: 'String', StringValue: 'myValue' } },
    });
    const { event, functionName } = await world.invoked.next();
    expect(functionName).toBe('work');
    expect(shapeOf(event)).toEqual(shapeOf(documented));
    expect(event.Records[0]).toMatchObject({
      messageId: sent.MessageId,
      body: 'Test message.',
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(world.clock.now()) },
      messageAttributes: { myAttribute: { stringValue: 'myValue', dataType: 'String' } },
      md5OfBody: sent.MD5OfMessageBody,
      md5OfMessageAttributes: sent.MD5OfMessageAttributes,
      eventSourceARN: world.targets('work').sqs?.queue_arn,
      awsRegion: 'us-east-1',
    });
  });

  test('is deleted when the function succeeds, and hidden while it works', async () => {
    await start({ work: { sqs: {} } });
    await send('x');
    const invoked = await world.invoked.next();
    const counts = async () => {
      const AttributeNames = ['All' as const];
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl(), AttributeNames }),
      );
      return [Attributes?.ApproximateNumberOfMessages, Attributes?.ApproximateNumberOfMessagesNotVisible];
    };
    expect(await counts()).toEqual(['0', '1']);
    expect((await receive(queueUrl())).Messages).toBeUndefined();
    invoked.succeed();
    await Promise.resolve();
    await expect.poll(counts).toEqual(['0', '0']);
  });

  test('with a delay arrives after it', async () => {
    await start({ work: { sqs: {} } });
    await send('later', { DelaySeconds: 5 });
    expect(world.invoked.all).toEqual([]);
    world.clock.advance(5000);
    expect(bodiesOf(await world.invoked.next())).toEqual(['later']);
  });
});

describe('batches', () => {
  test('hold a limited number of messages', async () => {
    await start({ work: { sqs: { batch_size: 2 } } });
    await sendAll(['1', '2', '3']);
    // The first is taken as soon as it is there.
    await world.invoked.count(2);
    for (const invoked of world.invoked.all) invoked.succeed();
    await world.invoked.until(() => world.invoked.all.flatMap(bodiesOf).length === 3);
    expect(world.invoked.all.every((each) => bodiesOf(each).length <= 2)).toBe(true);
  });

  test('are five at a time; what comes meanwhile is batched', async () => {
    await start({ work: { sqs: {} } });
    for (const body of ['1', '2', '3', '4', '5', '6', '7']) await send(body);
    expect(world.invoked.all.map(bodiesOf)).toEqual([['1'], ['2'], ['3'], ['4'], ['5']]);
    world.invoked.all[2]?.succeed();
    await world.invoked.count(6);
    expect(bodiesOf(world.invoked.all[5] as Invoked)).toEqual(['6', '7']);
  });

  test('wait for the window to fill, and no longer', async () => {
    const sqsTrigger = { batch_size: 3, maximum_batching_window_in_seconds: 20 };
    await start({ work: { sqs: sqsTrigger } }, (invoked) => invoked.succeed());
    await send('1');
    await send('2');
    expect(world.invoked.all).toEqual([]);
    world.clock.advance(20_000);
    expect(bodiesOf(await world.invoked.next())).toEqual(['1', '2']);
    await sendAll(['3', '4', '5', '6']);
    expect(bodiesOf(await world.invoked.next())).toEqual(['3', '4', '5']);
    expect(world.invoked.all).toHaveLength(2);
    world.clock.advance(20_000);
    expect(bodiesOf(await world.invoked.next())).toEqual(['6']);
  });
});

describe('a function that fails', () => {
  test('gets the message again after its visibility timeout, and at last the dead-letter queue has it', async () => {
    await start({ work: { sqs: { visibility_timeout_seconds: 30, max_receive_count: 2 } } }, (invoked) =>
      invoked.fail(),
    );
    const sentAt = world.clock.now();
    const { MessageId } = await send('bad');
    const { options } = await world.invoked.next();
    const shared = {
      source: 'sqs',
      resource: 'live-debug-local-work',
      functionName: 'work',
      reason: 'TypeError: no',
    };
    expect(await world.told.first(({ type }) => type === 'retry')).toEqual({
      type: 'retry',
      ...shared,
      id: options.id,
      attempt: 1,
      attempts: 2,
      delayMs: 30_000,
    });
    world.clock.advance(29_999);
    expect(world.invoked.all).toHaveLength(1);
    world.clock.advance(1);
    const second = await world.invoked.next();
    expect(second.event.Records[0].attributes.ApproximateReceiveCount).toBe('2');
    // Another invocation, unlike asynchronous retries.
    expect(second.options.id).not.toBe(options.id);
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(30_000);
    expect(await world.told.first(({ type }) => type === 'dead_letter')).toEqual({
      type: 'dead_letter',
      ...shared,
      ids: [MessageId],
      attempts: 2,
      deadLetterQueue: 'live-debug-local-work-dlq',
    });
    expect(world.invoked.all).toHaveLength(2);
    const { Messages } = await receive(deadLetterUrl());
    expect(Messages).toMatchObject([{ Body: 'bad', MessageId, Attributes: { SentTimestamp: `${sentAt}` } }]);
  });

  test('without a visibility timeout of its own waits six times its timeout', async () => {
    await start({ work: { sqs: {} } }, (invoked) => invoked.fail());
    await send('bad');
    expect(await world.told.first(({ type }) => type === 'retry')).toMatchObject({ delayMs: 18_000 });
  });

  test.each<[string, unknown, readonly string[]]>([
    ['one', { batchItemFailures: [{ itemIdentifier: 'SECOND' }] }, ['b']],
    ['an empty list', { batchItemFailures: [] }, []],
    ['null', { batchItemFailures: null }, []],
    ['an empty object', {}, []],
    ['nothing', null, []],
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }, ['a', 'b']],
    ['null for an identifier', { batchItemFailures: [{ itemIdentifier: null }] }, ['a', 'b']],
    ['a wrong key', { batchItemFailures: [{ itemId: 'x' }] }, ['a', 'b']],
    ['an unknown identifier', { batchItemFailures: [{ itemIdentifier: 'x' }] }, ['a', 'b']],
    ['text', 'failed', ['a', 'b']],
  ])('by report of %s', async (_, answer, again) => {
    await start({
      work: { sqs: { ...reporting, visibility_timeout_seconds: 10, maximum_batching_window_in_seconds: 1 } },
    });
    await sendAll(['a', 'b']);
    world.clock.advance(1000);
    const invoked = await world.invoked.next();
    invoked.succeed(JSON.parse(JSON.stringify(answer).replace('SECOND', invoked.event.Records[1].messageId)));
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(10_000);
    world.clock.advance(1000);
    expect(world.invoked.all.slice(1).flatMap(bodiesOf)).toEqual(again);
  });

  test('whose report is not enabled succeeds whatever it contains', async () => {
    await start({ work: { sqs: { visibility_timeout_seconds: 10 } } }, (invoked) =>
      invoked.succeed({ batchItemFailures: [{ itemIdentifier: invoked.event.Records[0].messageId }] }),
    );
    await send('a');
    await world.invoked.count(1);
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(60_000);
    expect(world.invoked.all).toHaveLength(1);
  });
});

describe('FIFO queues', () => {
  const fifo = (more: object = {}) => ({ work: { sqs: { fifo_queue: true, batch_size: 1, ...more } } });
  const sendTo = (
    MessageGroupId: string,
    body: string,
    MessageDeduplicationId = `${MessageGroupId}${body}`,
  ) => send(body, { MessageGroupId, MessageDeduplicationId });

  test('deliver each group in order, one after the other, and groups beside each other', async () => {
    await start(fifo());
    for (const [group, body] of [
      ['a', 'a1'],
      ['a', 'a2'],
      ['b', 'b1'],
      ['a', 'a3'],
    ] as const)
      await sendTo(group, body);
    await world.invoked.count(2);
    expect(world.invoked.all.flatMap(bodiesOf)).toEqual(['a1', 'b1']);
    expect(world.invoked.all[0]?.event.Records[0].attributes).toMatchObject({
      MessageGroupId: 'a',
      MessageDeduplicationId: 'aa1',
      SequenceNumber: expect.stringMatching(/^\d{20}$/),
    });
    world.invoked.all[0]?.succeed();
    await world.invoked.count(3);
    world.invoked.all[2]?.succeed();
    await world.invoked.count(4);
    expect(world.invoked.all.flatMap(bodiesOf)).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  test('keep the order when one fails', async () => {
    const tried: string[] = [];
    await start(fifo({ visibility_timeout_seconds: 5 }), (invoked) => {
      const [body = ''] = bodiesOf(invoked);
      if (tried.push(body) === 1) invoked.fail();
      else invoked.succeed();
    });
    await sendTo('a', '1');
    await sendTo('a', '2');
    await world.told.first(({ type }) => type === 'retry');
    expect(tried).toEqual(['1']);
    world.clock.advance(5000);
    await world.invoked.count(3);
    expect(tried).toEqual(['1', '1', '2']);
  });

  test('take a message once in five minutes', async () => {
    await start(fifo(), (invoked) => invoked.succeed());
    const first = await sendTo('a', '1', 'same');
    const second = await sendTo('a', 'other', 'same');
    expect(second.MessageId).toBe(first.MessageId);
    expect(second.SequenceNumber).toBe(first.SequenceNumber);
    world.clock.advance(5 * 60_000);
    await sendTo('a', '1', 'same');
    await world.invoked.count(2);
    expect(world.invoked.all.flatMap(bodiesOf)).toEqual(['1', '1']);
  });

  test('give up on two messages of one deduplication id, each under its own', async () => {
    await start(fifo({ max_receive_count: 1, visibility_timeout_seconds: 400 }), (invoked) => invoked.fail());
    const sent = [await sendTo('a', '1', 'same')];
    await world.invoked.count(1);
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(400_000);
    sent.push(await sendTo('a', '2', 'same'));
    await world.invoked.count(2);
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(400_000);
    const { Messages = [] } = await receive(deadLetterUrl());
    expect(Messages.map(({ MessageId }) => MessageId)).toEqual(sent.map(({ MessageId }) => MessageId));
    expect(Messages.map(({ Attributes }) => Attributes?.MessageDeduplicationId)).toEqual(
      sent.map(({ MessageId }) => MessageId),
    );
  });

  test('want a group and a deduplication id', async () => {
    await start(fifo());
    await expect(send('x')).rejects.toMatchObject({
      message: 'The request must contain the parameter MessageGroupId.',
    });
    await expect(send('x', { MessageGroupId: 'a' })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('ContentBasedDeduplication'),
    });
  });
});

describe('a queue without a function', () => {
  test('is read by hand: long polling, visibility, deletion', async () => {
    await start({ work: { sqs: { max_receive_count: 1, visibility_timeout_seconds: 1 } } }, (invoked) =>
      invoked.fail(),
    );
    const QueueUrl = deadLetterUrl();
    const waiting = receive(QueueUrl, { WaitTimeSeconds: 20 });
    await world.clock.untilSet(20_000);
    await send('dead');
    await world.invoked.count(1);
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(1000);
    const [message] = (await waiting).Messages ?? [];
    expect(message?.Body).toBe('dead');
    const ReceiptHandle = message?.ReceiptHandle;
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    const [again] = (await receive(QueueUrl)).Messages ?? [];
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again?.ReceiptHandle }));
    world.clock.advance(60_000);
    expect((await receive(QueueUrl)).Messages).toBeUndefined();
  });
});

describe('what AWS refuses', () => {
  test('a queue that is not there', async () => {
    await start({ work: { sqs: {} } });
    const wrong = { name: 'QueueDoesNotExist', message: 'The specified queue does not exist.' };
    await expect(send('x', { QueueUrl: `${world.endpointUrl}/000000000000/other` })).rejects.toMatchObject(
      wrong,
    );
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'other' }))).rejects.toMatchObject(wrong);
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'live-debug-local-work' }));
    expect(QueueUrl).toBe(queueUrl());
  });

  test('messages that can not be', async () => {
    await start({ work: { sqs: {} } });
    await expect(send('\u0000')).rejects.toMatchObject({ name: 'InvalidMessageContents' });
    await expect(send('x'.repeat(1024 * 1024 + 1))).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(sendAll([])).rejects.toMatchObject({ name: 'EmptyBatchRequest' });
    expect(world.invoked.all).toEqual([]);
  });

  test('more than the local cloud holds', async () => {
    await start({ work: { sqs: {} } });
    const body = 'x'.repeat(1024 * 1024);
    const many = await Promise.allSettled(Array.from({ length: 70 }, () => send(body)));
    expect(many.filter(({ status }) => status === 'fulfilled')).toHaveLength(64);
    expect(many.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { name: 'OverLimit' } });
  });
});
