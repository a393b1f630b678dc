// An invocation that waited for a worker while the machine slept is not begun after its caller's deadline.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { builtRuntime } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';

const runtime = builtRuntime();

test('a job whose deadline has passed before a worker is free, with timers that have not noticed, never begins', async () => {
  const clock = new ManualClock(Date.now());
  const harness = new PoolHarness(runtime.file, { clock, maxWorkers: 1 });
  harness.use('echo', 'echo.mjs');
  const deadlineMs = clock.now() + 10_000;
  const running = harness.run('echo', 'first', { deadlineMs });
  const waiting = harness.run('echo', 'second', { deadlineMs });
  const inTime = harness.answer('echo', 'third', { deadlineMs: deadlineMs + 60_000 });
  // The machine sleeps: no timer fires, and on waking the answer of the first is read before any does.
  clock.jump(40_000);
  await running;
  const { codeMs, outcome } = await waiting;
  expect(codeMs).toBe(0);
  expect(outcome).toMatchObject({
    ok: false,
    error: {
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringContaining('Task timed out after 40.00 seconds: no worker was free in time'),
    },
  });
  expect(await inTime).toBe('third');
});
