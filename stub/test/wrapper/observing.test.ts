// The built wrapper while somebody observes: the deployed code answers, and a copy leaves once Lambda has the answer.
import { describe, expect, it } from 'vitest';
import { testCredentials } from '../../../protocol/test/directory-table.ts';
import { stageSecretText } from '../../../protocol/test/stage-secrets.ts';
import type { FakeClient } from '../harness/fake-client.ts';
import { watchedDirectory } from '../harness/watched-directory.ts';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();
const leaseUntil = Date.now() + 3_600_000;
const observe = (fields = {}) =>
  world.serve({ item: 'client#~observe#*#1', observe: '1000', leaseUntil, ...fields });

async function copy(client: FakeClient) {
  const { body, head } = (await client.next('observed')).message;
  const kept = Number(head.eventKept);
  const text = (from: number, to?: number) => Buffer.from(body.subarray(from, to)).toString();
  return { head, event: text(0, kept), result: text(kept) };
}

/** Calls the Runtime API while its answer is being confirmed: everything passes through the proxy. */
const busy = `
  const { request } = require('node:http');
  const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
  const ping = () => new Promise((resolve) => request({ hostname, port, path: '/ping' }, (answer) => answer.resume().on('end', resolve)).end());
  exports.handler = async (event) => {
    setTimeout(async () => { for (let count = 0; count < 20; count += 1) await ping(); }, 0);
    return { deployed: event };
  };
`;

describe('a copy', () => {
  it('has event and answer as they were, and leaves after Lambda has confirmed the answer', async () => {
    const client = await observe();
    const { api } = await world.wrapped({ taskRoot: world.folder({ 'app.js': busy }) });
    let confirm: () => void = () => undefined;
    api.confirms = new Promise((resolve) => {
      confirm = resolve;
    });
    const answer = await api.invoke({ id: 'a', event: '{"n":12345678901234567890}' });
    await api.until(() => api.requests.filter(({ path }) => path === '/ping').length === 20);
    expect(world.relay.posts.filter(({ text }) => text.includes('observed'))).toEqual([]);
    confirm();
    const { event, head, result } = await copy(client);
    expect([event, result]).toEqual(['{"n":12345678901234567890}', answer.body.toString()]);
    expect(head).toMatchObject({
      ...{ requestId: 'a', function: 'hello', by: 'deployed', ok: true, item: 'client#~observe#*#1' },
      ...{ contentType: 'application/json', eventBytes: event.length, resultBytes: result.length },
    });
    expect(head.ms).toBeGreaterThanOrEqual(0);
  });

  it('of an error is one', async () => {
    const client = await observe();
    const app = 'exports.handler = async () => { throw new RangeError("too far"); };';
    const { api } = await world.wrapped({ taskRoot: world.folder({ 'app.js': app }) });
    await api.invoke({ id: 'a', event: '1' });
    const { head, result } = await copy(client);
    expect(head).toMatchObject({ ok: false, errorType: 'RangeError' });
    expect(JSON.parse(result)).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
  });

  it('of a long event and a streamed answer has 256 KB of each and their lengths', async () => {
    const client = await observe();
    const app = `
      exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        stream.setContentType('text/plain');
        for (let count = 0; count < 10; count += 1) stream.write('r'.repeat(100 * 1024));
        stream.end('end');
      });
    `;
    const { api } = await world.wrapped({ taskRoot: world.folder({ 'app.js': app }) });
    const event = JSON.stringify('e'.repeat(400 * 1024));
    const { body } = await api.invoke({ id: 'a', event });
    const copied = await copy(client);
    expect([copied.event, copied.result]).toEqual([
      event.slice(0, 256 * 1024),
      body.toString().slice(0, 256 * 1024),
    ]);
    expect(copied.head).toMatchObject({
      ...{ eventBytes: event.length, eventKept: 256 * 1024, resultBytes: 1_024_003 },
      ...{ contentType: 'text/plain', ok: true },
    });
  });

  it('has no credentials, no variables and no secret', async () => {
    const client = await observe();
    const { api } = await world.wrapped({ environment: { DATABASE_PASSWORD: 'hunter-2-hunter-2' } });
    await api.invoke({
      id: 'a',
      event: '{"a":1}',
      headers: { 'Lambda-Runtime-Client-Context': '{"custom":{"k":"ctx-1"}}' },
    });
    const { body, head } = (await client.next('observed')).message;
    const all = `${JSON.stringify(head)}${Buffer.from(body)}`;
    for (const secret of [...Object.values(testCredentials), 'hunter-2-hunter-2', stageSecretText, 'ctx-1'])
      expect(all).not.toContain(secret);
    for (const name of ['AWS_', 'LIVE_DEBUG', 'DATABASE_PASSWORD', 'environment'])
      expect(all).not.toContain(name);
  });

  it('goes only where the filter matches, and is no more than the sample', async () => {
    const filter = JSON.stringify({ only: 'a', event: { a: [1] } });
    const client = await observe({ filter, observe: '0.0001' });
    const { api } = await world.wrapped();
    for (const [id, a] of Object.entries({ a: 2, b: 1, c: 1, d: 1 }))
      await api.invoke({ id, event: `{"a":${a}}` });
    expect((await copy(client)).head).toMatchObject({ requestId: 'b', item: 'client#~observe#*#1' });
    await api.invoke({ id: 'e', event: '{"a":1}' });
    expect(world.relay.posts.filter(({ text }) => text.includes('"observed"'))).toHaveLength(1);
  });
});

describe('the deployed code answers', () => {
  it('though the relay hangs; what waits is bounded, and the next copy says what was dropped', async () => {
    const client = await observe();
    let hangs = true;
    world.relay.onPost = ({ text }) => (hangs && text.includes('"observed"') ? 'hang' : undefined);
    const { api } = await world.wrapped();
    for (let count = 0; count < 30; count += 1)
      expect((await api.invoke({ id: `i${count}`, event: String(count) })).body.toString()).toBe(
        `{"deployed":${count}}`,
      );
    expect(client.received).toEqual([]);
    hangs = false;
    world.relay.cutHanging();
    const copies: Awaited<ReturnType<typeof copy>>[] = [];
    while (copies.length < 21) copies.push(await copy(client));
    expect(copies.map(({ event }) => event)).toEqual([
      '0',
      ...Array.from({ length: 20 }, (_, at) => String(at + 10)),
    ]);
    expect(
      copies.map(({ head }) => head.dropped ?? 0).reduce((sum, each) => Number(sum) + Number(each)),
    ).toBe(9);
  });

  it.each([410, 403, 429, 500])('though the relay refuses copies with %i', async (status) => {
    await observe();
    world.relay.onPost = ({ text }) => (text.includes('"observed"') ? status : undefined);
    const { api } = await world.wrapped();
    for (const id of ['a', 'b', 'c'])
      expect((await api.invoke({ id, event: '1' })).body.toString()).toBe('{"deployed":1}');
    await world.relay.until(() => world.relay.posts.some(({ text }) => text.includes('"observed"')));
    await api.invoke({ id: 'd', event: '1' });
    const tried = world.relay.posts.filter(({ text }) => text.includes('"observed"')).length;
    expect(tried).toBeLessThanOrEqual(status === 410 ? 1 : 8);
  });

  it('though an observer’s key is no key, or its filter no filter', async () => {
    await observe({ publicKey: 'AAAA' });
    await observe({ item: 'client#~observe#hello#2', filter: '{"event":{"a":[{"regex":"x"}]}}' });
    const client = await observe({ item: 'client#~observe#hello#3' });
    const { api } = await world.wrapped();
    for (const id of ['a', 'b'])
      expect((await api.invoke({ id, event: '1' })).body.toString()).toBe('{"deployed":1}');
    expect((await copy(client)).head.requestId).toBe('a');
    expect((await copy(client)).head.requestId).toBe('b');
  });

  it('and the table is read no more often than without an observer', async () => {
    const reads = async () => {
      const table = await watchedDirectory(world.table.endpoint);
      const { api } = await world.wrapped({ environment: { AWS_ENDPOINT_URL_DYNAMODB: table.endpoint } });
      const began = performance.now();
      for (let count = 0; count < 20; count += 1) await api.invoke({ id: `i${count}`, event: '1' });
      // Once a second, and the start's.
      return { reads: table.reads, most: 2 + Math.ceil((performance.now() - began) / 1000) };
    };
    await observe();
    const { most, reads: made } = await reads();
    expect(made).toBeLessThanOrEqual(most);
  });

  it('where nobody observes nothing is posted', async () => {
    const { api } = await world.wrapped();
    await api.invoke({ id: 'a', event: '1' });
    await api.invoke({ id: 'b', event: '1' });
    expect(world.relay.posts.filter(({ text }) => text.includes('"observed"'))).toEqual([]);
  });
});

describe('a client that serves', () => {
  it('answers as ever, and what it answers is not copied', async () => {
    const [observer, server] = [await observe(), await world.serve({ item: 'client#*' })];
    answerAll(server, () => '"local"');
    const { api } = await world.wrapped();
    expect((await api.invoke({ id: 'a', event: '1', timeoutMs: 60_000 })).body.toString()).toBe('"local"');
    await server.leave();
    server.close();
    expect((await api.invoke({ id: 'b', event: '2' })).body.toString()).toBe('{"deployed":2}');
    expect((await copy(observer)).head.requestId).toBe('b');
    expect(observer.received).toEqual([]);
  });

  it('gets nothing where the stage may only be observed', async () => {
    const [observer, server] = [await observe(), await world.serve({ item: 'client#hello' })];
    answerAll(server, () => '"local"');
    const { api } = await world.wrapped({ environment: { LIVE_DEBUG_OBSERVE_ONLY: 'true' } });
    for (const id of ['a', 'b'])
      expect((await api.invoke({ id, event: '1' })).body.toString()).toBe('{"deployed":1}');
    expect((await copy(observer)).head.requestId).toBe('a');
    expect(server.received).toEqual([]);
    expect(world.relay.posts.some(({ text }) => text.includes('"invoke"'))).toBe(false);
  });

  it('gets nothing by an item that says that it observes, whatever its key', async () => {
    const odd = await world.serve({ item: 'client#hello', observe: '1' });
    const old = await observe({ item: 'client#~observe#other#1' });
    const { api } = await world.wrapped();
    for (const id of ['a', 'b'])
      expect((await api.invoke({ id, event: '1' })).body.toString()).toBe('{"deployed":1}');
    expect([odd.received, old.received]).toEqual([[], []]);
  });
});
