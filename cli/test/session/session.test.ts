// A session from start to stop among others: who serves, who is informed, and what is left when it ends.
import { describe, expect, test } from 'vitest';
import { channelToClient } from '../../../protocol/sealing.ts';
import { stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { encodeMessage } from '../../../protocol/wire.ts';
import { code } from './fake-pool.ts';
import { stage } from './local-aws.ts';
import { newId, textOf } from './stub-peer.ts';
import { useWorld } from './world.ts';

const world = useWorld();

const bob = { user: 'bob', host: 'bob-laptop', version: '0.1.0' };

/** The type of the next message that is not an ack. */
async function answerOf(stub: { heard: { next(): Promise<unknown> } }) {
  for (;;) {
    const message = (await stub.heard.next()) as { type: string; body: Uint8Array };
    if (message.type !== 'ack') return { type: message.type, text: textOf(message) };
  }
}

describe('start', () => {
  test('writes into the directory who serves, with connection and key', async () => {
    const { publicKey } = await world.serve();
    const item = (await world.aws.items()).get('client#*');
    expect(item).toMatchObject({ user: 'ada', host: 'ada-laptop', version: '0.1.0', publicKey });
    expect(world.aws.isOpen(item?.connectionId ?? '')).toBe(true);
  });

  test('under --no-takeover refuses while somebody serves, names them, and leaves nothing', async () => {
    const ada = await world.serve();
    const second = await world.prepare({ holder: bob, noTakeover: true, only: ['other', 'hello'] });
    await second.session.start();
    const third = await world.prepare({ noTakeover: true, only: ['third', 'hello'] });
    await expect(third.session.start()).rejects.toMatchObject({
      code: 'LD_DISPLACED',
      message: 'bob on bob-laptop is serving hello of stage test',
    });
    expect([...(await world.aws.items()).keys()].sort()).toEqual([
      'client#*',
      'client#hello',
      'client#other',
    ]);
    expect(third.events.all).toEqual([]);
    expect([...ada.told('displaced'), ...second.told('displaced')]).toEqual([]);
  });

  test('rejects with LD_RELAY if the relay refuses', async () => {
    world.aws.refuseConnections(true);
    const { session } = await world.prepare();
    await expect(session.start()).rejects.toMatchObject({ code: 'LD_RELAY' });
    expect((await world.aws.items()).size).toBe(0);
  });

  test('rejects with LD_DIRECTORY if the table refuses', async () => {
    world.aws.directoryFault = () => 'unavailable';
    const { session } = await world.prepare();
    await expect(session.start()).rejects.toMatchObject({ code: 'LD_DIRECTORY' });
  });
});

describe('taking over', () => {
  test('is reported to both, ends the displaced one, and its invocation in flight is still answered', async () => {
    const ada = await world.serve();
    const stub = await world.stub();
    const id = newId();
    await stub.invoke({ id });
    await stub.expect('ack');

    const second = await world.serve({ holder: bob });
    expect(await second.event('notice')).toEqual({
      event: 'notice',
      message: 'took over from ada on ada-laptop',
    });
    expect(await ada.event('displaced')).toEqual({
      event: 'displaced',
      by: { user: 'bob', host: 'bob-laptop' },
    });
    expect(await ada.session.ended).toBe('displaced');

    const stopped = ada.session.stop(10_000);
    ada.pool.runs.all[0]?.answer('"finished"');
    expect(textOf(await stub.expect('result'))).toBe('"finished"');
    await stopped;
    expect((await world.aws.items()).get('client#*')).toMatchObject({ user: 'bob' });

    second.pool.onRun = (run) => run.answer('"by bob"');
    await stub.find();
    await stub.invoke({ id: newId() });
    expect(textOf(await stub.expect('result'))).toBe('"by bob"');
    expect(second.told('displaced')).toEqual([]);
  });

  test('is not trusted from a message: a forged one makes the client read the directory, and nothing else', async () => {
    const ada = await world.serve();
    const stub = await world.stub();
    await stub.find();
    const puts = () => world.aws.calls.all.filter((call) => call === 'PutItem').length;
    const before = puts();
    const channel = await channelToClient(ada.publicKey, stage, stageSecret);
    const head = { by: { user: 'mallory', host: 'nowhere' }, at: Date.now() };
    const forged = { type: 'displaced', id: newId(), attempt: 1, head, body: new Uint8Array(0) } as const;
    await stub.post(await encodeMessage(forged, channel, true));
    await world.aws.calls.until(() => puts() > before);
    ada.pool.onRun = (run) => run.answer('1');
    await stub.invoke({ id: newId() });
    await stub.expect('result');
    expect([...ada.told('displaced'), ...ada.told('error')]).toEqual([]);
    expect((await world.aws.items()).get('client#*')).toMatchObject({
      user: 'ada',
      publicKey: ada.publicKey,
    });
  });

  test('of one function leaves the others to the client of the stage', async () => {
    const functions = new Map([
      ['hello', { timeout: 3 }],
      ['other', { timeout: 3 }],
    ]);
    const ada = await world.serve({ functions });
    ada.session.onBuild({ type: 'built', code: code('other'), first: true, ms: 1, changed: [] });
    const second = await world.serve({ holder: bob, only: ['hello'] });
    ada.pool.onRun = (run) => run.answer('"ada"');
    second.pool.onRun = (run) => run.answer('"bob"');
    const stub = await world.stub();
    await stub.find('hello');
    await stub.invoke({ id: newId() });
    expect(textOf(await stub.expect('result'))).toBe('"bob"');
    await stub.find('other');
    await stub.invoke({ id: newId(), head: { function: 'other' } });
    expect(textOf(await stub.expect('result'))).toBe('"ada"');
    expect(ada.told('displaced')).toEqual([]);
  });

  test('of one function is reported to both, and so is its end', async () => {
    const functions = new Map([
      ['hello', { timeout: 3 }],
      ['other', { timeout: 3 }],
    ]);
    const ada = await world.serve({ functions });
    const stub = await world.stub();
    await stub.find('hello');
    const second = await world.serve({ holder: bob, only: ['hello'] });
    expect(await second.event('notice')).toEqual({
      event: 'notice',
      message: 'took hello; ada on ada-laptop serves the rest of the stage',
    });
    const by = { user: 'bob', host: 'bob-laptop' };
    expect(await ada.event('holder')).toEqual({ event: 'holder', function: 'hello', by });
    expect([...ada.session.heldByOthers]).toEqual([['hello', by]]);
    expect(ada.told('displaced')).toEqual([]);

    // A stub that has not looked since: it is sent on, and nobody's code runs on the wrong machine.
    await stub.invoke({ id: newId(), head: { understands: ['moved'] } });
    expect((await stub.expect('moved')).head).toEqual({ reason: 'not-held' });
    expect(ada.pool.runs.all).toEqual([]);
    // The stub has found bob's connection gone, while his lease holds: his livectl was killed.
    ada.pool.onRun = (run) => run.answer('"ada instead"');
    await stub.invoke({ id: newId(), head: { understands: ['moved'], instead: true } });
    expect(textOf(await stub.expect('result'))).toBe('"ada instead"');

    await second.session.stop(0);
    expect(await ada.event('holder', (event) => event.by === undefined)).toMatchObject({ function: 'hello' });
    ada.pool.onRun = (run) => run.answer('"ada"');
    await stub.invoke({ id: newId(), head: { understands: ['moved'] } });
    expect(textOf(await stub.expect('result'))).toBe('"ada"');
    expect([...ada.session.heldByOthers]).toEqual([]);
  });

  test('of the stage while others serve some of its functions reports which', async () => {
    const second = await world.serve({ holder: bob, only: ['hello'] });
    const ada = await world.serve();
    expect([...ada.session.heldByOthers]).toEqual([['hello', { user: 'bob', host: 'bob-laptop' }]]);
    expect([...ada.told('holder'), ...ada.told('notice')]).toEqual([]);
    const notice = (message: string) => second.event('notice', (event) => event.message === message);
    await notice('ada on ada-laptop serves the rest of the stage now');
    await ada.session.stop(0);
    await notice('nobody serves the rest of the stage now');
  });

  test('meanwhile, a laptop that wakes up ends as displaced', async () => {
    const ada = await world.serve();
    const connectionId = (await world.aws.items()).get('client#*')?.connectionId ?? '';
    // Asleep it hears nothing: neither that it is displaced nor, at first, that its connection is gone.
    world.aws.fault = (post) => (post.connectionId === connectionId ? { status: 410 } : undefined);
    const second = await world.serve({ holder: bob });
    await second.event('notice');
    world.aws.disconnect(connectionId);
    expect(await ada.event('displaced')).toMatchObject({ by: { user: 'bob' } });
    await ada.session.stop(0);
    expect((await world.aws.items()).get('client#*')).toMatchObject({ user: 'bob' });
    expect(ada.told('reconnect').map(({ state }) => state)).toEqual(['lost']);
  });
});

describe('a lost connection', () => {
  test('is reported and restored, and a stub that asks in the directory is served', async () => {
    const { pool, event } = await world.serve();
    const stub = await world.stub();
    await stub.find();
    world.aws.disconnect(stub.client);
    expect(await event('reconnect', ({ state }) => state === 'lost')).toMatchObject({
      reason: 'code 1001 Going away',
    });
    await event('reconnect', ({ state }) => state === 'connected');
    expect(await stub.probe(newId(), 1)).toEqual({ kind: 'gone' });
    pool.onRun = (run) => run.answer('1');
    await stub.find();
    await stub.invoke({ id: newId() });
    await stub.expect('result');
  });

  test('does not keep an answer from a stub that waits for it', async () => {
    const { pool, event } = await world.serve();
    const stub = await world.stub();
    await stub.invoke({ id: newId() });
    await stub.expect('ack');
    world.aws.disconnect(stub.client);
    await event('reconnect', ({ state }) => state === 'lost');
    pool.runs.all[0]?.answer('"all the same"');
    expect(textOf(await stub.expect('result'))).toBe('"all the same"');
  });
});

describe('stop', () => {
  test('releases the stage first, finishes what is in flight, and reports the end once', async () => {
    const { session, pool, events } = await world.serve();
    const stub = await world.stub();
    await stub.invoke({ id: newId() });
    await stub.expect('ack');
    const stopped = session.stop(10_000);
    expect(session.stop(10_000)).toBe(stopped);
    await world.aws.calls.first((call) => call === 'DeleteItem');
    while ((await world.aws.items()).size > 0);
    expect(events.all.map(({ event }) => event)).toEqual(['invoke', 'stopping']);
    pool.runs.all[0]?.answer('"in time"');
    expect(textOf(await stub.expect('result'))).toBe('"in time"');
    await stopped;
    expect(await session.ended).toBe('stopped');
    expect(events.all.slice(1)).toEqual([
      { event: 'stopping', waiting_for: 1 },
      expect.objectContaining({ event: 'result', ok: true }),
      { event: 'stopped', invocations: 1, failed: 0, abandoned: 0 },
    ]);
    // Its connection is gone, so the next stub knows at once.
    await stub.post(['anything']).then((outcome) => expect(outcome).toEqual({ kind: 'gone' }));
  });

  test('answers with LD_STOPPED what is not done within its bound, and nothing is reported afterwards', async () => {
    const { session, events, pool } = await world.serve();
    const stub = await world.stub();
    const id = newId();
    await stub.invoke({ id });
    await stub.expect('ack');
    await session.stop(0);
    const answer = await answerOf(stub);
    expect([answer.type, JSON.parse(answer.text).errorType]).toEqual(['error', 'LiveDebugStoppedError']);
    expect(pool.cancelled).toEqual([`request-${id}`]);
    const all = [...events.all];
    expect(all.at(-1)).toEqual({ event: 'stopped', invocations: 1, failed: 1, abandoned: 1 });
    expect(all.filter(({ event }) => event === 'stopped')).toHaveLength(1);
    const late = { functionName: 'hello', id, level: 'info', message: 'late' } as const;
    session.onWorker({ type: 'log', ...late });
    session.onBuild({ type: 'notice', message: 'late' });
    await session.stop(0);
    expect(events.all).toEqual(all);
  });

  test('with an unreachable directory still ends', async () => {
    const { session, event } = await world.serve();
    world.aws.directoryFault = () => 'unavailable';
    await session.stop(10_000);
    expect(await event('stopped')).toMatchObject({ invocations: 0 });
  });
});

describe('builds', () => {
  const errors = [{ text: 'Expected ";"', file: 'src/hello.ts', line: 4, column: 2 }];

  test('reach the pool and are reported; the first good one is silent', async () => {
    const { session, pool, events } = await world.prepare();
    const [first, second] = [code('hello', 1), code('hello', 2)];
    session.onBuild({ type: 'built', code: first, first: true, ms: 30, changed: [] });
    session.onBuild({ type: 'built', code: second, first: false, ms: 12, changed: ['src/a.ts'] });
    session.onBuild({ type: 'notice', message: 'no esbuild here' });
    expect(pool.used).toEqual([first, second]);
    expect(events.all).toEqual([
      { event: 'reload', function: 'hello', ms: 12, changed: ['src/a.ts'] },
      { event: 'notice', message: 'no esbuild here' },
    ]);
  });

  test('that fail keep the last good build answering', async () => {
    const { session, pool, event } = await world.serve();
    session.onBuild({ type: 'build_error', functionName: 'hello', errors, hasLastGood: true });
    expect(await event('build_error')).toEqual({
      event: 'build_error',
      function: 'hello',
      errors,
      last_good: true,
    });
    pool.onRun = (run) => run.answer('"still"');
    const stub = await world.stub();
    await stub.invoke({ id: newId() });
    expect(textOf(await stub.expect('result'))).toBe('"still"');
  });

  test('that fix a failed first build are reported as a reload', async () => {
    const { session, pool, events } = await world.prepare();
    session.onBuild({ type: 'build_error', functionName: 'hello', errors, hasLastGood: false });
    expect(pool.used).toEqual([]);
    session.onBuild({ type: 'built', code: code('hello'), first: true, ms: 9, changed: ['src/hello.ts'] });
    expect(events.all.map(({ event }) => event)).toEqual(['build_error', 'reload']);
  });
});

describe('the pool’s events', () => {
  test('are reported: log lines with their invocation, a queue after the invocation’s own line', async () => {
    const { session, pool, events } = await world.serve();
    pool.onRun = (run) => {
      session.onWorker({
        type: 'queued',
        functionName: 'hello',
        id: run.invocation.id,
        waiting: 3,
        reason: 'max_workers',
      });
    };
    const stub = await world.stub();
    await stub.invoke({ id: 'a' });
    await events.count(2);
    session.onWorker({ type: 'worker_started', functionName: 'hello', pid: 1, ms: 1 });
    session.onWorker({ type: 'log', functionName: 'hello', id: 'request-a', level: 'warn', message: 'x' });
    session.onWorker({ type: 'worker_ended', functionName: 'hello', pid: 1, reason: 'it was idle' });
    expect(events.all).toEqual([
      { event: 'invoke', id: 'request-a', function: 'hello', trigger: 'invoke' },
      { event: 'queued', id: 'request-a', function: 'hello', waiting: 3, reason: 'max_workers' },
      { event: 'worker_started', function: 'hello', pid: 1, ms: 1 },
      { event: 'log', id: 'request-a', function: 'hello', level: 'warn', message: 'x' },
      { event: 'worker_ended', function: 'hello', pid: 1, reason: 'it was idle' },
    ]);
  });
});
