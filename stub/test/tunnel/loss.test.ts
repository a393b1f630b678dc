// What the built tunnel function and its streams survive: lost sockets on either side, and posts that are lost, repeated or late.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { TunnelStream } from '../../../protocol/tunnel/stream.ts';
import { ownAddress, serve } from './servers.ts';
import { useTunnelWorld } from './tunnel-world.ts';

const world = useTunnelWorld();
const own = ownAddress();
const megabyte = 1024 * 1024;
const bytes = randomBytes(6 * megabyte);
const hash = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Sends the bytes through an echo server; calls `disturb` once when a third of them is back. Resolves with their hash. */
async function echoed(stream: TunnelStream, disturb: () => void): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  let isDisturbed = false;
  stream.on('data', (part: Buffer) => {
    parts.push(part);
    length += part.length;
    if (length < bytes.length / 3 || isDisturbed) return;
    isDisturbed = true;
    disturb();
  });
  stream.end(bytes);
  await once(stream, 'end');
  expect(isDisturbed).toBe(true);
  return hash(Buffer.concat(parts));
}

const echo = () => serve((socket) => socket.pipe(socket));

it('a lost socket of the function in the middle of a transfer', async () => {
  const { client } = await world.tunnel();
  const stream = await client.open(own, (await echo()).port);
  const first = client.functionConnection;
  expect(await echoed(stream, () => world.relay.disconnect(first))).toBe(hash(bytes));
  expect(client.functionConnection).not.toBe(first);
});

it('a lost socket of livectl in the middle of a transfer', async () => {
  const { client } = await world.tunnel();
  const stream = await client.open(own, (await echo()).port);
  const first = client.connectionId;
  expect(await echoed(stream, () => void client.reconnect())).toBe(hash(bytes));
  expect(client.connectionId).not.toBe(first);
});

it('both sockets lost at the same time', async () => {
  const { client } = await world.tunnel();
  const stream = await client.open(own, (await echo()).port);
  const first = client.functionConnection;
  const disturb = () => {
    world.relay.disconnect(first);
    void client.reconnect();
  };
  expect(await echoed(stream, disturb)).toBe(hash(bytes));
  expect(client.functionConnection).not.toBe(first);
});

it('a socket of livectl that is lost while nothing is sent, which the function finds in the table', async () => {
  const { client } = await world.tunnel();
  const server = await serve((socket) => socket.pipe(socket));
  const stream = await client.open(own, server.port);
  // The function hears nothing of the new connection but by its item.
  world.relay.onPost = ({ connectionId }) =>
    connectionId === client.functionConnection ? 'swallow' : undefined;
  await client.reconnect();
  const data = once(stream, 'data');
  (await server.socket(0)).write('hello');
  expect(String(await data)).toBe('hello');
});

it('posts that are lost, refused, repeated and late', async () => {
  const { client, lambda } = await world.tunnel();
  const stream = await client.open(own, (await echo()).port);
  const held: { connectionId: string; text: string }[] = [];
  world.relay.onPost = ({ connectionId, number, text }) => {
    if (!world.relay.peers.has(connectionId)) return undefined;
    if (number % 11 === 0) return 'swallow';
    if (number % 13 === 0) return 429;
    if (number % 17 === 0) return 500;
    // A batch that is posted again, and one that others overtake.
    if (number % 3 === 0) world.relay.deliver(connectionId, text);
    if (number % 7 === 0) {
      held.push({ connectionId, text });
      return 'swallow';
    }
    if (number % 7 === 3)
      for (const each of held.splice(0)) world.relay.deliver(each.connectionId, each.text);
    return undefined;
  };
  expect(await echoed(stream, () => undefined)).toBe(hash(bytes));
  // Repeated texts are dropped before they are opened.
  expect(lambda.output).toContain('dropped a message');
});

it('a socket of the function that is silent: it is found dead, and replaced', async () => {
  const { client } = await world.tunnel();
  const stream = await client.open(own, (await echo()).port);
  const first = client.functionConnection;
  world.relay.onSaid = (peer, text) =>
    peer.connectionId === first
      ? undefined
      : text.includes('hello')
        ? JSON.stringify({ connectionId: peer.connectionId })
        : '{"message":"pong"}';
  world.relay.onPost = ({ connectionId }) => (connectionId === first ? 'swallow' : undefined);
  const data = once(stream, 'data');
  stream.write('still there');
  expect(String(await data)).toBe('still there');
  expect(client.functionConnection).not.toBe(first);
});
