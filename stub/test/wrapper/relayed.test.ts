// The built wrapper with somebody serving: what the client answers reaches Lambda, the deployed code runs for all others.
import { describe, expect, it } from 'vitest';
import { deployedClientContext } from '../../../protocol/deployed-request.ts';
import type { FakeClient } from '../harness/fake-client.ts';
import { invokedArn } from './harness/recording-runtime-api.ts';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

/** What a client answers. */
type Received = Parameters<FakeClient['fail']>[0];

const world = useWrappedWorld();
const response = '/2018-06-01/runtime/invocation/a/response';
const failure = '/2018-06-01/runtime/invocation/a/error';

describe('an invocation that somebody serves', () => {
  it('goes to the client as Lambda gave it, and comes back byte for byte', async () => {
    const client = await world.serve();
    const { api, instance } = await world.wrapped({
      environment: { GREETING: 'hi', NODE_OPTIONS: '--no-warnings' },
    });
    const text = JSON.stringify({ custom: { word: 'ünïcödé' } });
    api.give({
      id: 'a',
      event: '{"n":12345678901234567890}',
      timeoutMs: 60_000,
      headers: {
        'Lambda-Runtime-Client-Context': Buffer.from(text).toString('latin1'),
        'Lambda-Runtime-Cognito-Identity': '{"cognitoIdentityId":"i"}',
        'Lambda-Runtime-Aws-Tenant-Id': 'blue',
      },
    });
    const received = await client.next('invoke');
    const { head, body } = received.message;
    expect(Buffer.from(body).toString()).toBe('{"n":12345678901234567890}');
    expect(head).toMatchObject({
      requestId: 'a',
      function: 'hello',
      arn: invokedArn,
      traceId: 'Root=1-a;Sampled=0',
      clientContext: text,
      identity: '{"cognitoIdentityId":"i"}',
      tenantId: 'blue',
      streams: true,
    });
    expect(head.deadline - head.sentAt).toBeGreaterThan(50_000);
    expect(head.environment).toMatchObject({ GREETING: 'hi', NODE_OPTIONS: '--no-warnings' });
    expect(Object.keys(head.environment).filter((name) => /LIVE|RUNTIME_API|WRAPPER/.test(name))).toEqual([]);
    await client.answer(received, '{"local":98765432109876543210}');
    const answer = await api.answerTo('a');
    expect([answer.path, answer.body.toString()]).toEqual([response, '{"local":98765432109876543210}']);
    expect(instance.ownLines).toEqual([]);
  });

  it('that fails there is reported with the same error', async () => {
    const client = await world.serve();
    const { api, instance } = await world.wrapped();
    api.give({ id: 'a', event: '{}' });
    const error = {
      errorType: 'RangeError',
      errorMessage: 'ünïcödé',
      trace: ['RangeError: x', '  at y'],
      more: 1,
    };
    await client.fail(await client.next('invoke'), error);
    const { body, headers, path } = await api.answerTo('a');
    expect([path, JSON.parse(body.toString())]).toEqual([failure, error]);
    expect(headers.join()).toContain('Lambda-Runtime-Function-Error-Type,RangeError');
    expect(instance.ownLines).toEqual([
      { liveDebug: 'the local code failed', id: 'a', errorType: 'RangeError' },
    ]);
  });

  it('streams to Lambda as it comes', async () => {
    const client = await world.serve();
    const { api } = await world.wrapped();
    const pieces: string[] = [];
    api.onPiece = (_path, piece) => pieces.push(piece.toString());
    api.give({ id: 'a', event: '{}', timeoutMs: 60_000 });
    const received = await client.next('invoke');
    await client.part(received, 0, 'first,');
    await api.until(() => pieces.join('') === 'first,');
    await client.end(received, 1, 'last');
    const { body, headers, trailers } = await api.answerTo('a');
    expect([body.toString(), trailers]).toEqual(['first,last', []]);
    expect(headers.join()).toContain(
      'Content-Type,text/plain,Lambda-Runtime-Function-Response-Mode,streaming',
    );
  });

  it('that ends half-way has the error in its trailers', async () => {
    const client = await world.serve();
    const { api } = await world.wrapped();
    api.give({ id: 'a', event: '{}', timeoutMs: 60_000 });
    const received = await client.next('invoke');
    await client.part(received, 0, 'first,');
    const error = { errorType: 'TypeError', errorMessage: 'half-way', trace: [] };
    await client.fail(received, error, 1);
    const { body, trailers } = await api.answerTo('a');
    expect(body.toString()).toBe('first,');
    expect(trailers.slice(0, 3)).toEqual([
      'Lambda-Runtime-Function-Error-Type',
      'TypeError',
      'Lambda-Runtime-Function-Error-Body',
    ]);
    expect(JSON.parse(Buffer.from(trailers[3] ?? '', 'base64').toString())).toEqual(error);
  });

  it('is answered with the nonce that Lambda gave it, where it gave one', async () => {
    const client = await world.serve();
    const { api } = await world.wrapped();
    const error = { errorType: 'TypeError', errorMessage: '', trace: [] };
    const answers = {
      whole: (received: Received) => client.answer(received, '1'),
      failed: (received: Received) => client.fail(received, error),
      streamed: async (received: Received) => {
        await client.part(received, 0, 'first,');
        await client.end(received, 1, 'last');
      },
    };
    const found: (readonly [string, string | undefined])[] = [];
    for (const [kind, answer] of Object.entries(answers))
      for (const nonce of ['', 'n-1']) {
        const id = `${kind}${nonce && '-with'}`;
        const headers: Record<string, string> = nonce ? { 'Lambda-Runtime-Invocation-Id': nonce } : {};
        api.give({ id, event: '{}', timeoutMs: 60_000, headers });
        await answer(await client.next('invoke'));
        const sent = (await api.answerTo(id)).headers;
        const at = sent.indexOf('Lambda-Runtime-Invocation-Id');
        found.push([id, at < 0 ? undefined : sent[at + 1]]);
      }
    expect(found).toEqual([
      ['whole', undefined],
      ['whole-with', 'n-1'],
      ['failed', undefined],
      ['failed-with', 'n-1'],
      ['streamed', undefined],
      ['streamed-with', 'n-1'],
    ]);
  });

  it('that takes longer than its time is cancelled, and fails in the stub’s words', async () => {
    const client = await world.serve();
    const { api } = await world.wrapped();
    api.give({ id: 'a', event: '1', timeoutMs: 1200 });
    await client.acknowledge(await client.next('invoke'));
    const { body, path } = await api.answerTo('a');
    expect((await client.next('cancel')).message.head).toEqual({ reason: 'deadline' });
    const words =
      /^Task timed out after \d\.\d\d seconds: livectl had not answered when the stub's time was up$/;
    expect([path, JSON.parse(body.toString())]).toMatchObject([
      failure,
      { errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(words) },
    ]);
    // Nobody runs it after that, and the next one is relayed.
    api.give({ id: 'b', event: '2', timeoutMs: 60_000 });
    await client.answer(await client.next('invoke'), '"local"');
    expect((await api.answerTo('b')).body.toString()).toBe('"local"');
    expect(api.requests).toHaveLength(2);
  });

  it('of 6 MB, with an answer of 6 MB, is relayed', async () => {
    const client = await world.serve();
    const { api } = await world.wrapped();
    answerAll(client, (event) => event);
    const event = JSON.stringify('x'.repeat(6 * 1024 * 1024 - 100));
    const { body } = await api.invoke({ id: 'a', event, timeoutMs: 60_000 });
    expect(body.equals(Buffer.from(event))).toBe(true);
  });

  it('is answered by the deployed code if its caller asks for that', async () => {
    await world.serve();
    const { api } = await world.wrapped();
    const headers = { 'Lambda-Runtime-Client-Context': deployedClientContext };
    expect((await api.invoke({ id: 'a', event: '1', headers })).body.toString()).toBe('{"deployed":1}');
  });
});

describe('who serves', () => {
  it('may begin and end at any time, which is logged each time', async () => {
    const { api, instance } = await world.wrapped();
    const ids: string[] = [];
    const answered = async () => {
      ids.push(`id-${ids.length}`);
      return (await api.invoke({ id: ids.at(-1) ?? '', event: '1' })).body.toString();
    };
    const reasons = (because: string) => instance.ownLines.filter((line) => line.because === because);
    const gone = 'livectl of ada on ada-laptop';
    expect(await answered()).toBe('{"deployed":1}');
    for (const round of [1, 2]) {
      const client = await world.serve();
      answerAll(client, () => '"local"');
      // That nobody serves holds for a second after it was read.
      const begunAt = performance.now();
      while ((await answered()) !== '"local"');
      expect(performance.now() - begunAt).toBeLessThan(1500);
      expect(await answered()).toBe('"local"');
      client.close();
      await client.leave();
      for (const _ of [1, 2, 3]) expect(await answered()).toBe('{"deployed":1}');
      expect(reasons(gone)).toHaveLength(round);
    }
    expect(reasons('nobody serves')).toHaveLength(1);
    expect(api.requests.map(({ path }) => path.split('/')[4])).toEqual(ids);
  });
});

describe('with LIVE_DEBUG_WRAP_INIT=lazy', () => {
  const environment = { LIVE_DEBUG_WRAP_INIT: 'lazy' };

  it('the deployed code is loaded by the first invocation that it must answer', async () => {
    const client = await world.serve();
    answerAll(client, () => '"local"');
    const { api, instance } = await world.wrapped({ environment });
    for (const id of ['a', 'b'])
      expect((await api.invoke({ id, event: '1' })).body.toString()).toBe('"local"');
    expect(instance.stdout).toBe('');
    client.close();
    await client.leave();
    expect((await api.invoke({ id: 'c', event: '1' })).body.toString()).toBe('{"deployed":1}');
    await instance.untilOutput('deployed code is loaded');
    expect((await api.invoke({ id: 'd', event: '2' })).body.toString()).toBe('{"deployed":2}');
    expect(api.nexts).toBe(4);
  });

  it('its failing to load is the answer to that invocation', async () => {
    const taskRoot = world.folder({ 'app.js': 'throw new RangeError("at the start")' });
    const { api, instance } = await world.wrapped({ environment, taskRoot });
    const { body, path } = await api.invoke({ id: 'a', event: '1' });
    expect([path, JSON.parse(body.toString())]).toEqual([
      failure,
      expect.objectContaining({ errorType: 'RangeError', errorMessage: 'at the start' }),
    ]);
    expect(await instance.ended).toBe(1);
  });
});
