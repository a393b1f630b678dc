// A slow reader at either end slows its writer, and nothing else; the tunnel function's memory stays bounded.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { TunnelStream } from '../../../protocol/tunnel/stream.ts';
import { ownAddress, serve } from './servers.ts';
import { useTunnelWorld } from './tunnel-world.ts';

const world = useTunnelWorld();
const own = ownAddress();
const megabyte = 1024 * 1024;
const piece = randomBytes(megabyte);

/** Resident memory of a process, in bytes. */
const memoryOf = (pid: number) => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)])) * 1024;

/** So many round trips on a stream of an echo server: whatever else is under way has had its turns. */
async function roundTrips(stream: TunnelStream, count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    stream.write('ping');
    await once(stream, 'data');
  }
}

it('livectl reads nothing: the server is stopped, others go on, and no byte is lost', async () => {
  const { client, lambda } = await world.tunnel();
  const pieces = 24;
  const source = await serve((socket) => {
    for (let index = 0; index < pieces; index += 1) socket.write(piece);
    socket.end();
  });
  const echo = await serve((socket) => socket.pipe(socket));
  const other = await client.open(own, echo.port);
  await roundTrips(other, 5);
  const before = memoryOf(lambda.pid);
  const slow = await client.open(own, source.port);
  await roundTrips(other, 50);
  expect(client.link.stats.bytesIn).toBeLessThan(3 * megabyte);
  expect(memoryOf(lambda.pid) - before).toBeLessThan(40 * megabyte);
  const hash = createHash('sha256');
  let length = 0;
  slow.on('data', (part: Buffer) => {
    hash.update(part);
    length += part.length;
  });
  await once(slow, 'end');
  const expected = createHash('sha256');
  for (let index = 0; index < pieces; index += 1) expected.update(piece);
  expect(length).toBe(pieces * megabyte);
  expect(hash.digest('hex')).toBe(expected.digest('hex'));
});

it('the server reads nothing: livectl is stopped, others go on, and no byte is lost', async () => {
  const { client, lambda } = await world.tunnel();
  const sink = await serve((socket) => socket.pause());
  const echo = await serve((socket) => socket.pipe(socket));
  const other = await client.open(own, echo.port);
  await roundTrips(other, 5);
  const before = memoryOf(lambda.pid);
  const slow = await client.open(own, sink.port);
  const pieces = 24;
  for (let index = 0; index < pieces; index += 1) slow.write(piece);
  slow.end();
  await roundTrips(other, 50);
  // What the function holds, the system's buffers of its socket, and what this end has taken.
  expect(slow.bytesWritten).toBeLessThan(12 * megabyte);
  expect(memoryOf(lambda.pid) - before).toBeLessThan(40 * megabyte);
  const socket = await sink.socket(0);
  let length = 0;
  socket.on('data', (part: Buffer) => {
    length += part.length;
  });
  socket.resume();
  await once(socket, 'end');
  expect(length).toBe(pieces * megabyte);
});

it('200 servers send what nobody reads: the function stays below the 256 MB that it has', async () => {
  const { client, lambda } = await world.tunnel();
  const source = await serve((socket) => {
    for (let index = 0; index < 4; index += 1) socket.write(piece);
  });
  const echo = await serve((socket) => socket.pipe(socket));
  const other = await client.open(own, echo.port);
  const streams = await Promise.all(Array.from({ length: 200 }, () => client.open(own, source.port)));
  await roundTrips(other, 100);
  expect(streams.every((stream) => !stream.destroyed)).toBe(true);
  expect(memoryOf(lambda.pid)).toBeLessThan(200 * megabyte);
});
