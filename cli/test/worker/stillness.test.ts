// Between invocations a worker is held still, as Lambda freezes an environment, unless somebody may be talking to it.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Debugging } from '../../src/worker/debug/debugging.ts';
import { builtRuntime } from './built-runtime.ts';
import { isAlive, PoolHarness } from './pool-harness.ts';
import { python, pythonHandlers, skipReason } from './python-interpreter.ts';

const runtime = builtRuntime();
const freezeAfterMs = 10;

/** The letter in /proc/PID/stat: `T` is stopped. */
function stateOf(pid: number): string | undefined {
  return /\) (\S) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
}

/** Within 5 seconds: nobody tells us that a process has stopped. */
async function stopped(pid: number): Promise<boolean> {
  for (const until = Date.now() + 5000; Date.now() < until; await sleep(2)) {
    if (stateOf(pid) === 'T') return true;
  }
  return false;
}

/** How many times the function's timer has fired. */
function ticks(harness: PoolHarness): number {
  return harness.messages().filter((message) => message === 'tick').length;
}

describe.skipIf(process.platform !== 'linux')('between invocations', () => {
  it.each([
    { name: 'Node.js', runner: 'ticks.mjs', skip: false },
    {
      name: 'Python',
      runner: { kind: 'python', interpreter: python } as const,
      code: { handler: 'ticks.handler', taskRoot: pythonHandlers, runtime: 'python3.13' },
      skip: skipReason !== undefined,
    },
  ])('timers of $name stand still, and children do', async ({ code, runner, skip }) => {
    if (skip) return;
    const harness = new PoolHarness(runtime.file, { freezeAfterMs });
    harness.use('f', runner, code);
    const { child, pid } = (await harness.answer('f')) as { child: number; pid: number };
    expect(await stopped(pid)).toBe(true);
    expect(await stopped(child)).toBe(true);
    const before = ticks(harness);
    await sleep(50);
    expect(ticks(harness)).toBe(before);
    const again = await harness.run('f', { ticks: 3 });
    expect(JSON.parse(Buffer.from(again.outcome.ok ? again.outcome.body : '').toString())).toMatchObject({
      pid,
    });
    expect(ticks(harness)).toBeGreaterThanOrEqual(before + 3);
  });

  it('a worker that is held still ends with a reload and with livectl', async () => {
    const harness = new PoolHarness(runtime.file, { freezeAfterMs });
    harness.use('f', 'ticks.mjs');
    const first = (await harness.answer('f')) as { child: number; pid: number };
    expect(await stopped(first.pid)).toBe(true);
    harness.use('f', 'ticks.mjs');
    const second = (await harness.answer('f')) as { child: number; pid: number };
    expect(second.pid).not.toBe(first.pid);
    expect(await stopped(second.pid)).toBe(true);
    await harness.pool.close();
    expect([first.pid, first.child, second.pid, second.child].filter(isAlive)).toEqual([]);
  });

  it('one that loaded new code in advance is held still, too', async () => {
    const harness = new PoolHarness(runtime.file, { freezeAfterMs });
    harness.use('f', 'ticks.mjs');
    await harness.answer('f');
    harness.use('f', 'ticks.mjs');
    await harness.event(() => harness.ofType('worker_started').length === 2);
    const pid = harness.ofType('worker_started')[1]?.pid ?? 0;
    expect(await stopped(pid)).toBe(true);
    expect(await harness.answer('f')).toMatchObject({ pid });
  });

  it('one that listens on a port runs on, and so does one that may be debugged', async () => {
    const harness = new PoolHarness(runtime.file, { freezeAfterMs });
    harness.use('f', 'ticks.mjs');
    const { pid, port } = (await harness.answer('f', { listen: true })) as { pid: number; port: number };
    const before = ticks(harness);
    await harness.event(() => ticks(harness) > before + 20);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('still here');
    expect(stateOf(pid)).not.toBe('T');

    const debugging = {
      size: 1,
      has: () => true,
      attached: () => false,
      watch: () => {},
      aim: () => {},
      gone: () => {},
      unavailable: () => {},
      release: () => {},
      returned: () => undefined,
      ending: () => {},
    } as unknown as Debugging;
    const debugged = new PoolHarness(runtime.file, { freezeAfterMs, debugging });
    debugged.use('f', 'ticks.mjs');
    await debugged.answer('f');
    const ticked = ticks(debugged);
    await debugged.event(() => ticks(debugged) > ticked + 20);
  });
});
