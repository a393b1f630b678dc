// Nothing that a worker started outlives it, wherever it has put itself, and none outlives livectl, however that ends.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { builtRuntime, bundled, denoCommand, handlersFolder } from './built-runtime.ts';
import { isAlive, PoolHarness } from './pool-harness.ts';

const runtime = builtRuntime();
const endsWithoutClosing = bundled('cli/test/worker/fixtures/ends-without-closing.ts');

/** Within 5 seconds: nobody tells us of the end of an orphan. */
async function allGone(pids: readonly number[]): Promise<boolean> {
  const until = Date.now() + 5000;
  while (pids.some(isAlive) && Date.now() < until) await sleep(5);
  return !pids.some(isAlive);
}

async function started(then: string, clock?: ManualClock) {
  const harness = new PoolHarness(runtime.file, clock && { clock });
  harness.use('f', 'starts-strays.mjs');
  const run = harness.run('f', { then });
  const line = await harness.event((event) => event.type === 'log');
  const pids = JSON.parse((line as { message: string }).message) as number[];
  return { harness, pids, run };
}

describe.skipIf(process.platform === 'win32')('what a handler started outside of its process group', () => {
  it('ends with a reload', async () => {
    const { harness, pids, run } = await started('return');
    await run;
    expect(pids.filter(isAlive)).toEqual(pids);
    harness.use('f', 'echo.mjs');
    expect(await allGone(pids)).toBe(true);
    expect(await harness.answer('f', 'still answers')).toBe('still answers');
  });

  it('ends with a timeout, and with livectl at the latest', async () => {
    const clock = new ManualClock(Date.now());
    const { harness, pids, run } = await started('block', clock);
    clock.advance(3000);
    expect((await run).outcome.ok).toBe(false);
    await harness.pool.close();
    expect(await allGone(pids)).toBe(true);
  });

  it('ends with a worker that exits by itself', async () => {
    const { pids, run } = await started('exit');
    expect((await run).outcome.ok).toBe(false);
    expect(await allGone(pids)).toBe(true);
  });
});

it.each([
  ['exits without closing, node', 'exit', [process.execPath]],
  ['exits without closing, deno', 'exit', denoCommand],
  ['is killed, node', 'kill', [process.execPath]],
  ['is killed, deno', 'kill', denoCommand],
])('nothing is left behind when livectl %s', async (_name, how, [program = '', ...args]) => {
  const child = execFile(program, [...args, endsWithoutClosing.file, runtime.file, handlersFolder, how]);
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  await once(child, 'close');
  const pids = JSON.parse(printed) as number[];
  expect(pids.length).toBeGreaterThanOrEqual(4);
  expect(await allGone(pids)).toBe(true);
});
