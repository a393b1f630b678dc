// The NAT's door: what it joins and what it refuses.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { dial, NatDoor } from '../../src/cloud/vpc/nat-door.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function opened(): Promise<NatDoor> {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-nat-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const door = await NatDoor.open(join(folder, 'nat'));
  cleanups.push(() => door.close());
  return door;
}

async function server(onSocket: (socket: Socket) => void): Promise<number> {
  const listening = createServer({ allowHalfOpen: true }, onSocket).listen(0, '127.0.0.1');
  cleanups.push(() => listening.close());
  await once(listening, 'listening');
  return (listening.address() as AddressInfo).port;
}

/** Until its end; the socket can still be written to then. */
function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => resolve(Buffer.concat(chunks)));
    socket.once('error', reject);
  });
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(process.platform === 'win32')('the NAT’s door', () => {
  test('joins both directions of a port that was admitted, the end of each by itself', async () => {
    const door = await opened();
    const port = await server(async (socket) => {
      // Its answer begins when the request has ended.
      const got = await everything(socket);
      socket.end(Buffer.concat([Buffer.from(sha256(got)), got]));
    });
    door.admit(port);
    const sent = randomBytes(8 * 1024 * 1024);
    const socket = dial(door.path, port);
    socket.end(sent);
    const answer = await everything(socket);
    expect(answer.subarray(0, 64).toString()).toBe(sha256(sent));
    expect(answer.subarray(64).equals(sent)).toBe(true);
  });

  test('ends a connection whose other end was cut', async () => {
    const door = await opened();
    const port = await server((socket) => socket.destroy());
    door.admit(port);
    expect(await everything(dial(door.path, port))).toEqual(Buffer.alloc(0));
  });

  test.each([
    ['another port', (port: number) => `${port}\n`],
    ['a text', () => 'GET / HTTP/1.1\r\n'],
    ['a longer line', (port: number) => `${'0'.repeat(8)}${port}\n`],
  ])('refuses %s', async (_name, line) => {
    const door = await opened();
    let connections = 0;
    const port = await server((socket) => {
      connections += 1;
      socket.destroy();
    });
    const admitted = door.admit(port);
    admitted();
    const socket = connect(door.path);
    socket.write(line(port));
    expect(await everything(socket).catch(({ code }) => code)).toEqual(Buffer.alloc(0));
    expect(connections).toBe(0);
  });

  test('keeps a connection to port 0 until it closes', async () => {
    const door = await opened();
    const leash = dial(door.path, 0).resume();
    const ended = new Promise((resolve) => leash.once('close', resolve));
    leash.on('end', () => leash.destroy()).on('error', () => undefined);
    await once(leash, 'connect');
    await door.close();
    await ended;
  });
});
