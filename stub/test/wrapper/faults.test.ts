// Faults on the way to a client: the deployed code answers at once, the log says why, and what may have begun on a laptop is
// not run here as well.
import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RelayPost } from '../../../protocol/test/fake-relay.ts';
import { watchedDirectory } from '../harness/watched-directory.ts';
import type { Started } from './harness/instances.ts';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();

const typeOf = ({ text }: RelayPost) => JSON.parse(text.split('\n')[0] ?? '{}').type as string;

/** Answered by the deployed code; that this takes 300 ms at most is held by bounds.test.ts. */
async function isDeployed({ api }: Started, id: string): Promise<void> {
  expect((await api.invoke({ id, event: '1' })).body.toString()).toBe('{"deployed":1}');
}

const saidHello = () => [...world.relay.peers.values()].every(({ said }) => said.length > 0);

/** Takes connections and says nothing. */
async function blackHole(): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const nowhere = 'http://127.0.0.1:9';
type Fault = [string, () => Promise<Record<string, string>>, string];
const faults: Fault[] = [
  ['the relay can’t be reached', async () => ({ LIVE_DEBUG_RELAY: `${nowhere}/live` }), 'the relay'],
  ['the relay is silent', async () => ({ LIVE_DEBUG_RELAY: `${await blackHole()}/live` }), 'the relay'],
  [
    'the relay refuses the connection',
    async () => {
      world.relay.onConnect = () => 403;
      return {};
    },
    'the relay',
  ],
  [
    'the relay refuses posts',
    async () => {
      world.relay.onPost = () => 403;
      return {};
    },
    'the relay',
  ],
  [
    'the table can’t be reached',
    async () => ({ AWS_ENDPOINT_URL_DYNAMODB: nowhere }),
    'the table that says who serves',
  ],
  [
    'the table is silent',
    async () => ({ AWS_ENDPOINT_URL_DYNAMODB: await blackHole() }),
    'the table that says who serves',
  ],
  ['the table is deleted', async () => ({ LIVE_DEBUG_TABLE: 'deleted' }), 'the table that says who serves'],
  [
    'the table is forbidden',
    async () => {
      const directory = await watchedDirectory(world.table.endpoint);
      directory.refuses = true;
      return { AWS_ENDPOINT_URL_DYNAMODB: directory.endpoint };
    },
    'the table that says who serves',
  ],
];

describe.each(faults)('where %s', (_what, given, because) => {
  it('the deployed code answers each invocation, and the log gives the reason once', async () => {
    await world.serve();
    const environment = await given();
    const started = await world.wrapped({ environment });
    for (const id of ['a', 'b', 'c']) await isDeployed(started, id);
    const reasons = started.instance.ownLines.filter(
      (line) => line.liveDebug === 'the deployed code answers',
    );
    expect(reasons).toEqual([{ liveDebug: 'the deployed code answers', because, why: expect.any(String) }]);
    expect(JSON.stringify(reasons)).not.toContain('test-secret');
  });
});

describe('a client', () => {
  it('that is gone (410) leaves each invocation to the deployed code, which is logged once', async () => {
    await world.serve();
    world.relay.onPost = () => 410;
    const started = await world.wrapped();
    // With a relay that is not open yet, that would be the reason.
    await world.relay.until(() => world.relay.peers.size === 2 && saidHello());
    for (const id of ['a', 'b', 'c']) await isDeployed(started, id);
    expect(started.instance.ownLines).toEqual([
      {
        liveDebug: 'the deployed code answers',
        because: 'livectl of ada on ada-laptop',
        why: 'its connection is gone, or it does not take this function',
      },
    ]);
  });

  it('that refuses an invocation leaves it to the deployed code', async () => {
    const client = await world.serve();
    const started = await world.wrapped();
    client.onMessage = ({ channel, message }) => {
      if (message.type !== 'invoke') return;
      const moved = { reason: 'stopping' } as const;
      const { attempt, id } = message;
      void client.send(message.head.replyTo, channel, {
        type: 'moved',
        id,
        attempt,
        head: moved,
        body: new Uint8Array(0),
      });
    };
    await isDeployed(started, 'a');
  });

  it('that has begun although the relay returned 500 is the one that answers', async () => {
    const client = await world.serve();
    answerAll(client, () => '"local"');
    const { api } = await world.wrapped();
    world.relay.onPost = (post) => {
      if (typeOf(post) !== 'invoke') return undefined;
      if (world.relay.peers.has(post.connectionId)) world.relay.deliver(post.connectionId, post.text);
      return 500;
    };
    expect((await api.invoke({ id: 'a', event: '1' })).body.toString()).toBe('"local"');
    expect(api.requests).toHaveLength(1);
  });

  it('that may have it, stays silent and loses its lease gets a cancel and a probe; if it never began, the deployed code answers', async () => {
    const client = await world.serve();
    const started = await world.wrapped();
    const { api } = started;
    const asked: string[] = [];
    client.onMessage = ({ channel, message }) => {
      asked.push(message.type);
      if (message.type === 'invoke') void client.leave();
      if (message.type !== 'probe') return;
      const error = { errorType: 'LiveDebugLostError', errorMessage: 'not known', trace: [] };
      const { attempt, head, id } = message;
      const body = Buffer.from(JSON.stringify(error));
      void client.send(head.replyTo, channel, { type: 'error', id, attempt, head: { codeMs: 0 }, body });
    };
    const { body } = await api.invoke({ id: 'a', event: '1', timeoutMs: 60_000 });
    expect(body.toString()).toBe('{"deployed":1}');
    expect(asked).toEqual(['invoke', 'cancel', 'probe']);
  });

  it('that answers neither keeps it: the invocation fails as with a stub', async () => {
    const client = await world.serve();
    const { api } = await world.wrapped();
    client.onMessage = ({ message }) => void (message.type === 'invoke' && client.leave());
    const { body, path } = await api.invoke({ id: 'a', event: '1', timeoutMs: 60_000 });
    expect(path).toMatch(/error$/);
    expect(JSON.parse(body.toString())).toMatchObject({ errorType: 'LiveDebugNoClientError' });
  });

  it('that goes away after its ack has lost it', async () => {
    const client = await world.serve();
    const { api } = await world.wrapped();
    api.give({ id: 'a', event: '1', timeoutMs: 3000 });
    const received = await client.next('invoke');
    await client.acknowledge(received);
    await client.leave();
    client.close();
    const { body, path } = await api.answerTo('a');
    expect(path).toMatch(/error$/);
    expect(JSON.parse(body.toString())).toMatchObject({ errorType: 'LiveDebugLostError' });
  });
});

describe('a relay that works again', () => {
  it('is found beside the work', async () => {
    const client = await world.serve();
    answerAll(client, () => '"local"');
    world.relay.onConnect = () => 503;
    const started = await world.wrapped();
    await isDeployed(started, 'a');
    world.relay.onConnect = () => undefined;
    const { api } = started;
    let count = 0;
    const begunAt = performance.now();
    while ((await api.invoke({ id: `b${count}`, event: '1' })).body.toString() !== '"local"') count += 1;
    expect(performance.now() - begunAt).toBeLessThan(5000);
  });
});
