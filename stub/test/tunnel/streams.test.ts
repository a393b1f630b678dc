// Streams through the built tunnel function: bytes, ends and resets of real TCP servers.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ownAddress, serve } from './servers.ts';
import { useTunnelWorld } from './tunnel-world.ts';

const world = useTunnelWorld();
const own = ownAddress();
const megabyte = 1024 * 1024;

/** All that a stream has until it ends. */
async function all(stream: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  await once(stream, 'end');
  return Buffer.concat(parts);
}

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a stream', () => {
  it('carries 10 MB both ways at once, byte for byte', async () => {
    const { client } = await world.tunnel();
    const echo = await serve((socket) => socket.pipe(socket));
    const stream = await client.open(own, echo.port);
    const bytes = randomBytes(10 * megabyte);
    const back = all(stream);
    stream.end(bytes);
    expect(hash(await back)).toBe(hash(bytes));
  });

  it('carries its bytes as septets where livectl and its relay accept them', async () => {
    const { client } = await world.tunnel({ item: { capabilities: 'psk br bits7' } });
    const echo = await serve((socket) => socket.pipe(socket));
    const stream = await client.open(own, echo.port);
    const bytes = randomBytes(megabyte);
    const back = all(stream);
    stream.end(bytes);
    expect(hash(await back)).toBe(hash(bytes));
    const texts = world.relay.posts.filter(({ connectionId }) => connectionId === client.connectionId);
    expect(texts.every(({ text }) => text.includes('"bits":7'))).toBe(true);
  });

  it('reports the address that it is connected to', async () => {
    const { client } = await world.tunnel();
    const echo = await serve((socket) => socket.pipe(socket));
    const stream = client.begin(own, echo.port);
    expect(await stream.opened).toEqual({ address: `${own}:${echo.port}` });
  });

  it('ends each direction alone: a server answers after the end of the request', async () => {
    const { client } = await world.tunnel();
    const server = await serve(async (socket) => {
      const request = await all(socket);
      socket.end(`you said ${request}`);
    });
    const stream = await client.open(own, server.port);
    const answer = all(stream);
    stream.end('hello');
    expect(String(await answer)).toBe('you said hello');
    expect(stream.destroyed || !stream.readable).toBe(true);
  });

  it('takes a request after the end of the answer', async () => {
    const { client } = await world.tunnel();
    const server = await serve((socket) => socket.end('bye'));
    const stream = await client.open(own, server.port);
    expect(String(await all(stream))).toBe('bye');
    const request = all(await server.socket(0));
    stream.end('still here');
    expect(String(await request)).toBe('still here');
  });

  it('is reset when the server resets its connection', async () => {
    const { client } = await world.tunnel();
    const server = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const stream = await client.open(own, server.port);
    stream.write('x');
    const [error] = (await once(stream, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  it('resets the connection to the server when it is destroyed', async () => {
    const { client } = await world.tunnel();
    const server = await serve((socket) => socket.write('hello'));
    const stream = await client.open(own, server.port);
    await once(stream, 'data');
    const socket = await server.socket(0);
    stream.destroy();
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  it('ends the connection that is no longer asked for while it is opened', async () => {
    const { client } = await world.tunnel();
    const server = await serve((socket) => socket.resume().once('end', () => socket.end()));
    const stream = client.begin(own, server.port);
    const socket = await server.socket(0);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    stream.destroy();
    await closed;
    await expect(stream.opened).rejects.toMatchObject({ errno: 'ECONNRESET' });
  });
});

describe('many streams', () => {
  it('200 at once, each with its own bytes', async () => {
    const { client } = await world.tunnel();
    const echo = await serve((socket) => socket.pipe(socket));
    const results = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const stream = await client.open(own, echo.port);
        const bytes = Buffer.alloc(20_000, index);
        const back = all(stream);
        stream.end(bytes);
        return (await back).equals(bytes);
      }),
    );
    expect(results.filter(Boolean)).toHaveLength(200);
  });

  it('one more than 256 is refused, and the others go on', async () => {
    const { client } = await world.tunnel();
    const echo = await serve((socket) => socket.pipe(socket));
    const streams = await Promise.all(Array.from({ length: 256 }, () => client.open(own, echo.port)));
    await expect(client.open(own, echo.port)).rejects.toMatchObject({ code: 'limit' });
    const [stream] = streams;
    stream?.write('x');
    expect(String(await once(stream as Duplex, 'data'))).toBe('x');
  });
});
