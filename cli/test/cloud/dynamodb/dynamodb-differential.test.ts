// The directory against dynalite, an independent DynamoDB: the same calls must give the same answers.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import {
  type AttributeValue,
  BatchGetItemCommand,
  DynamoDBClient as Client,
  CreateTableCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../protocol/clock.ts';
import { region } from '../../../src/cloud/aws-api/access.ts';
import { admin, type DirectoryServer, startDirectory, tableName } from './dynamodb-server.ts';

const dynalite = createRequire(import.meta.url)('dynalite');
const commands = {
  get: GetItemCommand,
  put: PutItemCommand,
  update: UpdateItemCommand,
  delete: DeleteItemCommand,
  query: QueryCommand,
  batch: BatchGetItemCommand,
} as const;
type Verb = keyof typeof commands;
type Call = readonly [verb: Verb, input: Record<string, unknown>];

let ours: DirectoryServer;
let theirs: Server;
let clients: readonly [DynamoDBClient, DynamoDBClient];

beforeAll(async () => {
  ours = await startDirectory(systemClock);
  theirs = dynalite({ createTableMs: 0 });
  theirs.listen(0, '127.0.0.1');
  await once(theirs, 'listening');
  const { port } = theirs.address() as AddressInfo;
  const other = new Client({
    region,
    endpoint: `http://127.0.0.1:${port}`,
    credentials: admin.credentials,
    maxAttempts: 1,
  });
  await other.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['stage', 'item'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: [
        { AttributeName: 'stage', KeyType: 'HASH' },
        { AttributeName: 'item', KeyType: 'RANGE' },
      ],
    }),
  );
  clients = [ours.client(admin), other];
});

afterAll(async () => {
  clients[1].destroy();
  await ours.close();
  await new Promise((resolve) => theirs.close(resolve));
});

async function outcome(client: DynamoDBClient, [verb, input]: Call): Promise<unknown> {
  const table = verb === 'batch' ? {} : { TableName: tableName };
  try {
    // The calls are data, and wrong ones are part of the test.
    const Command = commands[verb] as unknown as new (input: object) => GetItemCommand;
    const { $metadata, ...answer } = await client.send(new Command({ ...table, ...input }));
    return answer;
  } catch (error) {
    const { name, message } = error as Error;
    // The two parsers describe a syntax error in their own words.
    return `${name}: ${message.replace(/(Syntax error;).*/s, '$1')}`;
  }
}

async function expectSame(...calls: Call[]): Promise<unknown> {
  let last: unknown;
  for (const call of calls) {
    const [answer, expected] = await Promise.all(clients.map((client) => outcome(client, call)));
    expect({ call, answer }).toEqual({ call, answer: expected });
    last = answer;
  }
  return last;
}

const key = (item: string, stage = 'dev') => ({ stage: { S: stage }, item: { S: item } });
const condition = (
  text: string,
  values?: Record<string, AttributeValue>,
  names?: Record<string, string>,
) => ({
  ConditionExpression: text,
  ...(values ? { ExpressionAttributeValues: values } : {}),
  ...(names ? { ExpressionAttributeNames: names } : {}),
});

describe('a lease is taken, renewed, lost and given back', () => {
  test('with every ReturnValues', async () => {
    const Key = key('client#*');
    const take = {
      Key,
      UpdateExpression: 'SET #o = :me, expiresAt = :until, rev = if_not_exists(rev, :zero) + :one',
      ...condition(
        'attribute_not_exists(#o) OR #o = :me OR expiresAt < :now',
        {
          ':me': { S: 'a' },
          ':until': { N: '200' },
          ':now': { N: '100' },
          ':zero': { N: '0' },
          ':one': { N: '1' },
        },
        { '#o': 'owner' },
      ),
    };
    for (const ReturnValues of ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW', 'OTHER']) {
      await expectSame(['update', { ...take, ReturnValues }]);
    }
    const other = { ...take.ExpressionAttributeValues, ':me': { S: 'b' } };
    await expectSame(
      ['update', { ...take, ExpressionAttributeValues: other }],
      [
        'update',
        { ...take, ExpressionAttributeValues: { ...other, ':now': { N: '201' } }, ReturnValues: 'ALL_OLD' },
      ],
      ['get', { Key, ConsistentRead: true }],
      ['delete', { Key, ...condition('#o = :me', { ':me': { S: 'a' } }, { '#o': 'owner' }) }],
      [
        'delete',
        { Key, ReturnValues: 'ALL_OLD', ...condition('#o = :me', { ':me': { S: 'b' } }, { '#o': 'owner' }) },
      ],
      ['get', { Key }],
      ['delete', { Key, ReturnValues: 'ALL_OLD' }],
    );
  });

  test('by PutItem', async () => {
    const Item = { ...key('manifest'), body: { S: '{}' } };
    await expectSame(
      ['put', { Item, ...condition('attribute_exists(stage)') }],
      ['put', { Item, ...condition('attribute_not_exists(stage)') }],
      ['put', { Item, ...condition('attribute_not_exists(stage)') }],
      ['put', { Item, ReturnValues: 'ALL_OLD' }],
      ['put', { Item, ReturnValues: 'UPDATED_NEW' }],
      ['update', { Key: key('manifest'), ReturnValues: 'ALL_NEW' }],
      ['update', { Key: key('fresh'), ReturnValues: 'ALL_NEW' }],
    );
  });
});

describe('values come back as DynamoDB keeps them', () => {
  test.each<[string, AttributeValue]>([
    ['strings', { S: 'ä€𝄞' }],
    ['empty strings', { S: '' }],
    ['numbers', { N: '0012.500' }],
    ['large numbers', { N: '1E+10' }],
    ['small numbers', { N: '-1.5e-7' }],
    ['zero', { N: '-0.00' }],
    ['38 digits', { N: '12345678901234567890123456789012345678' }],
    ['39 digits', { N: '123456789012345678901234567890123456789' }],
    ['too large a number', { N: '1e126' }],
    ['the largest magnitude', { N: '9.9e125' }],
    ['too small a number', { N: '1e-131' }],
    ['no number', { N: 'one' }],
    ['an empty number', { N: '' }],
    ['bytes', { B: new Uint8Array([0, 255, 1]) }],
    ['booleans', { BOOL: false }],
    ['null', { NULL: true }],
    ['not null', { NULL: false } as never],
    ['string sets', { SS: ['b', 'a'] }],
    ['number sets', { NS: ['1.0', '2'] }],
    ['duplicates', { SS: ['a', 'a'] }],
    ['duplicate numbers', { NS: ['1', '1.0'] }],
    ['an empty set', { SS: [] }],
    ['lists and maps', { L: [{ M: { 'a.b': { N: '1' }, constructor: { S: 'x' } } }, { L: [] }, { M: {} }] }],
  ])('%s', async (_name, value) => {
    await expectSame(['put', { Item: { ...key('value'), value } }], ['get', { Key: key('value') }]);
  });
});

describe('expressions that are wrong are refused in the same words', () => {
  const v = { ':v': { S: 'x' } };
  test.each<[string, ReturnType<typeof condition>]>([
    ['an empty one', condition('')],
    ['a syntax error', condition('a =')],
    ['a missing operator', condition('a :v', v)],
    ['a missing parenthesis', condition('(a = :v', v)],
    ['an extra word', condition('a = :v b', v)],
    ['an unknown character', condition('a = ?')],
    ['an undefined value', condition('a = :w', v)],
    ['no values at all', condition('a = :v')],
    ['an undefined name', condition('#b = :v', v, { '#a': 'a' })],
    ['an unused value', condition('a = :v', { ...v, ':w': { S: 'y' } })],
    ['an unused name', condition('a = :v', v, { '#a': 'a' })],
    ['empty values', condition('a = b', {})],
    ['empty names', condition('a = b', undefined, {})],
    ['a malformed value placeholder', condition('a = :v', { v: { S: 'x' } })],
    ['a malformed name placeholder', condition('a = :v', v, { '#a-b': 'a' })],
    ['a malformed value', condition('a = :v', { ':v': { N: 'x' } })],
    ['a reserved word', condition('owner = :v', v)],
    ['another reserved word, in lower case', condition('attribute_exists(connection)')],
    ['an unknown function', condition('exists(a)')],
    ['too many operands', condition('attribute_exists(a, b)')],
    ['too few operands', condition('begins_with(a)')],
    ['a value where a path belongs', condition('attribute_exists(:v)', v)],
    ['begins_with a number', condition('begins_with(a, :v)', { ':v': { N: '1' } })],
    ['the same operand twice', condition('a = a')],
    ['the same operand twice in a function', condition('contains(a, a)')],
    ['redundant parentheses', condition('((a = :v))', v)],
    ['a function as an operand', condition('begins_with(a, :v) = :v', v)],
    ['a function within a function', condition('contains(a, begins_with(b, :v))', v)],
    ['bounds the wrong way round', condition('a BETWEEN :w AND :v', { ':v': { N: '1' }, ':w': { N: '2' } })],
    ['bounds of two types', condition('a BETWEEN :w AND :v', { ':v': { S: '1' }, ':w': { N: '2' } })],
    ['several mistakes at once', condition('((owner = :w)) AND size2(a)', v)],
    ['a reserved word and an undefined value', condition('owner = :w', v)],
  ])('%s', async (_name, wrong) => {
    await expectSame(['put', { Item: key('wrong'), ...wrong }]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['an empty one', { UpdateExpression: '' }],
    ['no section', { UpdateExpression: 'a = b' }],
    ['a section without actions', { UpdateExpression: 'SET' }],
    ['a section twice', { UpdateExpression: 'SET a = :v SET b = :v', ExpressionAttributeValues: v }],
    ['one attribute twice', { UpdateExpression: 'SET a = :v REMOVE a', ExpressionAttributeValues: v }],
    ['a key', { UpdateExpression: 'SET stage = :v', ExpressionAttributeValues: v }],
    ['the sort key', { UpdateExpression: 'REMOVE #i', ExpressionAttributeNames: { '#i': 'item' } }],
    ['a missing operand', { UpdateExpression: 'SET a = missing' }],
    [
      'a missing number',
      { UpdateExpression: 'SET a = missing + :v', ExpressionAttributeValues: { ':v': { N: '1' } } },
    ],
    ['adding text', { UpdateExpression: 'SET a = b + :v', ExpressionAttributeValues: v }],
    [
      'adding to text',
      { UpdateExpression: 'SET a = txt + :v', ExpressionAttributeValues: { ':v': { N: '1' } } },
    ],
    ['an unknown function', { UpdateExpression: 'SET a = something(b, :v)', ExpressionAttributeValues: v }],
    ['a reserved word', { UpdateExpression: 'SET name = :v', ExpressionAttributeValues: v }],
    ['undefined placeholders', { UpdateExpression: 'SET #a = :v' }],
    ['values without an expression', { ExpressionAttributeValues: v }],
    ['names without an expression', { ExpressionAttributeNames: { '#a': 'a' } }],
  ])('in an update: %s', async (_name, wrong) => {
    await expectSame(
      ['put', { Item: { ...key('update'), txt: { S: 'x' } } }],
      ['update', { Key: key('update'), ...wrong }],
      ['get', { Key: key('update') }],
    );
  });

  test.each<[string, Record<string, unknown>]>([
    ['a part of it', { stage: { S: 'dev' } }],
    ['another type', { stage: { S: 'dev' }, item: { N: '1' } }],
    ['more than it', { ...key('x'), more: { S: 'x' } }],
    ['an empty partition', key('x', '')],
    ['an empty sort key', key('')],
    ['a sort key over 1 KB', key('x'.repeat(1025))],
    ['a partition over 2 KB', key('x', 'x'.repeat(2049))],
    ['an empty value', { stage: {} as AttributeValue, item: { S: 'x' } }],
  ])('in a key: %s', async (_name, wrong) => {
    await expectSame(['get', { Key: wrong }], ['put', { Item: wrong }]);
  });
});

test('an item of 400 KB fits, one byte more does not', async () => {
  const size = 400 * 1024 - 'stagedevitembigdata'.length;
  const item = (length: number) => ({ ...key('big'), data: { S: 'x'.repeat(length) } });
  await expectSame(
    ['put', { Item: item(size) }],
    ['put', { Item: item(size + 1) }],
    [
      'update',
      { Key: key('big'), UpdateExpression: 'SET b = :v', ExpressionAttributeValues: { ':v': { S: '' } } },
    ],
    ['delete', { Key: key('big') }],
  );
});

test('an update reads the values before it, in any order of its clauses', async () => {
  const Key = key('swap');
  const swap = 'SET a = b, b = a, c = c + :one, d = c REMOVE gone';
  await expectSame(
    ['put', { Item: { ...Key, a: { S: 'a' }, b: { S: 'b' }, c: { N: '1' }, gone: { S: 'x' } } }],
    [
      'update',
      {
        Key,
        UpdateExpression: swap,
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      },
    ],
  );
});

describe('Query', () => {
  const stage = 'query';
  const names = ['client#*', 'client#a', 'client#b', 'client#ä', 'client#𝄞', 'client#￿', 'manifest', 'z'];
  const base = { KeyConditionExpression: 'stage = :s', ExpressionAttributeValues: { ':s': { S: stage } } };
  const withSort = (
    text: string,
    values: Record<string, AttributeValue>,
    names?: Record<string, string>,
  ) => ({
    KeyConditionExpression: text,
    ExpressionAttributeValues: { ':s': { S: stage }, ...values },
    ...(names ? { ExpressionAttributeNames: names } : {}),
  });

  beforeAll(async () => {
    for (const [index, name] of [...names].reverse().entries()) {
      const Item = { ...key(name, stage), n: { N: String(index) }, body: { S: name } };
      await expectSame(['put', { Item }]);
    }
  });

  test.each<[string, Record<string, unknown>]>([
    ['a partition in order', base],
    ['backwards', { ...base, ScanIndexForward: false }],
    ['an empty partition', { ...base, ExpressionAttributeValues: { ':s': { S: 'nobody' } } }],
    ['one item', withSort('stage = :s AND #i = :i', { ':i': { S: 'manifest' } }, { '#i': 'item' })],
    [
      'begins_with',
      withSort('begins_with(#i, :i) AND stage = :s', { ':i': { S: 'client#' } }, { '#i': 'item' }),
    ],
    [
      'a range',
      withSort(
        'stage = :s AND #i BETWEEN :a AND :b',
        { ':a': { S: 'client#a' }, ':b': { S: 'n' } },
        { '#i': 'item' },
      ),
    ],
    ['the value first', withSort(':s = stage AND :i < #i', { ':i': { S: 'm' } }, { '#i': 'item' })],
    ['at most', { ...base, Limit: 3 }],
    ['exactly all', { ...base, Limit: 8 }],
    ['more than all', { ...base, Limit: 9 }],
    ['no limit at all', { ...base, Limit: 0 }],
    ['from a key on', { ...base, Limit: 2, ExclusiveStartKey: key('client#b', stage) }],
    [
      'from a key that is not there',
      { ...base, ExclusiveStartKey: key('client#c', stage), ScanIndexForward: false },
    ],
    ['from another partition', { ...base, ExclusiveStartKey: key('client#c') }],
    ['from half a key', { ...base, ExclusiveStartKey: { stage: { S: stage } } }],
    ['only some attributes', { ...base, ProjectionExpression: 'n, missing, stage' }],
    ['a reserved attribute', { ...base, ProjectionExpression: 'n, name' }],
    ['one attribute twice', { ...base, ProjectionExpression: 'n, n' }],
    ['a count', { ...base, Select: 'COUNT' }],
    [
      'filtered, after the limit',
      { ...withSort('stage = :s', { ':n': { N: '4' } }), FilterExpression: 'n < :n', Limit: 4 },
    ],
    ['filtered by the key', { ...base, FilterExpression: 'stage = :s' }],
    ['no condition', { TableName: tableName }],
    ['no partition', withSort('#i = :s', {}, { '#i': 'item' })],
    ['a range of partitions', withSort('stage > :s', {})],
    ['another attribute', withSort('stage = :s AND n = :n', { ':n': { N: '1' } })],
    [
      'a partition of another type',
      { KeyConditionExpression: 'stage = :s', ExpressionAttributeValues: { ':s': { N: '1' } } },
    ],
    ['alternatives', withSort('stage = :s OR stage = :t', { ':t': { S: 't' } })],
    ['a negation', withSort('NOT stage = :s', {})],
    ['a list', withSort('stage IN (:s)', {})],
    ['unequal', withSort('stage <> :s', {})],
    ['contains', withSort('stage = :s AND contains(#i, :s)', {}, { '#i': 'item' })],
    ['two attributes in one condition', withSort('stage = #i AND stage = :s', {}, { '#i': 'item' })],
    ['the same key twice', withSort('stage = :s AND stage = :t', { ':t': { S: 't' } })],
  ])('%s', async (_name, input) => {
    await expectSame(['query', input]);
  });
});

test('BatchGetItem', async () => {
  const batch = (Keys: unknown, more = {}): Call => [
    'batch',
    { RequestItems: { [tableName]: { Keys, ...more } } },
  ];
  await expectSame(
    ['put', { Item: { ...key('one', 'batch'), n: { N: '1' } } }],
    batch([key('one', 'batch'), key('none', 'batch')]),
    batch([key('one', 'batch')], { ProjectionExpression: 'n', ConsistentRead: true }),
    batch([key('one', 'batch'), key('one', 'batch')]),
    batch([{ stage: { S: 'x' } }]),
    batch([key('one', 'batch')], {
      ProjectionExpression: '#n',
      ExpressionAttributeNames: { '#n': 'n', '#m': 'm' },
    }),
  );
});

test('any condition on any item holds here when it holds there', async () => {
  const number = fc.constantFrom('-2', '0', '1', '1.5', '10', '2', '0.1', '1e3');
  const text = fc.constantFrom('a', 'ab', 'b', 'ä', '1', '10');
  const scalar: fc.Arbitrary<AttributeValue> = fc.oneof(
    text.map((S) => ({ S })),
    number.map((N) => ({ N })),
    text.map((each) => ({ B: new Uint8Array(Buffer.from(each)) })),
  );
  const stored: fc.Arbitrary<AttributeValue> = fc.oneof(
    { weight: 3, arbitrary: scalar },
    fc.boolean().map((BOOL) => ({ BOOL })),
    fc.constant<AttributeValue>({ NULL: true }),
    fc.uniqueArray(text, { minLength: 1 }).map((SS) => ({ SS })),
    fc.uniqueArray(fc.constantFrom('1', '2', '10'), { minLength: 1 }).map((NS) => ({ NS })),
  );
  const attribute = fc.constantFrom('a', 'b', 'c');
  const placeholder = fc.constantFrom(':p', ':q', ':r');
  const leaf = fc.oneof(
    fc
      .tuple(attribute, fc.constantFrom('=', '<>', '<', '<=', '>', '>='), placeholder)
      .map(([name, comparator, value]) => `${name} ${comparator} ${value}`),
    fc.tuple(placeholder, fc.constantFrom('<', '>='), attribute).map((words) => words.join(' ')),
    fc.tuple(attribute, placeholder, placeholder).map(([name, p, q]) => `${name} IN (${p}, ${q})`),
    fc.tuple(attribute, placeholder, placeholder).map(([name, p, q]) => `${name} BETWEEN ${p} AND ${q}`),
    fc
      .tuple(fc.constantFrom('begins_with', 'contains'), attribute, placeholder)
      .map(([f, a, p]) => `${f}(${a}, ${p})`),
    fc
      .tuple(fc.constantFrom('attribute_exists', 'attribute_not_exists'), attribute)
      .map(([f, a]) => `${f}(${a})`),
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc
        .tuple(tie('expression'), fc.constantFrom(' AND ', ' or '), tie('expression'))
        .map((words) => words.join('')),
      leaf.map((inner) => `NOT ${inner}`),
      fc
        .tuple(fc.constantFrom('', 'NOT '), leaf, leaf)
        .map(([not, left, right]) => `${not}(${left} OR ${right})`),
    ),
  }));
  const item = fc.dictionary(attribute, stored, { maxKeys: 3 });
  await fc.assert(
    fc.asyncProperty(
      item,
      expression,
      fc.tuple(scalar, scalar, scalar),
      async (attributes, text, [p, q, r]) => {
        const all: Record<string, AttributeValue> = { ':p': p, ':q': q, ':r': r };
        const used = Object.entries(all).filter(([name]) => text.includes(name));
        await expectSame(
          ['put', { Item: { ...key('any', 'property'), ...attributes } }],
          [
            'update',
            {
              Key: key('any', 'property'),
              ...condition(text, used.length > 0 ? Object.fromEntries(used) : undefined),
              ReturnValues: 'ALL_NEW',
            },
          ],
        );
      },
    ),
    { numRuns: 300 },
  );
});
