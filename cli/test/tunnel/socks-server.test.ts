// The SOCKS5 server with real sockets: clients as RFC 1928 has them, and those that want something else.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { TunnelRefused } from '../../../protocol/tunnel/codes.ts';
import type { Peer } from '../../src/loopback/peer-user.ts';
import { handshakeBoundMs, type SocksServer, startSocksServer } from '../../src/tunnel/socks-server.ts';
import { FakeStream } from './fake-instances.ts';

const password = 'a password of 22 bytes';

let clock: ManualClock;
let server: SocksServer;
let peer: Peer;
let answer: 'opens' | Error;
let dialled: { user: string; host: string; port: number; stream: FakeStream }[];
let failures: unknown[];
/** Before a dial is answered. */
let delay: Promise<unknown>;
let clients: Socket[];

beforeEach(async () => {
  clock = new ManualClock();
  peer = 'own';
  answer = 'opens';
  dialled = [];
  failures = [];
  delay = Promise.resolve();
  clients = [];
  server = await startSocksServer({
    port: 0,
    password,
    clock,
    hasUser: (user) => user === 'orders',
    dial: async (user, host, port) => {
      const stream = new FakeStream(host, port);
      stream.on('error', () => undefined);
      dialled.push({ user, host, port, stream });
      await delay;
      if (answer !== 'opens') throw answer;
      return stream;
    },
    onFailure: (_user, _host, _port, error) => failures.push(error),
    peerOf: async () => peer,
  });
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await server.close();
});

function client(): Socket {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  clients.push(socket);
  return socket;
}

/** Exactly so many bytes; rejects if the connection ends before. */
async function read(socket: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const found = socket.read(bytes) as Buffer | null;
    if (found) return found;
    if (socket.readableEnded || socket.destroyed) throw new Error('the connection ended');
    await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')]);
  }
}

/** All that comes until the other end is done. */
async function rest(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => parts.push(bytes));
  await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  return Buffer.concat(parts);
}

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await turn();
}

const greeting = Buffer.from([5, 2, 0, 2]);
const login = (user = 'orders', given = password) =>
  Buffer.concat([
    Buffer.from([1, user.length]),
    Buffer.from(user),
    Buffer.from([given.length]),
    Buffer.from(given),
  ]);
const port = (number: number) => Buffer.from([number >> 8, number & 255]);
const request = (host: string, to: number, command = 1) =>
  Buffer.concat([Buffer.from([5, command, 0, 3, host.length]), Buffer.from(host), port(to)]);

describe('a connection', () => {
  test('to a name: bytes and half-closes pass both ways', async () => {
    const socket = client();
    socket.write(greeting);
    expect([...(await read(socket, 2))]).toEqual([5, 2]);
    socket.write(login());
    expect([...(await read(socket, 2))]).toEqual([1, 0]);
    socket.write(request('db.internal', 5432));
    expect([...(await read(socket, 10))]).toEqual([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect(dialled[0]).toMatchObject({ user: 'orders', host: 'db.internal', port: 5432 });
    socket.write('select 1');
    expect(String(await read(socket, 8))).toBe('select 1');
    socket.end();
    await once(socket.resume(), 'close');
    expect(dialled[0]?.stream.destroyed).toBe(true);
    expect(server.counts.opened).toBe(1);
  });

  test('of a client that sends everything at once, or byte by byte', async () => {
    const all = Buffer.concat([greeting, login(), request('db.internal', 5432), Buffer.from('early')]);
    const quick = client();
    quick.write(all);
    expect(String((await read(quick, 19)).subarray(14))).toBe('early');
    const slow = client().setNoDelay();
    for (const byte of all) {
      slow.write(Buffer.from([byte]));
      await turn();
    }
    expect(String((await read(slow, 19)).subarray(14))).toBe('early');
  });

  test('of a client that sends everything at once and ends', async () => {
    const quick = client();
    // Its end arrives long before there is a connection.
    delay = once(quick, 'finish').then(() => turns(20));
    quick.end(Buffer.concat([greeting, login(), request('db.internal', 5432), Buffer.from('early')]));
    expect(String((await rest(quick)).subarray(14))).toBe('early');
  });

  test('to addresses of both families', async () => {
    const four = client();
    four.write(Buffer.concat([greeting, login(), Buffer.from([5, 1, 0, 1, 10, 0, 0, 7]), port(80)]));
    await read(four, 14);
    const six = client();
    const bytes = [0xfd, 0, ...Array(13).fill(0), 1];
    six.write(Buffer.concat([greeting, login(), Buffer.from([5, 1, 0, 4, ...bytes]), port(80)]));
    await read(six, 14);
    expect(dialled.map(({ host }) => host)).toEqual(['10.0.0.7', 'fd00::1']);
  });

  test('that is reset in the VPC is reset here', async () => {
    const socket = client();
    socket.write(Buffer.concat([greeting, login(), request('db', 1)]));
    await read(socket, 14);
    const failed = once(socket, 'error');
    socket.on('error', () => undefined);
    dialled[0]?.stream.destroy(new Error('killed'));
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  test('that is reset here is reset in the VPC', async () => {
    const socket = client();
    socket.write(Buffer.concat([greeting, login(), request('db', 1)]));
    await read(socket, 14);
    const stream = dialled[0]?.stream as FakeStream;
    socket.resetAndDestroy();
    await once(stream, 'close');
    expect(stream.readableEnded).toBe(false);
  });

  test.each([
    ['not-allowed', 2],
    ['unresolved', 4],
    ['unreachable', 4],
    ['refused', 5],
    ['timeout', 6],
    ['limit', 1],
  ] as const)('refused as %s is answered with %d', async (code, reply) => {
    answer = new TunnelRefused(code, 'why');
    const socket = client();
    socket.write(Buffer.concat([greeting, login(), request('db', 1)]));
    expect((await rest(socket))[5]).toBe(reply);
    expect(failures).toEqual([answer]);
  });

  test('through a tunnel that cannot start fails', async () => {
    answer = new LiveDebugError('LD_PERMISSION', 'AWS refuses it');
    const socket = client();
    socket.write(Buffer.concat([greeting, login(), request('db', 1)]));
    expect((await rest(socket))[5]).toBe(1);
    expect(server.counts.failed).toBe(1);
  });
});

describe('refused is a client', () => {
  test.each([
    ['of HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), [], 'version'],
    ['of TLS', Buffer.from([0x16, 3, 1, 0, 1]), [], 'version'],
    ['of SOCKS4', Buffer.from([4, 1, 0, 80, 10, 0, 0, 1, 0]), [], 'version'],
    ['without a password', Buffer.from([5, 1, 0]), [5, 0xff], 'method'],
    ['without any method', Buffer.from([5, 0]), [5, 0xff], 'method'],
    ['with another password', Buffer.concat([greeting, login('orders', 'guess')]), [5, 2, 1, 1], 'password'],
    ['with an empty password', Buffer.concat([greeting, login('orders', '')]), [5, 2, 1, 1], 'password'],
    ['of another function', Buffer.concat([greeting, login('billing')]), [5, 2, 1, 1], 'password'],
    ['that binds', Buffer.concat([greeting, login(), request('db', 1, 2)]), [5, 2, 1, 0, 5, 7], 'command'],
    ['of UDP', Buffer.concat([greeting, login(), request('db', 1, 3)]), [5, 2, 1, 0, 5, 7], 'command'],
    ['of port 0', Buffer.concat([greeting, login(), request('db', 0)]), [5, 2, 1, 0, 5, 8], 'address'],
    ['of an empty name', Buffer.concat([greeting, login(), request('', 1)]), [5, 2, 1, 0, 5, 8], 'address'],
    [
      'of a name that a terminal obeys',
      Buffer.concat([greeting, login(), request('db\u001b[2J', 1)]),
      [5, 2, 1, 0, 5, 8],
      'address',
    ],
    [
      'of another kind of address',
      Buffer.concat([greeting, login(), Buffer.from([5, 1, 0, 2])]),
      [5, 2, 1, 0, 5, 8],
      'address',
    ],
  ] as const)('%s', async (_name, bytes, expected, why) => {
    const socket = client();
    socket.write(bytes);
    expect([...(await rest(socket))].slice(0, expected.length)).toEqual(expected);
    expect(server.counts.refused[why]).toBe(1);
    expect(dialled).toEqual([]);
  });

  test('of another user', async () => {
    peer = 'other';
    const socket = client();
    socket.write(Buffer.concat([greeting, login()]));
    expect(await rest(socket)).toHaveLength(0);
    expect(server.counts.strangers).toBe(1);
  });

  test('that never says what it wants', async () => {
    const socket = client();
    socket.write(greeting);
    await read(socket, 2);
    clock.advance(handshakeBoundMs);
    await rest(socket);
    expect(server.counts.unfinished).toBe(1);
  });

  test('that leaves in the middle, and leaves nothing behind', async () => {
    const socket = client();
    socket.write(Buffer.concat([greeting, login()]));
    await read(socket, 4);
    socket.destroy();
    // Another one is served meanwhile, after the server has seen the first one's end.
    const second = client();
    second.write(Buffer.concat([greeting, login(), request('db', 1)]));
    await read(second, 14);
    expect(server.counts).toMatchObject({ unfinished: 1, opened: 1 });
    expect(clock.pending).toEqual([]);
  });
});

test('closing it ends every connection', async () => {
  const idle = client();
  const open = client();
  open.write(Buffer.concat([greeting, login(), request('db', 1)]));
  await read(open, 14);
  const ends = [idle, open].map((socket) => rest(socket));
  await server.close();
  await Promise.all(ends);
  expect(dialled[0]?.stream.destroyed).toBe(true);
});
