// An invocation that arrives before its function's first build is done waits for it, as long as its caller does.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { ackAfterMs } from '../../src/session/invocations.ts';
import { code } from './fake-pool.ts';
import { newId, type StubPeer, textOf } from './stub-peer.ts';
import { type Serving, useWorld } from './world.ts';

const clock = new ManualClock();
const world = useWorld(() => clock);

const errors = [{ text: 'Expected ";"', file: 'src/hello.ts', line: 4, column: 2 }];

/** A session whose function is being built, and an invocation that waits for that. */
async function waiting(): Promise<Serving & { stub: StubPeer; id: string }> {
  const serving = await world.prepare();
  await serving.session.start();
  const stub = await world.stub();
  const id = newId();
  const deadline = clock.now() + 8000;
  await stub.invoke({ id, head: { deadline } });
  expect(await serving.event('queued')).toMatchObject({ reason: 'building', waiting: 1 });
  expect(serving.events.all.map(({ event }) => event)).toEqual(['invoke', 'queued']);
  clock.advance(ackAfterMs);
  await stub.expect('ack');
  return { ...serving, stub, id };
}

const built = { type: 'built', code: code('hello'), first: true, ms: 1, changed: [] } as const;
const broken = { type: 'build_error', functionName: 'hello', errors, hasLastGood: false } as const;

test('and runs when it is done', async () => {
  const { pool, session, stub } = await waiting();
  expect(pool.runs.all).toEqual([]);
  pool.onRun = (run) => run.answer('"built"');
  session.onBuild(built);
  expect(textOf(await stub.expect('result'))).toBe('"built"');
});

test('fails with the error if the build does', async () => {
  const { pool, session, stub } = await waiting();
  session.onBuild(broken);
  expect(textOf(await stub.expect('error'))).toContain('src/hello.ts:4: Expected');
  expect(pool.runs.all).toEqual([]);
});

test('is told that the build is running before its time is up', async () => {
  const { pool, session, stub } = await waiting();
  clock.advance(7500);
  const { errorMessage, errorType } = JSON.parse(textOf(await stub.expect('error')));
  expect([errorType, errorMessage]).toEqual([
    'LiveDebugBuildError',
    'hello is building for the first time; try again when livectl is ready',
  ]);
  session.onBuild(built);
  await new Promise((resolve) => setImmediate(resolve));
  expect(pool.runs.all).toEqual([]);
});

test('does not run afterwards if its stub gave up', async () => {
  const { event, id, pool, session, stub } = await waiting();
  await stub.cancel(id, 2);
  expect(await event('result')).toMatchObject({ ok: false, error: { name: 'Sandbox.Timedout' } });
  session.onBuild(built);
  await new Promise((resolve) => setImmediate(resolve));
  expect(pool.runs.all).toEqual([]);
});
