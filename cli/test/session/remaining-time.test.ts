// The remaining time that a real function sees, whatever the stub's clock says; and that a wrong clock is reported.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import type { FunctionCode } from '../../src/worker/contract.ts';
import { createWorkerPool } from '../../src/worker/pool/pool.ts';
import { builtRuntime, handlersFolder, pythonRuntimeFile } from '../worker/built-runtime.ts';
import { Recorder } from './recorder.ts';
import { newId, textOf } from './stub-peer.ts';
import { useWorld } from './world.ts';

const runtime = builtRuntime();
const world = useWorld();

/** Rounding to whole milliseconds on the way. */
const allowedMs = 50;

test.each([-7, -0.1, 0, 0.1, 7])('is right to 50 ms if the stub’s clock is %d min off', async (minutes) => {
  const events = new Recorder<{ event: SessionEvent; atMs: number }>();
  const pool = createWorkerPool({
    nodeRuntimeFile: runtime.file,
    pythonRuntimeFile,
    onEvent: () => undefined,
  });
  onTestFinished(() => pool.close());
  const moduleFile = join(handlersFolder, 'remaining.mjs');
  const code: FunctionCode = {
    functionName: 'hello',
    build: 1,
    runner: { kind: 'node', moduleFile, exportPath: 'handler' },
    taskRoot: handlersFolder,
    handler: 'remaining.handler',
    runtime: 'nodejs22.x',
  };
  const skew = new ClockSkew();
  const now = Date.now();
  const aheadMs = minutes * 60_000;
  // What the directory's answers tell when AWS's clocks are so far off.
  skew.answered(Math.floor((now + aheadMs) / 1000) * 1000, now, now);
  const { session } = await world.prepare({
    pool,
    skew,
    functions: new Map([['hello', { timeout: 900 }]]),
    onEvent: (event) => events.add({ event, atMs: Date.now() }),
  });
  session.onBuild({ type: 'built', code, first: true, ms: 1, changed: [] });
  await session.start();
  const stub = await world.stub();
  await stub.find();
  const sentMs = Date.now();
  const sentAt = sentMs + aheadMs;
  await stub.invoke({ id: newId(), head: { sentAt, deadline: sentAt + 60_000 } });
  const { atMs: arrivedMs } = await events.first(({ event }) => event.event === 'invoke');
  let answer = await stub.heard.next();
  if (typeof answer === 'object' && answer.type === 'ack') answer = await stub.heard.next();
  if (typeof answer === 'string') throw new Error(answer);
  const told = JSON.parse(textOf(answer)) as { now: number; remaining: number };
  // A clock that is off hides how long the invocation was on its way: milliseconds, here at most this.
  expect(told.now + told.remaining).toBeGreaterThanOrEqual(sentMs + 60_000 - allowedMs);
  expect(told.now + told.remaining).toBeLessThanOrEqual(arrivedMs + 60_000 + allowedMs);
  const skews = events.all.flatMap(({ event }) => (event.event === 'clock_skew' ? [event.ahead_ms] : []));
  expect(skews).toHaveLength(minutes === 0 ? 0 : 1);
  // At least so much: a `Date` has whole seconds.
  for (const each of skews) expect(Math.abs(each - aheadMs)).toBeLessThan(1000);
});
