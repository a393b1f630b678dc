// The inspector under many, slow and oversized requests: it stays available, and frees what they took.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { mostConnections, quietMs } from '../../src/inspector/connections.ts';
import { bodyMs, mostBodyBytes } from '../../src/inspector/request-body.ts';
import { messages, next, StartedInspector, token } from './started-inspector.ts';

let started: StartedInspector;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  started = await StartedInspector.start({ clock, replay: () => Promise.reject(new Error('not asked')) });
});
afterEach(() => started.close());

const available = async () => expect((await started.program('/api/v1/state')).status).toBe(200);
/** However it ends. */
const closeOf = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };

test('1,000 connections keep nobody out', async () => {
  const stream = messages(await started.open('/api/v1/events', { headers }));
  await next(stream, 'state');
  const sockets = await Promise.all(
    Array.from({ length: 1000 }, () => started.connection().catch(() => undefined)),
  );
  await available();
  // Those that do nothing were ended, the stream was not.
  started.inspector.take({ event: 'notice', message: 'still here' });
  await next(stream, 'notice');
  await expect
    .poll(() => sockets.filter((socket) => socket && !socket.closed).length)
    .toBeLessThanOrEqual(mostConnections);
});

test.each([
  ['no byte', ''],
  ['half a request line', 'GET /api'],
  ['a header line at a time', 'GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n'],
])('a connection that sends %s is ended', async (_what, bytes) => {
  const socket = await started.connection();
  const closed = closeOf(socket);
  socket.write(bytes);
  await clock.untilSet(quietMs);
  clock.advance(quietMs - 1);
  await available();
  socket.write('X');
  clock.advance(1);
  await closed;
});

test('a connection that waits between two requests is ended', async () => {
  const socket = await started.connection();
  const closed = closeOf(socket);
  socket.write(
    `GET /api/v1/state HTTP/1.1\r\nHost: ${started.host}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await once(socket, 'data');
  await clock.untilSet(quietMs);
  clock.advance(quietMs);
  await closed;
});

test('a body that does not arrive is answered with 408', async () => {
  const socket = await started.connection();
  const lines = [
    'POST /api/v1/replays HTTP/1.1',
    `Host: ${started.host}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    'Content-Length: 100',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n{"of":`);
  await clock.untilSet(bodyMs);
  clock.advance(bodyMs);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /);
  await closeOf(socket);
});

test('an oversized body is refused, announced or not', async () => {
  const socket = await started.connection();
  const start = `POST /api/v1/replays HTTP/1.1\r\nHost: ${started.host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
  socket.write(`${start}Content-Length: ${mostBodyBytes + 1}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
  const chunked = await started.connection();
  chunked.write(`${start}Transfer-Encoding: chunked\r\n\r\n`);
  const answered = once(chunked, 'data') as Promise<[Buffer]>;
  const megabyte = 'x'.repeat(1024 * 1024);
  for (let count = 0; count <= mostBodyBytes / megabyte.length; count++)
    chunked.write(`${megabyte.length.toString(16)}\r\n${megabyte}\r\n`);
  expect((await answered)[0].toString()).toMatch(/^HTTP\/1\.1 413 /);
  await available();
});

test.each([
  ['a header of 100 KB', `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'a=b; '.repeat(20_000)}\r\n\r\n`],
  ['a URL of 100 KB', `GET /?token=${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
  ['a proxy’s request', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n'],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
])('%s is refused or ends its connection', async (_what, bytes) => {
  const socket = await started.connection();
  const closed = closeOf(socket);
  let text = '';
  socket
    .on('error', () => undefined)
    .on('data', (data) => {
      text += data.toString('latin1');
      socket.end();
    });
  socket.write(bytes);
  await closed;
  expect(text).not.toMatch(/^HTTP\/1\.1 [23]/);
  await available();
});

test('closing does not wait for anybody', async () => {
  const socket = await started.connection();
  const closed = closeOf(socket);
  const response = await started.open('/api/v1/events', { headers });
  response.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\n');
  await started.inspector.close();
  await closed;
});
