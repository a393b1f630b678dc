import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClientItem,
  Directory,
  type DirectoryOptions,
  DirectoryRefusal,
  observedBy,
  parseClientItem,
  servedBy,
  servingClient,
  servingClients,
  toItem,
} from '../directory.ts';
import { HttpClient } from '../http-client.ts';
import {
  clientItem,
  type DirectoryTable,
  startDirectoryTable,
  tableName,
  testCredentials,
} from './directory-table.ts';
import { ManualClock } from './manual-clock.ts';

describe('who serves', () => {
  const now = 1_000_000;
  const live = { leaseUntil: now + 1 };
  const ran_out = { leaseUntil: now };

  it.each<[string, Partial<ClientItem>[], string | undefined]>([
    ['nobody', [], undefined],
    ['the whole stage’s', [{ ...live, user: 'ada' }], 'ada'],
    [
      'the function’s own before the whole stage’s',
      [
        { ...live, user: 'ada' },
        { ...live, item: 'client#api', user: 'bob' },
      ],
      'bob',
    ],
    [
      'the whole stage’s when the function’s own ran out',
      [
        { ...ran_out, item: 'client#api', user: 'bob' },
        { ...live, user: 'ada' },
      ],
      'ada',
    ],
    [
      'not another function’s',
      [
        { ...live, item: 'client#ap', user: 'bob' },
        { ...live, item: 'client#api2' },
      ],
      undefined,
    ],
    ['nobody whose lease ran out', [{ ...ran_out }, { ...ran_out, item: 'client#api' }], undefined],
  ])('is %s', (_rule, clients, user) => {
    expect(servingClient(clients.map(clientItem), 'api', now)?.user).toBe(user);
  });
});

describe('a client that observes', () => {
  const name = fc.constantFrom('api', 'web', '*', '~observe', 'observe', '');
  const key = fc.oneof(
    fc.tuple(name, name, name).map((parts) => `client#${parts.join('#')}`),
    fc.tuple(name, name).map((parts) => `client#~observe#${parts.join('#')}`),
    name.map((each) => `client#${each}`),
  );
  const filter = fc.option(fc.constant('{"only":"a","event":{"a":[1]}}'), { nil: undefined });
  const observe = fc.option(fc.constantFrom('1', '10', ''), { nil: undefined });
  const leaseUntil = fc.integer({ min: 900, max: 1100 });

  it('is never among those that may answer, whatever its item, and changes nothing about them', () => {
    const anyItem = fc.record({ item: key, filter, observe, leaseUntil, since: fc.nat(9) }).map(clientItem);
    fc.assert(
      fc.property(fc.array(anyItem, { maxLength: 30 }), fc.constantFrom('api', 'web'), (clients, of) => {
        const { filtered, observers, unfiltered } = servingClients(clients, of, 1000);
        const isObserver = (client: ClientItem) =>
          client.observe !== undefined || observedBy(client) !== undefined;
        expect([...filtered, ...unfiltered].filter(isObserver)).toEqual([]);
        const others = clients.filter((client) => !isObserver(client));
        expect(servingClients(others, of, 1000)).toEqual({ filtered, unfiltered, observers: [] });
        for (const each of observers) expect([of, '*']).toContain(observedBy(each));
      }),
      { numRuns: 500 },
    );
  });

  it('is passed over by earlier versions, which know its item’s key only', () => {
    const item = 'client#~observe#*#1';
    expect(servedBy({ item }).functionName).toBe('~observe');
  });
});

describe('a client item', () => {
  const text = fc.string({ unit: 'grapheme' });
  const time = fc.integer({ min: 0, max: 8.64e15 });
  const anyClient = fc.record({
    ...{
      stage: text,
      item: text,
      connectionId: text,
      publicKey: text,
      session: text,
      user: text,
      host: text,
    },
    ...{ version: text, since: time, leaseUntil: time, expiresAt: fc.integer({ min: 0, max: 8.64e12 }) },
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyClient, (client) => {
        expect(parseClientItem(toItem(client))).toEqual(client);
      }),
    );
  });

  it('with a field missing, of another type or an invalid number is rejected', () => {
    const item = toItem(clientItem({}));
    for (const name of Object.keys(item)) {
      // livectl 0.1 has none.
      const isOptional = name === 'capabilities';
      expect(parseClientItem({ ...item, [name]: undefined }) === undefined).toBe(!isOptional);
      expect(parseClientItem({ ...item, [name]: { BOOL: true } })).toBe(undefined);
    }
    expect(parseClientItem({ ...item, since: { N: '1e9' } })).toBe(undefined);
    expect(parseClientItem(undefined)).toBe(undefined);
  });
});

describe('the table in DynamoDB', () => {
  let table: DirectoryTable;
  beforeAll(async () => {
    table = await startDirectoryTable();
  });
  afterAll(() => table.close());

  it('returns the clients of one stage, whatever else is in it', async () => {
    const whole = clientItem({ user: 'ada', leaseUntil: 1 });
    const own = clientItem({ item: 'client#api', user: 'bob – „B“' });
    for (const client of [whole, own, clientItem({ stage: 'dev-eve' })]) await table.put(client);
    const others = [
      { item: { S: 'manifest' }, functions: { S: '{}' } },
      { item: { S: 'client#of-another-version' }, shape: { N: '2' } },
    ];
    for (const other of others)
      await table.directory.call('PutItem', { Item: { stage: { S: 'dev-ada' }, ...other } });
    expect(await table.directory.clients('dev-ada')).toEqual([whole, own]);
    expect(await table.directory.clients('dev-nobody')).toEqual([]);
  });

  it('is read page by page', async () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) =>
      clientItem({ stage: 'dev-many', item: `client#${name}` }),
    );
    for (const client of many) {
      const Item = { ...toItem(client), padding: { S: 'x'.repeat(350_000) } };
      await table.directory.call('PutItem', { Item });
    }
    const found = await table.directory.clients('dev-many');
    expect(found.map(({ item }) => item)).toEqual(many.map(({ item }) => item));
  });

  it('reports the name of an error', async () => {
    const again = {
      Item: toItem(clientItem({ stage: 'dev-once' })),
      ConditionExpression: 'attribute_not_exists(stage)',
    };
    await table.directory.call('PutItem', again);
    const refusal = await table.directory.call('PutItem', again).catch((error: DirectoryRefusal) => error);
    expect(refusal).toBeInstanceOf(DirectoryRefusal);
    expect(refusal).toMatchObject({ code: 'LD_DIRECTORY', type: 'ConditionalCheckFailedException' });
    expect((refusal as DirectoryRefusal).message).toMatch(
      /^PutItem on table live-debug: ConditionalCheckFailedException: The conditional/,
    );
  });

  it('reports an error of another kind', async () => {
    const other = table.directory.call('Query', { TableName: 'live-debug-gone' });
    await expect(other).rejects.toMatchObject({ code: 'LD_DIRECTORY' });
  });
});

describe('answers that DynamoDB gives under load', () => {
  const http = new HttpClient();
  let server: Server;
  let calls = 0;
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  afterAll(() => http.close());

  /** A directory whose calls get these answers in turn, the last one for ever; no status resets the connection. */
  async function answering(
    ...answers: readonly (readonly [status?: number, body?: string])[]
  ): Promise<Directory> {
    calls = 0;
    server = createServer((request, response) => {
      const [status, body] = answers[Math.min(calls, answers.length - 1)] ?? [];
      calls += 1;
      if (status === undefined) request.socket.resetAndDestroy();
      else request.resume().on('end', () => response.writeHead(status).end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return directoryAt((server.address() as AddressInfo).port);
  }

  function directoryAt(port: number): Directory {
    // Waits are over at once.
    const clock = new ManualClock();
    const after: ManualClock['after'] = (ms, callback) => {
      queueMicrotask(callback);
      return ManualClock.prototype.after.call(clock, ms, () => undefined);
    };
    const options: DirectoryOptions = {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      tableName,
      http,
      credentials: () => testCredentials,
      clock: { now: () => clock.now(), after },
    };
    return new Directory(options);
  }

  const throttled =
    '{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow"}';

  it.each<[string, readonly [number?, string?]]>([
    ['throttled', [400, throttled]],
    ['a server error', [500, '{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}']],
    ['a server error without words', [503, '<html>']],
    ['a reset', []],
  ])('are requested again: %s', async (_kind, bad) => {
    const directory = await answering(bad, bad, [200, '{"Items":[]}']);
    expect(await directory.clients('s')).toEqual([]);
    expect(calls).toBe(3);
  });

  it('are given up after three attempts', async () => {
    const directory = await answering([400, throttled]);
    const message = 'Query on table live-debug: ProvisionedThroughputExceededException: slow';
    await expect(directory.clients('s')).rejects.toMatchObject({ code: 'LD_DIRECTORY', message });
    expect(calls).toBe(3);
  });

  it('are final when they are refusals', async () => {
    const directory = await answering([400, '{"__type":"x#AccessDeniedException","Message":"not you"}']);
    await expect(directory.clients('s')).rejects.toMatchObject({ type: 'AccessDeniedException' });
    expect(calls).toBe(1);
  });

  it('carry the conflicting item, if it was asked for', async () => {
    const item = toItem(clientItem({}));
    const body = JSON.stringify({ __type: 'x#ConditionalCheckFailedException', message: 'no', Item: item });
    const refusal = await (await answering([400, body]))
      .call('PutItem', {})
      .catch((error: DirectoryRefusal) => error);
    expect(parseClientItem((refusal as DirectoryRefusal).item)).toEqual(parseClientItem(item));
  });

  it('never contain the session token that AWS quotes after a bad signature', async () => {
    const words =
      'The request signature we calculated does not match.\n\nThe Canonical String was\nx-amz-security-token:test-token';
    const directory = await answering([
      400,
      JSON.stringify({ __type: 'x#InvalidSignatureException', message: words }),
    ]);
    const refusal = await directory.clients('s').catch((error: DirectoryRefusal) => error);
    expect((refusal as DirectoryRefusal).message).toBe(
      'Query on table live-debug: InvalidSignatureException: The request signature we calculated does not match.',
    );
  });

  it.each(['<html>log in</html>', 'null', '{"Items":7}'])(
    'are distinguished from other services’: %s',
    async (body) => {
      const directory = await answering([200, body]);
      await expect(directory.clients('s')).rejects.toMatchObject({
        code: 'LD_DIRECTORY',
        message: expect.stringMatching(/^Query got an answer from 127\.0\.0\.1:\d+ that is not DynamoDB's$/),
      });
    },
  );

  it('that always promise one more page come to an end', async () => {
    const directory = await answering([200, '{"Items":[],"LastEvaluatedKey":{"stage":{"S":"s"}}}']);
    expect(await directory.clients('s')).toEqual([]);
    expect(calls).toBe(10);
  });

  it('that never arrive name the host', async () => {
    await answering([200, '{}']);
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(directoryAt(port).clients('s')).rejects.toMatchObject({
      code: 'LD_DIRECTORY',
      message: expect.stringMatching(/^Query got no answer from 127\.0\.0\.1:\d+: connect ECONNREFUSED/),
      remedy: 'check the Region and the network',
    });
  });
});
