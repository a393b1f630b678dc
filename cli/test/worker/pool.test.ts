// The worker pool on real processes: reuse, bounds, reloads, crashes, deadlines.
import { describe, expect, it } from 'vitest';
import { builtRuntime, denoCommand } from './built-runtime.ts';
import { isAlive, PoolHarness } from './pool-harness.ts';
import { parsed } from './runtime-process.ts';

const runtime = builtRuntime();

interface Identity {
  readonly pid: number;
  readonly count: number;
}

describe('warm workers', () => {
  it('reuses the worker of a stub instance and starts one for another instance', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('who', 'identity.mjs');
    const first = (await harness.answer('who')) as Identity;
    const second = (await harness.answer('who')) as Identity;
    const other = (await harness.answer('who', {}, { instance: 'instance-2' })) as Identity;
    expect(second).toMatchObject({ pid: first.pid, count: 2 });
    expect(other.pid).not.toBe(first.pid);
    expect(harness.pool.pids()).toEqual(expect.arrayContaining([first.pid, other.pid]));
  });
});
