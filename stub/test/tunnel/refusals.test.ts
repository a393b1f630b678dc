// What the built tunnel function does not connect, does not accept, and does not begin with.
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { generateClientKeys } from '../../../protocol/sealing.ts';
import { clientItem } from '../../../protocol/test/directory-table.ts';
import { BatchWriter, type Frame } from '../../../protocol/tunnel/frames.ts';
import { errorOf, stage } from '../harness/lambda.ts';
import { closedPort, ownAddress, serve } from './servers.ts';
import { useTunnelWorld } from './tunnel-world.ts';

const world = useTunnelWorld();
const own = ownAddress();

describe('a connection is refused', () => {
  it('to a port where nothing listens', async () => {
    const { client } = await world.tunnel();
    const port = await closedPort();
    await expect(client.open(own, port)).rejects.toMatchObject({
      code: 'refused',
      errno: 'ECONNREFUSED',
      message: expect.stringContaining(`${own} port ${port} refused the connection`),
    });
  });

  it('to what `allow` does not have, with the entry to add, and one log line', async () => {
    const { client, lambda } = await world.tunnel({ allow: ['10.9.0.0/16:5432'] });
    const server = await serve(() => undefined);
    await expect(client.open(own, server.port)).rejects.toMatchObject({
      code: 'not-allowed',
      errno: 'EACCES',
      message: `${own} port ${server.port} is not in \`allow\` of the module's tunnel: add "${own}:${server.port}" there, and apply`,
    });
    await lambda.untilOutput(
      `{"liveDebug":"refused a connection","host":"${own}","port":${server.port},"code":"not-allowed","refused":1}`,
    );
    expect(server.sockets).toHaveLength(0);
  });

  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '::1',
    '::ffff:127.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    'localhost',
    'localhost.',
    '169.254.169.254',
    'fd00:ec2::254',
    '64:ff9b::7f00:1',
  ])('to %s, even where `allow` has every address', async (host) => {
    const server = await serve(() => undefined, '127.0.0.1');
    // It is there, and only the tunnel does not reach it.
    connect(server.port, '127.0.0.1').on('error', () => undefined);
    await server.socket(0);
    const { client } = await world.tunnel({ allow: ['0.0.0.0/0:*', '[::/0]:*', '*.localhost.example:*'] });
    await expect(client.open(host, server.port)).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('which the tunnel never reaches'),
    });
    expect(server.sockets).toHaveLength(1);
  });

  it('beyond 80 in a second, after a burst of 256', async () => {
    const { client } = await world.tunnel({ isManual: true, allow: ['10.9.0.0/16:5432'] });
    const code = () => client.open('10.8.0.1', 80).catch(({ code }) => code);
    const codes = [];
    for (let round = 0; round < 300; round += 20)
      codes.push(...(await Promise.all(Array.from({ length: 20 }, code))));
    expect(codes.slice(0, 256)).toEqual(new Array(256).fill('not-allowed'));
    expect(codes.slice(256)).toEqual(new Array(44).fill('limit'));
  });
});

describe('an invocation fails with one clear error', () => {
  it.each([
    {},
    null,
    'x',
    { tunnel: 5 },
    { tunnel: 'short' },
    { tunnel: '../../../../etc/passwd' },
    { tunnel: `${'a'.repeat(21)}#` },
    { tunnel: 'a'.repeat(1000) },
  ])('for the event %j', async (event) => {
    const lambda = await world.lambda();
    expect(errorOf(await lambda.invoke(event))).toMatchObject({
      errorType: 'LiveDebugTunnelError',
      errorMessage: 'the event must be {"tunnel": "<id>"} with the id of a tunnel',
    });
  });

  it('for an id that is not in the table', async () => {
    const lambda = await world.lambda();
    const error = errorOf(await lambda.invoke({ tunnel: 'a'.repeat(22) }));
    expect(error.errorType).toBe('LiveDebugTunnelError');
    expect(error.errorMessage).toContain(`no livectl has this tunnel in stage ${stage}`);
    expect(world.relay.posts).toHaveLength(0);
  });

  it('for an item of another stage', async () => {
    const client = await world.client({ stage: 'dev-eve' });
    const lambda = await world.lambda();
    const error = errorOf(await lambda.invoke({ tunnel: client.id }));
    expect(error.errorMessage).toContain(`no livectl has this tunnel in stage ${stage}`);
  });

  it('for an item whose lease is over', async () => {
    const client = await world.client({ leaseUntil: Date.now() - 1 });
    const lambda = await world.lambda();
    const error = errorOf(await lambda.invoke({ tunnel: client.id }));
    expect(error.errorType).toBe('LiveDebugTunnelError');
  });

  it('for an invalid public key', async () => {
    const client = await world.client({ publicKey: 'BAAA' });
    const lambda = await world.lambda();
    const error = errorOf(await lambda.invoke({ tunnel: client.id }));
    expect(error).toMatchObject({
      errorType: 'LiveDebugDirectoryError',
      errorMessage: `the public key of ada on ada-laptop in item tunnel#${client.id} is invalid`,
    });
  });

  it('for missing and invalid variables, of which it shows none', async () => {
    const start = world.lambda({
      environment: { LIVE_DEBUG_TABLE: '', LIVE_DEBUG_SECRET: 'hunter2', LIVE_DEBUG_TUNNEL_ALLOW: '{}' },
    });
    const { reported } = await start.then(
      () => Promise.reject(new Error('it started')),
      (error) => error,
    );
    expect(reported.errorType).toBe('LiveDebugStubConfigError');
    expect(reported.errorMessage).toBe(
      "the tunnel function's environment variables are missing or invalid: LIVE_DEBUG_TABLE, LIVE_DEBUG_SECRET, LIVE_DEBUG_TUNNEL_ALLOW",
    );
  });

  it('for every invalid entry of `allow`', async () => {
    const start = world.lambda({ allow: ['db', 'db.internal:5432', '127.0.0.1:80'] });
    const { reported } = await start.then(
      () => Promise.reject(new Error('it started')),
      (error) => error,
    );
    expect(reported.errorMessage).toMatch(
      /LIVE_DEBUG_TUNNEL_ALLOW is invalid: allow has the invalid entry "db": .*; allow has the invalid entry "127.0.0.1:80": /,
    );
  });

  it('where neither the table nor the relay can be reached, and what to check', async () => {
    const client = await world.client();
    const nowhere = `http://127.0.0.1:${await closedPort('127.0.0.1')}`;
    const environment = { LIVE_DEBUG_DIRECTORY_ENDPOINT: nowhere };
    const lambda = await world.lambda({ environment });
    const error = errorOf(await lambda.invoke({ tunnel: client.id }));
    expect(error.errorType).toBe('LiveDebugDirectoryError');
    expect(error.trace).toEqual([`LiveDebugDirectoryError: ${error.errorMessage}`]);
    await lambda.untilOutput('"liveDebug":"tunnel failed","code":"LD_DIRECTORY"');
    expect(lambda.output).toContain('"remedy":"the subnets of `tunnel` need a route to a NAT gateway');
    const other = await world.lambda({ environment: { LIVE_DEBUG_RELAY: nowhere } });
    expect(errorOf(await other.invoke({ tunnel: client.id })).errorType).toBe('LiveDebugRelayError');
    await other.untilOutput('"liveDebug":"tunnel failed","code":"LD_RELAY"');
    expect(other.output).toContain('"remedy":"the subnets of `tunnel` need a route to a NAT gateway');
  });

  it('where the relay refuses its socket', async () => {
    const client = await world.client();
    const lambda = await world.lambda();
    world.relay.onConnect = () => 403;
    expect(errorOf(await lambda.invoke({ tunnel: client.id }))).toMatchObject({
      errorType: 'LiveDebugRelayError',
      errorMessage: expect.stringContaining('HTTP 403'),
    });
  });
});

describe('what arrives', () => {
  /** A batch of frames, numbered far above the client's own. */
  const batchOf = (number: number, frames: readonly Exclude<Frame, { type: 'data' }>[]): Buffer => {
    const writer = new BatchWriter(60_000);
    for (const frame of frames) writer.write(frame);
    return writer.finish(number);
  };

  it('is dropped, counted and reported where livectl did not seal it for this tunnel', async () => {
    const { client, lambda } = await world.tunnel();
    const echo = await serve((socket) => socket.pipe(socket));
    const { posts } = world.relay;
    await client.open(own, echo.port);
    const [posted] = posts.filter(({ connectionId }) => connectionId === client.functionConnection);
    const text = posted?.text ?? '';
    const [head = '', body = ''] = text.split('\n');
    const changed = `${body.slice(0, 40)}${body[40] === 'A' ? 'B' : 'A'}${body.slice(41)}`;
    const hostile = [
      'hello',
      '[]',
      '\n',
      'x'.repeat(126_000),
      '{"v":1}\nAAAA',
      text,
      `${head}\n${changed}`,
      `${head.replace(/"seq":\d+/, '"seq":9999')}\n${body}`,
      `${head.replace(client.id, 'b'.repeat(22))}\n${body}`,
      `${head}\n${body.slice(0, 20)}`,
    ];
    for (const each of hostile) world.relay.deliver(client.functionConnection, each);
    await lambda.untilOutput(`"dropped":${hostile.length}`);
    const stream = await client.open(own, echo.port);
    stream.end('still works');
    expect(String(await new Promise((resolve) => stream.once('data', resolve)))).toBe('still works');
    expect(lambda.output).not.toContain('AAAA');
  });

  it('harms nothing where livectl itself sends what no livectl sends', async () => {
    const { client, lambda } = await world.tunnel();
    const echo = await serve((socket) => socket.pipe(socket));
    const open = (stream: number): Frame & { type: 'open' } => ({
      type: 'open',
      stream,
      host: own,
      port: echo.port,
    });
    const hostile: Buffer[] = [
      Buffer.alloc(0),
      Buffer.from('garbage of no form'),
      Buffer.alloc(60_000, 0xff),
      // Frames of streams that are not there, and those that only a function sends.
      batchOf(50_000, [
        { type: 'opened', stream: 77, address: 'x' },
        { type: 'refused', stream: 78, code: 'limit', text: 'x' },
        { type: 'window', stream: 79, limit: 2 ** 48 - 1 },
        { type: 'half-close', stream: 80, offset: 5 },
        { type: 'reset', stream: 81, code: 'lost' },
        { type: 'drain', ms: 5 },
        { type: 'hello', remainingMs: 5, connectionId: 'x', version: 'x' },
        { type: 'ack', delayMs: 0, ranges: [[1, 2 ** 48 - 1]] },
      ]),
      // The same stream twice, and more streams than there may be, to hosts that are not ones.
      batchOf(50_001, [open(1000), open(1000), open(1000)]),
      batchOf(
        50_002,
        Array.from({ length: 1500 }, (_, index) => ({
          type: 'open' as const,
          stream: 2000 + index,
          host: '-.-',
          port: 1,
        })),
      ),
    ];
    for (const batch of hostile)
      world.relay.deliver(client.functionConnection, client.seal(batch).toString());
    // Data past its window resets the stream.
    const writer = new BatchWriter(60_000);
    writer.data(1000, 2 ** 40, 5, (target, at) => target.fill(0x61, at, at + 5));
    world.relay.deliver(client.functionConnection, client.seal(writer.finish(50_003)).toString());
    const socket = await echo.socket(0);
    if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
    const stream = await client.open(own, echo.port);
    stream.end('still works');
    expect(String(await new Promise((resolve) => stream.once('data', resolve)))).toBe('still works');
    expect(echo.sockets).toHaveLength(2);
    expect(lambda.output).not.toMatch(/Error|at .*index\.mjs/);
  });

  it('with another secret: livectl does not take it for its function, which ends with an error', async () => {
    const client = await world.client();
    const lambda = await world.lambda({
      isManual: true,
      environment: { LIVE_DEBUG_SECRET: Buffer.alloc(32, 9).toString('base64') },
    });
    const outcome = lambda.invoke({ tunnel: client.id }, { timeoutMs: 900_000 });
    const error = errorOf(await lambda.turnUntil(outcome, 1000, 0, 1001));
    expect(error.errorType).toBe('LiveDebugNoAckError');
    expect(error.errorMessage).toBe('livectl of ada on ada-laptop did not answer the tunnel function');
    expect(client.unopened).toBeGreaterThan(0);
  });

  it('from another livectl, which has a key of its own, is not accepted', async () => {
    const { client, lambda } = await world.tunnel();
    // The table's item is replaced: the link that exists keeps its key.
    const other = await generateClientKeys();
    await world.table.put(
      clientItem({ stage, item: `tunnel#${client.id}`, publicKey: other.publicKey, connectionId: 'x' }),
    );
    const echo = await serve((socket) => socket.pipe(socket));
    const stream = await client.open(own, echo.port);
    stream.end('still works');
    expect(String(await new Promise((resolve) => stream.once('data', resolve)))).toBe('still works');
    expect(lambda.output).not.toContain('dropped');
  });
});
