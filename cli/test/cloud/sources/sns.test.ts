// SNS in the local cloud: published by AWS's SDK, delivered as Lambda's events, tried again as Lambda does.
import { PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, describe, expect, test } from 'vitest';
import { shapeOf } from './shape.ts';
import { type Invoked, type SourceWorld, startSources, type TriggersInput } from './source-world.ts';

let world: SourceWorld;
let sns: SNSClient;

async function start(triggers: Record<string, TriggersInput>, answer?: (invoked: Invoked) => void) {
  world = await startSources(triggers, answer);
  sns = new SNSClient(world.client);
}

afterEach(async () => {
  sns.destroy();
  await world.close();
});

const topicOf = (name: string) => world.targets(name).sns?.topic_arn ?? '';

// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
const documented = {
  Records: [
    {
      EventVersion: '1.0',
      EventSubscriptionArn:
        'arn:aws:sns:us-east-1:123456789012:sns-lambda:21be56ed-a058-49f5-8c98-aedd2564c486',
      EventSource: 'aws:sns',
      Sns: {
        SignatureVersion: '1',
        Timestamp: '2019-01-02T12:45:07.000Z',
        Signature: 'tcc6faL2yUC6dgZdmrwh1Y4cGa/ebXEkAi6RibDsvpi+tE/1+82j...65r==',
        SigningCertUrl:
          'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ac565b8b1a6c5d002d285f9598aa1d9b.pem',
        MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
        Message: 'Hello from SNS!',
        MessageAttributes: {
          Test: { Type: 'String', Value: 'TestString' },
          TestBinary: { Type: 'Binary', Value: 'TestBinary' },
        },
        Type: 'Notification',
        UnsubscribeUrl:
          'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:123456789012:test-lambda:21be56ed-a058-49f5-8c98-aedd2564c486',
        TopicArn: 'arn:aws:sns:us-east-1:123456789012:sns-lambda',
        Subject: 'TestInvoke',
      },
    },
  ],
};

describe('a message', () => {
  test('arrives as the documented event, with everything that was published', async () => {
    await start({ hear: { sns: {} } });
    const TopicArn = topicOf('hear');
    const { MessageId } = await sns.send(
      new PublishCommand({
        TopicArn,
        Message: 'Grüße & <more>\r\n✓',
        Subject: 'TestInvoke',
        MessageAttributes: {
          Test: { DataType: 'String', StringValue: 'a+b c' },
          TestBinary: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
        },
      }),
    );
    const { event, functionName } = await world.invoked.next();
    expect(functionName).toBe('hear');
    expect(shapeOf(event)).toEqual(shapeOf(documented));
    expect(event.Records[0].Sns).toMatchObject({
      Message: 'Grüße & <more>\r\n✓',
      MessageId,
      TopicArn,
      Subject: 'TestInvoke',
      Timestamp: new Date(world.clock.now()).toISOString(),
      MessageAttributes: {
        Test: { Type: 'String', Value: 'a+b c' },
        TestBinary: { Type: 'Binary', Value: 'AP8=' },
      },
    });
    expect(world.told.all).toEqual([
      {
        type: 'published',
        source: 'sns',
        resource: 'live-debug-local-hear',
        id: MessageId,
        functionNames: ['hear'],
      },
    ]);
  });

  test('without a subject has a subject of null', async () => {
    await start({ hear: { sns: {} } });
    await sns.send(new PublishCommand({ TopicArn: topicOf('hear'), Message: 'x' }));
    const { event } = await world.invoked.next();
    expect(event.Records[0].Sns).toMatchObject({ Subject: null, MessageAttributes: {} });
  });

  test('of structure json is the text for lambda, else the default one', async () => {
    await start({ hear: { sns: {} } });
    const TopicArn = topicOf('hear');
    for (const texts of [
      { default: 'd', lambda: 'l' },
      { default: 'd', email: 'e' },
    ]) {
      await sns.send(
        new PublishCommand({ TopicArn, MessageStructure: 'json', Message: JSON.stringify(texts) }),
      );
    }
    expect((await world.invoked.next()).event.Records[0].Sns.Message).toBe('l');
    expect((await world.invoked.next()).event.Records[0].Sns.Message).toBe('d');
  });

  test('goes to every function that shares the topic, also to one given by its ARN', async () => {
    const topic_arn = 'arn:aws:sns:eu-west-1:123456789012:orders';
    await start({ a: { sns: { topic_arn } }, b: { sns: { topic_arn } }, c: { sns: {} } });
    // A client of another Region is taken as well.
    const abroad = new SNSClient({ ...world.client, region: 'eu-west-1' });
    await abroad.send(new PublishCommand({ TopicArn: topic_arn, Message: 'x' }));
    abroad.destroy();
    await world.invoked.count(2);
    expect(world.invoked.all.map(({ functionName }) => functionName)).toEqual(['a', 'b']);
  });

  test('batches report each entry', async () => {
    await start({ hear: { sns: {} } });
    const answer = await sns.send(
      new PublishBatchCommand({
        TopicArn: topicOf('hear'),
        PublishBatchRequestEntries: [
          { Id: 'one', Message: '1', MessageAttributes: { n: { DataType: 'Number', StringValue: '7' } } },
          { Id: 'two', Message: '2', Subject: 'line\nbreak' },
          { Id: 'three', Message: '3', Subject: 'x'.repeat(100) },
          { Id: 'four', Message: '4', Subject: ' Grüße 🍵'.padEnd(99, 'x') },
        ],
      }),
    );
    expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['one', 'four']);
    const refused = { Code: 'InvalidParameter', Message: 'Invalid parameter: Subject', SenderFault: true };
    expect(answer.Failed).toEqual([
      { Id: 'two', ...refused },
      { Id: 'three', ...refused },
    ]);
    expect((await world.invoked.next()).event.Records[0].Sns.MessageAttributes).toEqual({
      n: { Type: 'Number', Value: '7' },
    });
  });
});

describe('filter policies', () => {
  const publish = async (message: string, attributes: Record<string, [string, string]> = {}) => {
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, [DataType, StringValue]]) => [name, { DataType, StringValue }]),
    );
    await sns.send(new PublishCommand({ TopicArn: topicOf('hear'), Message: message, MessageAttributes }));
    const told = world.told.all.at(-1);
    return told?.type === 'published' ? told.functionNames.length === 1 : undefined;
  };

  test('look at attributes by default: text, numbers and arrays', async () => {
    const policy = {
      store: ['example_corp'],
      price: [{ numeric: ['>=', 100] }],
      tags: [{ 'anything-but': 'x' }],
    };
    await start({ hear: { sns: { filter_policy: JSON.stringify(policy) } } });
    const good: Record<string, [string, string]> = {
      store: ['String', 'example_corp'],
      price: ['Number', '100.5'],
      tags: ['String.Array', '["x","y"]'],
    };
    expect(await publish('m', good)).toBe(true);
    expect(await publish('m', { ...good, price: ['Number', '99'] })).toBe(false);
    expect(await publish('m', { ...good, price: ['String', '100.5'] })).toBe(false);
    expect(await publish('m', { ...good, tags: ['String.Array', '["x"]'] })).toBe(false);
    expect(await publish(JSON.stringify(policy))).toBe(false);
  });

  test('match the body where the scope says so', async () => {
    const filter_policy = JSON.stringify({ order: { kind: [{ prefix: 'bo' }] } });
    await start({ hear: { sns: { filter_policy, filter_policy_scope: 'MessageBody' } } });
    expect(await publish('{"order":{"kind":"book"}}')).toBe(true);
    expect(await publish('{"order":{"kind":"car"}}')).toBe(false);
    expect(await publish('no JSON')).toBe(false);
  });

  test('that are invalid are refused at the start', async () => {
    await expect(
      startSources({ hear: { sns: { filter_policy: '{"a":[{"prefx":"b"}]}' } } }),
    ).rejects.toMatchObject({
      code: 'LD_CONFIG',
      message: expect.stringContaining(
        'hear: triggers.sns.filter_policy is not a valid filter policy: a "prefx" is not a matcher',
      ),
    });
    await start({});
  });
});

describe('a function that fails', () => {
  test('is tried twice more, then given up on', async () => {
    await start({ hear: { sns: {} } }, (invoked) => invoked.fail());
    const { MessageId } = await sns.send(new PublishCommand({ TopicArn: topicOf('hear'), Message: 'x' }));
    const { options } = await world.invoked.next();
    expect(await world.clock.fireNext()).toBe(1000);
    expect((await world.invoked.next()).options.id).toBe(options.id);
    expect(await world.clock.fireNext()).toBe(2000);
    expect((await world.invoked.next()).options.id).toBe(options.id);
    await world.told.count(4);
    const shared = {
      source: 'sns',
      resource: 'live-debug-local-hear',
      functionName: 'hear',
      reason: 'TypeError: no',
    };
    expect(world.told.all.slice(1)).toEqual([
      { type: 'retry', ...shared, id: options.id, attempt: 1, attempts: 3, delayMs: 1000 },
      { type: 'retry', ...shared, id: options.id, attempt: 2, attempts: 3, delayMs: 2000 },
      { type: 'dead_letter', ...shared, ids: [MessageId], attempts: 3 },
    ]);
    expect(world.invoked.all).toHaveLength(3);
  });

  test('is not tried again once it succeeded', async () => {
    let attempts = 0;
    await start({ hear: { sns: {} } }, (invoked) => {
      attempts += 1;
      if (attempts === 1) invoked.fail();
      else invoked.succeed();
    });
    await sns.send(new PublishCommand({ TopicArn: topicOf('hear'), Message: 'x' }));
    await world.clock.fireNext();
    await world.invoked.count(2);
    expect(world.told.all.map(({ type }) => type)).toEqual(['published', 'retry']);
  });

  test('is not tried again after the end', async () => {
    await start({ hear: { sns: {} } }, (invoked) => invoked.fail());
    await sns.send(new PublishCommand({ TopicArn: topicOf('hear'), Message: 'x' }));
    await world.clock.untilSet(1000);
    world.sources.close();
    world.clock.advance(10_000);
    expect(world.invoked.all).toHaveLength(1);
  });
});

describe('a loop', () => {
  test('ends after sixteen invocations in one chain of requests', async () => {
    const publishes: Promise<unknown>[] = [];
    await start({ hear: { sns: {} } }, (invoked) => {
      // What the AWS SDK does inside of a function.
      const publish = new PublishCommand({ TopicArn: topicOf('hear'), Message: 'again' });
      publish.middlewareStack.add(
        (next) => (args) => {
          (args.request as { headers: Record<string, string> }).headers['X-Amzn-Trace-Id'] =
            invoked.options.traceId ?? '';
          return next(args);
        },
        { step: 'build' },
      );
      publishes.push(sns.send(publish).then(() => invoked.succeed()));
    });
    await sns.send(new PublishCommand({ TopicArn: topicOf('hear'), Message: 'begin' }));
    const end = await world.told.first(({ type }) => type === 'dead_letter');
    expect(end).toMatchObject({
      functionName: 'hear',
      attempts: 0,
      reason: 'hear was invoked 16 times in one chain of requests: a loop',
    });
    expect(world.invoked.all).toHaveLength(16);
    await Promise.all(publishes);
  });
});

describe('what AWS refuses', () => {
  test.each<[string, ConstructorParameters<typeof PublishCommand>[0], string, string]>([
    [
      'a topic that is not there',
      { TopicArn: 'arn:aws:sns:us-east-1:000000000000:other', Message: 'x' },
      'NotFoundException',
      'Topic does not exist',
    ],
    [
      'what is not an ARN',
      { TopicArn: 'other', Message: 'x' },
      'InvalidParameterException',
      'Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1',
    ],
    [
      'no topic',
      { Message: 'x' },
      'InvalidParameterException',
      'Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter',
    ],
    [
      'no message',
      { TopicArn: 'HEAR', Message: '' },
      'InvalidParameterException',
      'Invalid parameter: Empty message',
    ],
    [
      'a message too large',
      { TopicArn: 'HEAR', Message: 'x'.repeat(256 * 1024 + 1) },
      'InvalidParameterException',
      'Invalid parameter: Message too long',
    ],
    [
      'a structure without default',
      { TopicArn: 'HEAR', Message: '{}', MessageStructure: 'json' },
      'InvalidParameterException',
      'Invalid parameter: Message Structure - No default entry in JSON message body',
    ],
  ])('%s', async (_, input, name, message) => {
    await start({ hear: { sns: {} } });
    const TopicArn = input.TopicArn === 'HEAR' ? topicOf('hear') : input.TopicArn;
    await expect(sns.send(new PublishCommand({ ...input, TopicArn }))).rejects.toMatchObject({
      name,
      message,
    });
    expect(world.invoked.all).toEqual([]);
  });

  test('unknown keys', async () => {
    await start({ hear: { sns: {} } });
    const credentials = { accessKeyId: 'AKIAOTHER', secretAccessKey: 'x' };
    const stranger = new SNSClient({ ...world.client, credentials });
    await expect(
      stranger.send(new PublishCommand({ TopicArn: topicOf('hear'), Message: 'x' })),
    ).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    stranger.destroy();
  });

  test('more than the local cloud holds', async () => {
    await start({ hear: { sns: {} } });
    const TopicArn = topicOf('hear');
    const Message = 'x'.repeat(250 * 1024);
    const many = await Promise.allSettled(
      Array.from({ length: 300 }, () => sns.send(new PublishCommand({ TopicArn, Message }))),
    );
    const refused = many.filter((each) => each.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    // Ten at a time; the next one when one is done.
    expect(world.invoked.all).toHaveLength(10);
    world.invoked.all[3]?.succeed();
    await world.invoked.count(11);
    expect(refused[0]?.reason).toMatchObject({ name: 'ThrottledException' });
  });
});
