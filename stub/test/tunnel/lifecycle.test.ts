// How an invocation of the built tunnel function ends, and that the next one of the same instance begins clean.
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { stageSecretText } from '../../../protocol/test/stage-secrets.ts';
import { ownAddress, serve } from './servers.ts';
import { useTunnelWorld } from './tunnel-world.ts';

const world = useTunnelWorld();
const own = ownAddress();
const done = { ok: true, text: 'null' };

const closed = (socket: Duplex): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));

/** Resolves when the relay has no connection but these. */
const untilPeers = (connections: readonly string[]) =>
  world.relay.until(() => [...world.relay.peers.keys()].every((id) => connections.includes(id)));

describe('an invocation ends', () => {
  it('when livectl ends the tunnel: connections are reset, its socket is closed, and the log has one line', async () => {
    const { client, lambda, outcome } = await world.tunnel();
    const server = await serve((socket) => socket.pipe(socket));
    const stream = await client.open(own, server.port);
    stream.write('private');
    await once(stream, 'data');
    await client.link.end();
    expect(await outcome).toMatchObject(done);
    await closed(await server.socket(0));
    await untilPeers([client.connectionId]);
    await lambda.untilOutput('"bytesOut"');
    const lines = lambda.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { liveDebug: 'tunnel began', user: 'ada', host: 'ada-laptop', livectl: '0.2.0' },
      {
        liveDebug: 'tunnel ended',
        reason: 'livectl ended it',
        seconds: expect.any(Number),
        connections: 1,
        bytesIn: 7,
        bytesOut: 7,
      },
    ]);
    for (const secret of ['private', stageSecretText, own, 'test-secret', 'test-token'])
      expect(lambda.output).not.toContain(secret);
  });

  it('when livectl is gone, and its item too', async () => {
    const { client, lambda, outcome } = await world.tunnel();
    const server = await serve(() => undefined);
    await client.open(own, server.port);
    client.link.lost();
    await client.leave();
    client.vanish();
    await untilPeers([client.functionConnection]);
    (await server.socket(0)).write('for nobody');
    expect(await outcome).toMatchObject(done);
    await closed(await server.socket(0));
    await lambda.untilOutput('"reason":"livectl is gone"');
  });

  it('when livectl is gone, and its lease is over', async () => {
    const { client, lambda, outcome } = await world.tunnel();
    const server = await serve(() => undefined);
    await client.open(own, server.port);
    client.link.lost();
    await client.write({ leaseUntil: Date.now() - 1 });
    client.vanish();
    await untilPeers([client.functionConnection]);
    (await server.socket(0)).write('for nobody');
    expect(await outcome).toMatchObject(done);
    await lambda.untilOutput('"reason":"livectl’s lease is over"');
  });

  it('when nothing is heard of livectl for a minute', async () => {
    const { client, lambda, outcome } = await world.tunnel({ isManual: true, allow: ['10.9.0.0/16:5432'] });
    // It has been heard.
    await client.open('10.8.0.1', 80).catch(() => undefined);
    client.vanish();
    lambda.advance(59_000);
    lambda.advance(2000);
    expect(await outcome).toMatchObject(done);
    await lambda.untilOutput('tunnel ended');
    expect(lambda.output).toMatch(
      /"reason":"(nothing was heard of livectl for 60 s|the other end does not answer, for 10 s)"/,
    );
  });

  it('before Lambda ends it: livectl hears of it 90 s before, and again at the end', async () => {
    const { client, lambda, outcome } = await world.tunnel({ timeoutMs: 101_000 });
    const hello = await client.hello;
    expect(hello.remainingMs).toBeGreaterThan(100_000 - 5000);
    expect(hello.remainingMs).toBeLessThanOrEqual(101_000);
    expect(hello.version).toMatch(/^\d+\.\d+\.\d+$/);
    const leftMs = await client.drained;
    expect(leftMs).toBeGreaterThanOrEqual(90_000);
    expect(leftMs).toBeLessThanOrEqual(100_000);
    // Streams go on, and new ones are still opened.
    const echo = await serve((socket) => socket.pipe(socket));
    const stream = await client.open(own, echo.port);
    stream.write('x');
    await once(stream, 'data');
    await client.link.end();
    expect(await outcome).toMatchObject(done);
    await lambda.untilOutput('tunnel ended');
  });

  it('in order, and not by Lambda, when its time is up', async () => {
    const { client, lambda, outcome } = await world.tunnel({ timeoutMs: 7000 });
    const server = await serve((socket) => socket.resume());
    const stream = await client.open(own, server.port);
    const reset = closed(stream);
    expect(await client.ended).toBe('end');
    await reset;
    expect(await outcome).toMatchObject(done);
    await closed(await server.socket(0));
    await lambda.untilOutput('"reason":"its time is up"');
  });
});

describe('the next invocation of the same instance', () => {
  it('begins clean, with another livectl, after one that ended in order and one that failed', async () => {
    const { client: first, lambda, outcome } = await world.tunnel();
    const echo = await serve((socket) => socket.pipe(socket));
    await first.open(own, echo.port);
    await first.link.end();
    expect(await outcome).toMatchObject(done);
    expect((await lambda.invoke({ tunnel: 'b'.repeat(22) })).ok).toBe(false);
    const clients = [first.connectionId];
    for (const user of ['bob', 'eve']) {
      const client = await world.client({ user });
      const next = lambda.invoke({ tunnel: client.id });
      await client.hello;
      // A text of the tunnel before is not this one's.
      const old = world.relay.posts.find(({ text }) => text.includes(first.id));
      world.relay.deliver(client.functionConnection, old?.text ?? '');
      // Stream numbers begin again.
      const stream = await client.open(own, echo.port);
      stream.end(user);
      expect(String(await once(stream, 'data'))).toBe(user);
      await client.link.end();
      expect(await next).toMatchObject(done);
      clients.push(client.connectionId);
      await untilPeers(clients);
    }
    // The last line of the log comes after all others.
    await lambda.invoke({});
    lambda.terminate();
    await lambda.gone;
    expect(lambda.output.match(/"liveDebug":"dropped a message"/g)).toHaveLength(2);
    expect(lambda.output.match(/"liveDebug":"tunnel ended"/g)).toHaveLength(3);
  });
});
