// The shipped stub where clients serve a part of the invocations by a filter: who gets which, in what order, and what it costs.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientItem } from '../../protocol/directory.ts';
import type { FakeClient } from './harness/fake-client.ts';
import { answerOf, errorOf, type Lambda } from './harness/lambda.ts';
import { type WatchedDirectory, watchedDirectory } from './harness/watched-directory.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();
const fallbackArn = 'arn:aws:lambda:eu-west-1:123456789012:function:real-hello';
const probeMs = 10_000;

let api: Server;
let directory: WatchedDirectory;
let lambda: Lambda;

beforeEach(async () => {
  api = createServer((request, response) => {
    request.resume().on('end', () => response.end('"real"'));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  directory = await watchedDirectory(world.table.endpoint);
});
afterEach(() => {
  api.closeAllConnections();
  api.close();
});

async function start(environment: Record<string, string> = {}): Promise<void> {
  lambda = await world.lambda({
    stubFile: world.built.manualClockFile,
    directoryEndpoint: directory.endpoint,
    environment: {
      LIVE_DEBUG_FALLBACK_ARN: fallbackArn,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      ...environment,
    },
  });
}

const dev = (...names: string[]) => JSON.stringify({ only: 'dev', facts: { header: { 'x-dev': names } } });
const request = (name: string) => ({ headers: { 'X-Dev': name } });

/** Each answers with its words. */
async function serving(words: string, fields: Partial<ClientItem>): Promise<FakeClient> {
  const client = await world.serve(fields);
  client.onMessage = ({ message, channel }) => {
    if (message.type === 'invoke') void client.answer({ message, channel }, JSON.stringify(words));
  };
  return client;
}

const answer = async (name: string) => answerOf(await lambda.invoke(request(name)));

describe('an invocation goes', () => {
  it('to a filter that matches, the function’s client, the stage’s client, the fallback, in this order', async () => {
    const tom = await serving('tom', { item: 'client#*#1', filter: dev('tom') });
    const hello = await serving('hello', { item: 'client#hello' });
    const stage = await serving('stage', {});
    await start();
    expect([await answer('tom'), await answer('ann')]).toEqual(['tom', 'hello']);
    expect(tom.received[0]?.message.head).toMatchObject({ filter: 'client#*#1' });
    expect(hello.received[0]?.message.head).not.toHaveProperty('filter');
    await hello.leave();
    lambda.advance(2001);
    expect([await answer('tom'), await answer('ann')]).toEqual(['tom', 'stage']);
    await stage.leave();
    lambda.advance(2001);
    expect([await answer('tom'), await answer('ann')]).toEqual(['tom', 'real']);
    await tom.leave();
    lambda.advance(2001);
    expect(await answer('tom')).toBe('real');
  });

  it('to the client that began last, where filters of several match', async () => {
    await serving('old', { item: 'client#hello#1', filter: dev('tom', 'ann'), since: 1000 });
    await serving('new', { item: 'client#*#2', filter: dev('tom'), since: 2000 });
    await start();
    expect([await answer('tom'), await answer('ann')]).toEqual(['new', 'old']);
  });

  it('to nobody by a filter that is another function’s, expired, invalid or in an item of another kind', async () => {
    await serving('other', { item: 'client#other#1', filter: dev('tom') });
    await serving('expired', { item: 'client#hello#2', filter: dev('tom'), leaseUntil: 1 });
    await serving('invalid', { item: 'client#hello#3', filter: '{"event":{"a":[{"regex":"x"}]}}' });
    await serving('none', { item: 'client#hello#4' });
    await start();
    expect([await answer('tom'), await answer('tom')]).toEqual(['real', 'real']);
    const said = lambda.output.split('\n').filter((line) => line.includes('a filter is invalid'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('is not a matcher');
  });

  it('where nothing stands in, to an error that says that nobody serves', async () => {
    await serving('tom', { item: 'client#hello#1', filter: dev('tom') });
    await start({ LIVE_DEBUG_FALLBACK_ARN: '' });
    expect(await answer('tom')).toBe('tom');
    expect(errorOf(await lambda.invoke({ id: 7 })).errorType).toBe('LiveDebugNoClientError');
  });
});

describe('steady traffic', () => {
  it('costs one read of the table in two seconds, whatever matches', async () => {
    await serving('tom', { item: 'client#hello#1', filter: dev('tom') });
    await start();
    for (let count = 0; count < 5; count += 1) expect(await answer('ann')).toBe('real');
    expect(await answer('tom')).toBe('tom');
    expect(directory.reads).toBe(1);
    lambda.advance(2001);
    for (let count = 0; count < 5; count += 1) expect(await answer('ann')).toBe('real');
    expect(directory.reads).toBe(2);
  });

  it('finds a new client with its first request once the look-up is two seconds old', async () => {
    await serving('rest', {});
    await start();
    expect(await answer('tom')).toBe('rest');
    await serving('tom', { item: 'client#hello#1', filter: dev('tom') });
    lambda.advance(2001);
    expect(await answer('tom')).toBe('tom');
  });
});

describe('a client whose connection is gone', () => {
  it('is waited for a third of a second, then the fallback has its share', async () => {
    const tom = await serving('tom', { item: 'client#hello#1', filter: dev('tom') });
    await start();
    expect(await answer('tom')).toBe('tom');
    world.relay.disconnect(tom.connectionId);
    const outcome = lambda.invoke(request('tom'));
    for (const waitMs of [50, 100, 200]) {
      await lambda.untilTimer(waitMs, 1);
      lambda.advance(waitMs);
    }
    expect(answerOf(await outcome)).toBe('real');
  });

  it('gets what it has begun once it is back, also where a newer filter matches by then', async () => {
    const tom = await world.serve({ item: 'client#hello#1', filter: dev('tom') });
    await start();
    const outcome = lambda.invoke(request('tom'));
    await tom.acknowledge(await tom.next('invoke'));
    await lambda.untilTimer(probeMs);
    world.relay.disconnect(tom.connectionId);
    await tom.connect();
    const newer = await serving('newer', {
      ...{ item: 'client#hello#2', filter: dev('tom') },
      since: Date.now() + 1000,
    });
    lambda.advance(probeMs);
    await tom.answer(await tom.next('probe'), '"tom"');
    expect(answerOf(await outcome)).toBe('tom');
    expect(newer.received).toEqual([]);
  });
});
