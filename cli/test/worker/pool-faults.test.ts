// What workers do wrong, and that it harms nobody else: crashes, exits, deadlines, floods.
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { builtRuntime } from './built-runtime.ts';
import { isAlive, PoolHarness } from './pool-harness.ts';
import { parsed } from './runtime-process.ts';

const runtime = builtRuntime();

/** Orphans are reaped by init, not by us, so this gives it 2 seconds. */
async function allGone(pids: readonly number[]): Promise<boolean> {
  const until = Date.now() + 2000;
  while (pids.some(isAlive) && Date.now() < until) await turn();
  return !pids.some(isAlive);
}

describe('a worker that ends', () => {
  it.each([
    [{ code: 1 }, 'Runtime exited with error: exit status 1'],
    [{ code: 0 }, 'Runtime exited without providing a reason'],
    [{ signal: 'SIGKILL' }, 'Runtime exited with error: signal: killed'],
    [{ signal: 'SIGSEGV' }, 'Runtime exited with error: signal: segmentation fault'],
  ])('%j', async (event, words) => {
    const harness = new PoolHarness(runtime.file);
    harness.use('exits', 'exits.mjs');
    const { outcome, logsDrained } = await harness.run('exits', event);
    expect(parsed(outcome)).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: request-1 Error: ${words}`,
      trace: [],
    });
    await logsDrained;
    expect(harness.messages('request-1')).toContain('last words');
  });

  it('in its init phase', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('exits', 'init-exits.mjs');
    expect(await harness.answer('exits')).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: 'RequestId: request-1 Error: Runtime exited with error: exit status 7',
    });
  });

  it('after its answer does not affect the next invocation', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('dies', 'dies-after-answer.mjs');
    const pids = new Set<unknown>();
    for (let count = 0; count < 5; count += 1) pids.add(await harness.answer('dies'));
    expect(pids.size).toBe(5);
  });

  it('by an unhandled rejection gives its error, and the next invocation a new worker', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('rejects', 'unhandled-rejection.mjs');
    for (let count = 0; count < 3; count += 1) {
      expect(await harness.answer('rejects')).toMatchObject({
        errorType: 'Runtime.UnhandledPromiseRejection',
      });
    }
    expect(harness.ofType('worker_started')).toHaveLength(3);
  });
});

describe('the deadline', () => {
  const timedOut = (id: string) => ({
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${id} Error: Task timed out after 3.00 seconds`,
    trace: [],
  });

  it('ends a worker that blocks its event loop, and all it started', async () => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock });
    harness.use('blocks', 'blocks.mjs');
    const blocked = harness.answer('blocks', {}, { deadlineMs: clock.now() + 3000 });
    await harness.event((event) => event.type === 'worker_started');
    const [pid = 0] = harness.pool.pids();
    clock.advance(3000);
    expect(await blocked).toEqual(timedOut('request-1'));
    await harness.event((event) => event.type === 'worker_ended' && event.reason === 'it timed out');
    expect(isAlive(pid)).toBe(false);
  });

  it('holds for an invocation that its worker never takes', async () => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock });
    harness.use('blocks', 'blocks-after-answer.mjs');
    expect(await harness.answer('blocks')).toBe('answered');
    await harness.event((event) => event.type === 'log' && event.message === 'blocking');
    const second = harness.answer('blocks', {}, { deadlineMs: clock.now() + 3000 });
    clock.advance(3000);
    expect(await second).toEqual(timedOut('request-2'));
  });

  it('holds in the init phase', async () => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock });
    harness.use('slow', 'init-slow.mjs');
    const slow = harness.answer('slow', {}, { deadlineMs: clock.now() + 3000 });
    clock.advance(3000);
    expect(await slow).toEqual(timedOut('request-1'));
  });

  it('holds in the queue', async () => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock, maxWorkers: 1 });
    harness.use('waits', 'waits.mjs');
    const first = harness.answer('waits', { ms: 60_000 }, { deadlineMs: clock.now() + 900_000 });
    const queued = harness.answer('waits', { ms: 0 }, { deadlineMs: clock.now() + 3000 });
    clock.advance(3000);
    expect(await queued).toEqual(timedOut('request-2'));
    harness.pool.cancel('run-1');
    expect(await first).toEqual(timedOut('request-1'));
  });

  it('is each run’s own, also when Lambda retries with the same request id', async () => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock });
    harness.use('waits', 'waits.mjs');
    const first = harness.answer('waits', { ms: 60_000 }, { id: 'same' });
    await harness.event((event) => event.type === 'log');
    const retry = harness.answer('waits', { ms: 0 }, { id: 'same', instance: 'instance-2' });
    expect(await retry).toBe('waited');
    clock.advance(3000);
    expect(await first).toEqual(timedOut('same'));
  });

  it('cancel ends one invocation only', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('waits', 'waits.mjs');
    const cancelled = harness.answer('waits', { ms: 60_000 });
    const other = harness.answer('waits', { ms: 100 }, { instance: 'instance-2' });
    await harness.event((event) => event.type === 'log');
    harness.pool.cancel('run-1');
    harness.pool.cancel('unknown');
    expect(await cancelled).toEqual(timedOut('request-1'));
    expect(await other).toBe('waited');
  });
});

it('ends what a handler started along with its worker', async () => {
  const harness = new PoolHarness(runtime.file);
  harness.use('parent', 'starts-child.mjs');
  const grandchild = (await harness.answer('parent')) as number;
  expect(isAlive(grandchild)).toBe(true);
  await harness.pool.close();
  expect(await allGone([grandchild])).toBe(true);
});

describe('logs', () => {
  it('are complete and in order, attributed to their invocation', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('floods', 'floods.mjs');
    harness.use('prints', 'prints.mjs');
    const { logsDrained } = await harness.run('floods', { lines: 500 });
    await logsDrained;
    expect(harness.messages('request-1').map((message) => message.slice(0, 9).trim())).toEqual(
      Array.from({ length: 500 }, (_, line) => `line ${line} ${'x'.repeat(100)}`.slice(0, 9).trim()),
    );
    const printed = await harness.run('prints');
    await printed.logsDrained;
    expect(harness.ofType('log').filter(({ id }) => id === 'request-2')).toMatchObject([
      { level: 'info', message: 'in the init phase' },
      { level: 'info', message: 'hello ada { nested: { deep: [ 1 ] } }' },
      { level: 'warn', message: 'two\nlines' },
      { level: 'error', message: expect.stringMatching(/^Error: printed\n {4}at /) },
      { level: 'debug', message: 'details' },
      { level: 'trace', message: 'traced' },
      { level: 'fatal', message: 'the end' },
      { level: 'info', message: 'plain' },
      { level: 'info', message: 'unfinished ünïcödé' },
    ]);
  });
});

it('answers while others flood, crash and block', async () => {
  const harness = new PoolHarness(runtime.file);
  for (const [name, file] of [
    ['floods', 'floods-forever.mjs'],
    ['blocks', 'blocks.mjs'],
    ['exits', 'exits.mjs'],
    ['echo', 'echo.mjs'],
  ] as const) {
    harness.use(name, file);
  }
  const soon = () => ({ deadlineMs: Date.now() + 3000 });
  const flood = harness.answer('floods', {}, soon());
  const block = harness.answer('blocks', {}, soon());
  await harness.event((event) => event.type === 'log' && event.functionName === 'floods');
  for (let round = 0; round < 5; round += 1) {
    const crash = harness.answer('exits', { code: 1 });
    expect(await harness.answer('echo', { round })).toEqual({ round });
    expect(await crash).toMatchObject({ errorType: 'Runtime.ExitError' });
  }
  expect(await flood).toMatchObject({ errorType: 'Sandbox.Timedout' });
  expect(await block).toMatchObject({ errorType: 'Sandbox.Timedout' });
});

it('passes 6 MB both ways through a worker', async () => {
  const harness = new PoolHarness(runtime.file);
  harness.use('echo', 'echo.mjs');
  harness.use('large', 'large-response.mjs');
  const event = Buffer.from(JSON.stringify('ü€'.repeat(1_200_000)));
  const { outcome } = await harness.run('echo', {}, { event });
  expect(outcome.ok && Buffer.from(outcome.body).equals(event)).toBe(true);
  expect(await harness.answer('large', { bytes: 7_000_000 })).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage:
      'Response payload size (7000000 bytes) exceeded maximum allowed payload size (6291556 bytes).',
  });
  expect(await harness.answer('large', { bytes: 10 })).toHaveLength(8);
});
