// The directory's own matters: who may do what, time to live, pages, and what it refuses to do wrongly.
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createDeveloper,
  createPrincipal,
  createStubRole,
  tableArn,
} from '../../../src/cloud/aws-api/access.ts';
import {
  addDecimals,
  compareDecimals,
  decimalText,
  parseDecimal,
  subtractDecimals,
} from '../../../src/cloud/dynamodb/decimal.ts';
import { HandClock } from '../hand-clock.ts';
import { awsClient } from '../signing.ts';
import { admin, type DirectoryServer, startDirectory, tableName } from './dynamodb-server.ts';

const stub = createStubRole(tableName, 'dev');
const developer = createDeveloper(tableName, 'dev');
const stranger = createPrincipal('stranger/test', []);
const TableName = tableName;

let clock: HandClock;
let server: DirectoryServer;
let client: DynamoDBClient;

beforeEach(async () => {
  clock = new HandClock();
  server = await startDirectory(clock, [stub, developer, stranger]);
  client = server.client(admin);
});

afterEach(() => server.close());

const key = (item: string, stage = 'dev') => ({ stage: { S: stage }, item: { S: item } });
const put = (item: string, more = {}, stage = 'dev') =>
  client.send(new PutItemCommand({ TableName, Item: { ...key(item, stage), ...more } }));

describe('access', () => {
  test('a stub reads its own stage', async () => {
    await put('manifest');
    const reader = server.client(stub);
    expect((await reader.send(new GetItemCommand({ TableName, Key: key('manifest') }))).Item).toEqual(
      key('manifest'),
    );
    const query = { KeyConditionExpression: 'stage = :s', ExpressionAttributeValues: { ':s': { S: 'dev' } } };
    expect((await reader.send(new QueryCommand({ TableName, ...query }))).Count).toBe(1);
    const batch = { RequestItems: { [TableName]: { Keys: [key('manifest')] } } };
    expect((await reader.send(new BatchGetItemCommand(batch))).Responses?.[TableName]).toHaveLength(1);
  });

  test('and nothing else, in the words of IAM', async () => {
    const reader = server.client(stub);
    const refused = (action: string) => ({
      name: 'AccessDeniedException',
      message: `User: arn:aws:sts::000000000000:assumed-role/live-debug-stub-dev/local is not authorized to perform: dynamodb:${action} on resource: arn:aws:dynamodb:us-east-1:000000000000:table/live-debug-test because no identity-based policy allows the dynamodb:${action} action`,
    });
    const other = key('manifest', 'prod');
    const query = {
      KeyConditionExpression: 'stage = :s',
      ExpressionAttributeValues: { ':s': { S: 'prod' } },
    };
    const calls: [string, Promise<unknown>][] = [
      ['PutItem', reader.send(new PutItemCommand({ TableName, Item: key('x') }))],
      ['UpdateItem', reader.send(new UpdateItemCommand({ TableName, Key: key('x') }))],
      ['DeleteItem', reader.send(new DeleteItemCommand({ TableName, Key: key('x') }))],
      ['DescribeTable', reader.send(new DescribeTableCommand({ TableName }))],
      ['Scan', reader.send(new ScanCommand({ TableName }))],
      ['GetItem', reader.send(new GetItemCommand({ TableName, Key: other }))],
      ['Query', reader.send(new QueryCommand({ TableName, ...query }))],
      [
        'BatchGetItem',
        reader.send(
          new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key('manifest'), other] } } }),
        ),
      ],
    ];
    for (const [action, call] of calls) await expect(call).rejects.toMatchObject(refused(action));
    expect((await client.send(new QueryCommand({ TableName, ...query }))).Count).toBe(0);
  });

  test('a developer writes; a stranger does nothing; nobody can read another table', async () => {
    const writer = server.client(developer);
    await writer.send(new PutItemCommand({ TableName, Item: key('client#*') }));
    await writer.send(new DeleteItemCommand({ TableName, Key: key('client#*') }));
    const denied = { name: 'AccessDeniedException' };
    await expect(
      server.client(stranger).send(new GetItemCommand({ TableName, Key: key('x') })),
    ).rejects.toMatchObject(denied);
    await expect(
      writer.send(new GetItemCommand({ TableName: 'other', Key: key('x') })),
    ).rejects.toMatchObject(denied);
  });

  test('a developer writes nothing but client items, and reads the manifest’s partition; a stub does not', async () => {
    await put('manifest', { document: { S: '{}' } }, 'dev#manifest');
    await put('secret', { secret: { S: 'x' } }, 'dev#manifest');
    const writer = server.client(developer);
    const get = (item: string) => new GetItemCommand({ TableName, Key: key(item, 'dev#manifest') });
    expect((await writer.send(get('secret'))).Item).toMatchObject({ secret: { S: 'x' } });
    const item = { ...key('client#*'), publicKey: { S: 'key' }, filter: { S: '{}' } };
    await writer.send(new PutItemCommand({ TableName, Item: item }));
    const update = (expression: string, Key = key('client#*')) =>
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: expression,
        ExpressionAttributeValues: { ':x': { S: 'x' } },
      });
    await writer.send(update('SET publicKey = :x'));
    const denied = { name: 'AccessDeniedException' };
    for (const refused of [
      new PutItemCommand({ TableName, Item: { ...item, document: { S: '{}' } } }),
      new PutItemCommand({ TableName, Item: { ...key('manifest'), document: { S: '{}' } } }),
      new PutItemCommand({ TableName, Item: { ...item, ...key('manifest', 'dev#manifest') } }),
      new PutItemCommand({ TableName, Item: { ...key('client#*', 'prod') } }),
    ]) {
      await expect(writer.send(refused)).rejects.toMatchObject(denied);
    }
    for (const refused of [
      update('SET document = :x'),
      update('SET publicKey = if_not_exists(document, :x)'),
      update('SET publicKey = :x', key('secret', 'dev#manifest')),
    ]) {
      await expect(writer.send(refused)).rejects.toMatchObject(denied);
    }
    const remove = new DeleteItemCommand({ TableName, Key: key('secret', 'dev#manifest') });
    await expect(writer.send(remove)).rejects.toMatchObject(denied);
    await expect(server.client(stub).send(get('secret'))).rejects.toMatchObject(denied);
    await expect(server.client(stub).send(get('manifest'))).rejects.toMatchObject(denied);
  });

  test('signatures are checked, each failure by its name', async () => {
    const get = new GetItemCommand({ TableName, Key: key('x') });
    const { credentials } = admin;
    const failures: [Partial<typeof credentials>, string][] = [
      [{ secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
      [{ accessKeyId: 'ASIAUNKNOWN' }, 'UnrecognizedClientException'],
      [{ sessionToken: 'wrong' }, 'UnrecognizedClientException'],
    ];
    for (const [change, name] of failures) {
      const wrong = server.client({ credentials: { ...credentials, ...change } });
      await expect(wrong.send(get)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    }
    const headers = { 'x-amz-target': 'DynamoDB_20120810.GetItem' };
    const unsigned = await fetch(server.url, { method: 'POST', headers, body: '{}' });
    expect(await unsigned.json()).toEqual({
      __type: 'com.amazon.coral.service#MissingAuthenticationTokenException',
      message: 'Request is missing Authentication Token',
    });
  });
});

describe('a condition that fails', () => {
  test('can show the item that stands against it', async () => {
    await put('lease', { holder: { S: 'ada' } });
    const command = (more: object) =>
      new UpdateItemCommand({
        TableName,
        Key: key('lease'),
        UpdateExpression: 'SET holder = :me',
        ConditionExpression: 'attribute_not_exists(holder) OR holder = :me',
        ExpressionAttributeValues: { ':me': { S: 'tom' } },
        ...more,
      });
    await expect(
      client.send(command({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })),
    ).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      Item: { ...key('lease'), holder: { S: 'ada' } },
    });
    const bare = await client.send(command({})).catch((error) => error);
    expect(bare.name).toBe('ConditionalCheckFailedException');
    expect(bare.Item).toBeUndefined();
  });
});

describe('time to live', () => {
  test('expired items are read until the sweep of the next minute, then gone', async () => {
    const now = Math.floor(clock.now() / 1000);
    await put('soon', { expiresAt: { N: String(now + 30) } });
    await put('later', { expiresAt: { N: String(now + 90) } });
    await put('never');
    await put('text', { expiresAt: { S: String(now - 30) } });
    await put('ages ago', { expiresAt: { N: String(now - 6 * 365 * 86_400) } });
    // Kept within the five minutes a signature may be off.
    const names = async () => {
      const query = {
        KeyConditionExpression: 'stage = :s',
        ExpressionAttributeValues: { ':s': { S: 'dev' } },
      };
      return (await client.send(new QueryCommand({ TableName, ...query }))).Items?.map(({ item }) => item?.S);
    };
    clock.advance(45_000);
    expect(await names()).toEqual(['ages ago', 'later', 'never', 'soon', 'text']);
    clock.advance(15_000);
    expect(await names()).toEqual(['ages ago', 'later', 'never', 'text']);
    clock.advance(60_000);
    expect(await names()).toEqual(['ages ago', 'never', 'text']);
  });
});

test('a Query gives pages of 1 MB, and all of it in the end', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) await put(name, { data: { S: 'x'.repeat(390 * 1024) } });
  const pages: (string | undefined)[][] = [];
  let ExclusiveStartKey: typeof key extends (...args: never[]) => infer K ? K | undefined : never;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'stage = :s',
        ExpressionAttributeValues: { ':s': { S: 'dev' } },
        ExclusiveStartKey,
      }),
    );
    pages.push((page.Items ?? []).map(({ item }) => item?.S));
    ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
  } while (ExclusiveStartKey);
  expect(pages).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
});

test('a BatchGetItem gives at most 16 MB and names the rest', async () => {
  const names = Array.from({ length: 45 }, (_, index) => `item-${index}`);
  await Promise.all(names.map((name) => put(name, { data: { S: 'x'.repeat(390 * 1024) } })));
  const RequestItems = {
    [TableName]: { Keys: names.map((name) => key(name)), ProjectionExpression: 'stage' },
  };
  const { Responses, UnprocessedKeys } = await client.send(new BatchGetItemCommand({ RequestItems }));
  expect(Responses?.[TableName]).toHaveLength(42);
  expect(UnprocessedKeys?.[TableName]).toEqual({
    Keys: ['item-42', 'item-43', 'item-44'].map((name) => key(name)),
    ProjectionExpression: 'stage',
  });
});

test('DescribeTable shows the module’s table', async () => {
  await put('x');
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({
    TableName,
    TableArn: tableArn(TableName),
    TableStatus: 'ACTIVE',
    ItemCount: 1,
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    KeySchema: [
      { AttributeName: 'stage', KeyType: 'HASH' },
      { AttributeName: 'item', KeyType: 'RANGE' },
    ],
  });
  expect(Table?.CreationDateTime?.getTime()).toBeCloseTo(clock.now(), -4);
});

describe('what it does not support, it reports', () => {
  const Key = key('x');
  const update = (UpdateExpression: string) =>
    new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression,
      ExpressionAttributeValues: { ':v': { SS: ['x'] }, ':l': { L: [] } },
    });
  const get = (more: object) => new GetItemCommand({ TableName, Key, ...more });
  const putIf = (ConditionExpression: string) =>
    new PutItemCommand({
      TableName,
      Item: Key,
      ConditionExpression,
      ExpressionAttributeValues: { ':v': { S: 'x' } },
    });

  test.each<[string, object]>([
    ['the operation Scan', new ScanCommand({ TableName })],
    ['ADD in update expressions', update('ADD tags :v')],
    ['DELETE in update expressions', update('DELETE tags :v')],
    ['the function list_append in update expressions', update('SET a = list_append(a, :l)')],
    ['paths into lists and maps in expressions', update('SET a.b = :v')],
    ['paths into lists and maps in expressions', putIf('a[0] = :v')],
    ['the function size in expressions', putIf('size(a) = :v')],
    ['the function attribute_type in expressions', putIf('attribute_type(a, :v)')],
    ['the parameter AttributesToGet of GetItem', get({ AttributesToGet: ['a'] })],
    ['ReturnConsumedCapacity "TOTAL" of GetItem', get({ ReturnConsumedCapacity: 'TOTAL' })],
    ['the parameter IndexName of Query', new QueryCommand({ TableName, IndexName: 'x' })],
    [
      'the parameter Expected of PutItem',
      new PutItemCommand({ TableName, Item: Key, Expected: { a: { Exists: false } } }),
    ],
    [
      'more than one table in a request',
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Key] }, other: { Keys: [Key] } } }),
    ],
  ])('%s', async (what, command) => {
    await expect(client.send(command as GetItemCommand)).rejects.toMatchObject({
      name: 'ValidationException',
      message: `The local cloud of livectl does not support ${what}; see docs/local-cloud.md.`,
    });
  });

  test('what AWS refuses and dynalite lets pass', async () => {
    const value = (v: object) => ({ ':v': v as { S: string } });
    const item = { TableName, Item: Key };
    const refusals: [Promise<unknown>, string][] = [
      [
        client.send(new DeleteItemCommand({ TableName, Key, ReturnValues: 'ALL_NEW' })),
        'ReturnValues can only be ALL_OLD or NONE',
      ],
      [
        client.send(
          new PutItemCommand({
            ...item,
            ConditionExpression: 'a < :v',
            ExpressionAttributeValues: value({ BOOL: true }),
          }),
        ),
        'Invalid ConditionExpression: Incorrect operand type for operator or function; operator: <, operand type: BOOL',
      ],
      [
        client.send(new PutItemCommand({ ...item, ConditionExpression: 'constructor(a)' })),
        'Invalid ConditionExpression: Invalid function name; function: constructor',
      ],
      [
        client.send(
          new PutItemCommand({
            ...item,
            ConditionExpression: `a = :v${' '.repeat(4096)}`,
            ExpressionAttributeValues: value({ S: '' }),
          }),
        ),
        'Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 4102',
      ],
    ];
    for (const [call, message] of refusals) {
      await expect(call).rejects.toMatchObject({ name: 'ValidationException', message });
    }
  });

  test.each<[string, string, string, string]>([
    ['a body that is not JSON', 'GetItem', '{', 'SerializationException'],
    ['a body that is not an object', 'GetItem', '1', 'SerializationException'],
    ['no table', 'GetItem', '{}', 'ValidationException'],
    ['no key', 'GetItem', '{"TableName":"live-debug-test"}', 'ValidationException'],
    ['a key that is a list', 'GetItem', '{"TableName":"live-debug-test","Key":[]}', 'SerializationException'],
    [
      'a value of no type',
      'GetItem',
      '{"TableName":"live-debug-test","Key":{"stage":"x"}}',
      'SerializationException',
    ],
    [
      'bytes that are not base64',
      'PutItem',
      '{"TableName":"live-debug-test","Item":{"a":{"B":"?"}}}',
      'SerializationException',
    ],
    [
      'nesting without end',
      'PutItem',
      `{"TableName":"live-debug-test","Item":{"a":${'{"L":['.repeat(40)}${']}'.repeat(40)}}}`,
      'ValidationException',
    ],
    ['an operation of another name', 'Get-Item', '{}', 'UnknownOperationException'],
  ])('%s', async (_name, operation, body, type) => {
    const aws = awsClient(admin.credentials, 'dynamodb');
    const headers = {
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'content-type': 'application/x-amz-json-1.0',
    };
    const response = await aws.fetch(server.url, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: expect.stringMatching(new RegExp(`#${type}$`)) });
  });
});

test('decimals add, subtract and compare as numbers do, exactly', () => {
  const digits = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
  const scale = fc.integer({ min: 0, max: 6 });
  const text = (value: bigint, places: number) => {
    const sign = value < 0n ? '-' : '';
    const padded = String(value < 0n ? -value : value).padStart(places + 1, '0');
    return places === 0 ? sign + padded : `${sign}${padded.slice(0, -places)}.${padded.slice(-places)}`;
  };
  fc.assert(
    fc.property(digits, digits, scale, (a, b, places) => {
      const [left, right] = [parseDecimal(text(a, places)), parseDecimal(text(b, places))];
      const plain = (value: bigint) => decimalText(parseDecimal(text(value, places)));
      expect(decimalText(addDecimals(left, right))).toBe(plain(a + b));
      expect(decimalText(subtractDecimals(left, right))).toBe(plain(a - b));
      expect(Math.sign(compareDecimals(left, right))).toBe(a === b ? 0 : a < b ? -1 : 1);
      expect(decimalText(parseDecimal(decimalText(left)))).toBe(decimalText(left));
      expect(Number(decimalText(left))).toBe(Number(text(a, places)));
    }),
  );
});
