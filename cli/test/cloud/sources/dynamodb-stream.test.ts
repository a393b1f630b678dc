// DynamoDB streams in the local cloud: changes made by AWS's SDK reach functions in order.
import {
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from 'vitest';
import { shapeOf } from './shape.ts';
import { type Invoked, type SourceWorld, startSources, type TriggersInput } from './source-world.ts';

let world: SourceWorld;
let dynamodb: DynamoDBClient;

async function start(trigger: TriggersInput['dynamodb'] = {}, answer?: (invoked: Invoked) => void) {
  world = await startSources({ hear: { dynamodb: trigger } }, answer);
  dynamodb = new DynamoDBClient(world.client);
}

afterEach(async () => {
  dynamodb.destroy();
  await world.close();
});

const TableName = 'live-debug-local-hear';
const put = (id: string, message: string) =>
  dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: id }, message: { S: message } } }));
const succeed = (invoked: Invoked) => invoked.succeed();
const records = () => world.invoked.all.flatMap(({ event }) => event.Records);

// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html, with the time that streams say
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html).
const documented = {
  Records: [
    {
      eventID: '2',
      eventVersion: '1.0',
      dynamodb: {
        ApproximateCreationDateTime: 1479499740,
        OldImage: { message: { S: 'New item!' }, id: { S: '101' } },
        SequenceNumber: '222',
        Keys: { id: { S: '101' } },
        SizeBytes: 59,
        NewImage: { message: { S: 'This item has changed' }, id: { S: '101' } },
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      awsRegion: 'us-east-2',
      eventName: 'MODIFY',
      eventSourceARN: 'arn:aws:dynamodb:us-east-2:123456789012:table/my-table/stream/2023-06-10T19:26:16.525',
      eventSource: 'aws:dynamodb',
    },
  ],
};

describe('changes', () => {
  test('arrive as the documented events, in order', async () => {
    await start({}, succeed);
    const Key = { id: { S: '101' } };
    await put('101', 'New item!');
    await dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET message = :m',
        ExpressionAttributeValues: { ':m': { S: 'This item has changed' } },
      }),
    );
    await put('101', 'This item has changed');
    await dynamodb.send(new DeleteItemCommand({ TableName, Key }));
    await dynamodb.send(new DeleteItemCommand({ TableName, Key }));
    await world.invoked.until(() => records().length === 3);
    expect(shapeOf({ Records: [records()[1]] })).toEqual(shapeOf(documented));
    const images = (each: { eventName: string; dynamodb: Record<string, { message?: { S: string } }> }) => [
      each.eventName,
      each.dynamodb.OldImage?.message?.S,
      each.dynamodb.NewImage?.message?.S,
    ];
    expect(records().map(images)).toEqual([
      ['INSERT', undefined, 'New item!'],
      ['MODIFY', 'New item!', 'This item has changed'],
      ['REMOVE', 'This item has changed', undefined],
    ]);
    expect(records()[1]).toMatchObject({
      eventSourceARN: world.targets('hear').dynamodb?.stream_arn,
      dynamodb: { Keys: { id: { S: '101' } }, SizeBytes: 59 },
    });
    const numbers = records().map((each) => BigInt(each.dynamodb.SequenceNumber));
    expect([...numbers].sort()).toEqual(numbers);
  });

  test.each([
    ['KEYS_ONLY', []],
    ['NEW_IMAGE', ['NewImage']],
    ['OLD_IMAGE', ['OldImage']],
  ] as const)('of view type %s have %j', async (stream_view_type, expected) => {
    await start({ stream_view_type }, succeed);
    await put('a', '1');
    await put('a', '2');
    await world.invoked.until(() => records().length === 2);
    const images = Object.keys(records()[1].dynamodb).filter((name) => name.endsWith('Image'));
    expect(images).toEqual(expected);
    expect(records()[1].dynamodb.StreamViewType).toBe(stream_view_type);
  });

  test('that a function fails at are tried until it succeeds', async () => {
    let attempts = 0;
    await start({}, (invoked) => {
      attempts += 1;
      if (attempts < 3) invoked.fail();
      else invoked.succeed();
    });
    await put('a', '1');
    await put('b', '2');
    expect([await world.clock.fireNext(), await world.clock.fireNext()]).toEqual([1000, 2000]);
    await world.invoked.count(4);
    const ids = world.invoked.all.map(({ event }) => event.Records[0].dynamodb.Keys.id.S);
    expect(ids).toEqual(['a', 'a', 'a', 'b']);
    expect(world.told.all.find(({ type }) => type === 'retry')).toMatchObject({
      source: 'dynamodb',
      resource: TableName,
    });
  });
});

describe('the table', () => {
  test('has the keys and the stream of the trigger', async () => {
    await start({ hash_key: 'customer', range_key: 'order' });
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      KeySchema: [
        { AttributeName: 'customer', KeyType: 'HASH' },
        { AttributeName: 'order', KeyType: 'RANGE' },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      LatestStreamArn: world.targets('hear').dynamodb?.stream_arn,
    });
    for (const order of ['2', '1', '3']) {
      const Item = { customer: { S: 'c' }, order: { S: order } };
      await dynamodb.send(new PutItemCommand({ TableName, Item }));
    }
    const page = await dynamodb.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'customer = :c AND #o > :o',
        ExpressionAttributeNames: { '#o': 'order' },
        ExpressionAttributeValues: { ':c': { S: 'c' }, ':o': { S: '1' } },
        Limit: 1,
      }),
    );
    expect(page.Items).toEqual([{ customer: { S: 'c' }, order: { S: '2' } }]);
    expect(page.LastEvaluatedKey).toEqual({ customer: { S: 'c' }, order: { S: '2' } });
  });

  test('without a sort key has one attribute for a key', async () => {
    await start();
    await put('a', '1');
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: 'a' } } }));
    expect(Item).toEqual({ id: { S: 'a' }, message: { S: '1' } });
    const both = { id: { S: 'a' }, message: { S: '1' } };
    await expect(dynamodb.send(new GetItemCommand({ TableName, Key: both }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The provided key element does not match the schema',
    });
    const found = await dynamodb.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': { S: 'a' } },
      }),
    );
    expect(found.Items).toHaveLength(1);
  });

  test('that is not there is ResourceNotFoundException', async () => {
    await start();
    const command = new PutItemCommand({ TableName: 'other', Item: { id: { S: 'a' } } });
    await expect(dynamodb.send(command)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('refuses more than the local cloud holds, and keeps what there was', async () => {
    await start();
    const large = 'x'.repeat(390_000);
    const written: string[] = [];
    const failure = await (async () => {
      for (let index = 0; index < 200; index += 1) {
        await put(`i${index}`, large);
        written.push(`i${index}`);
      }
    })().catch((error: Error) => error);
    expect(failure).toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    const get = async (id: string) =>
      (await dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }))).Item;
    expect(await get(`i${written.length}`)).toBeUndefined();
    expect(await get(written.at(-1) ?? '')).toBeDefined();
  });
});
