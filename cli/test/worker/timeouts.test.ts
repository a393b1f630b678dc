// Time on real workers: every kind is ended when its function's timeout is over, with all it started, and replaced.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import type { FunctionCode, Runner } from '../../src/worker/contract.ts';
import { builtRuntime } from './built-runtime.ts';
import { isAlive, PoolHarness } from './pool-harness.ts';
import { python, skipReason } from './python-interpreter.ts';

const runtime = builtRuntime();

interface Case {
  readonly file: string;
  readonly source: string;
  /** What runs it, given its folder. */
  readonly runner: (folder: string) => Runner;
  readonly more?: Partial<FunctionCode>;
}

/** Each starts a child, prints its process id, and never answers; an event of `"fast"` is answered at once. */
const cases: Record<string, Case> = {
  'Node.js that waits': {
    file: 'app.mjs',
    source: `import { spawn } from 'node:child_process';
      export const handler = async (event) => {
        if (event === 'fast') return 'answered';
        console.log(spawn('sleep', ['60'], { stdio: 'ignore' }).pid);
        await new Promise(() => setInterval(() => {}, 1000));
      };`,
    runner: nodeRunner,
  },
  'Node.js whose event loop is blocked': {
    file: 'app.mjs',
    source: `import { spawn } from 'node:child_process';
      export const handler = async (event) => {
        if (event === 'fast') return 'answered';
        console.log(spawn('sleep', ['60'], { stdio: 'ignore' }).pid);
        for (;;);
      };`,
    runner: nodeRunner,
  },
  Python: {
    file: 'app.py',
    source: `import subprocess, time
def handler(event, context):
    if event == "fast":
        return "answered"
    print(subprocess.Popen(["sleep", "60"]).pid)
    while True:
        time.sleep(1)
`,
    runner: () => ({ kind: 'python', interpreter: python }),
    more: { runtime: 'python3.13', handler: 'app.handler' },
  },
  'a command': {
    file: 'bootstrap',
    source: `api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  event=$(curl -sS -D headers "$api/invocation/next")
  id=$(grep -Fi Lambda-Runtime-Aws-Request-Id headers | tr -d '[:space:]' | cut -d: -f2)
  if [ "$event" != '"fast"' ]; then sleep 60 & echo $!; wait; fi
  curl -sS "$api/invocation/$id/response" -d '"answered"' > /dev/null
done
`,
    runner: () => ({ kind: 'command', command: ['bash', 'bootstrap'] }),
  },
};

function nodeRunner(folder: string): Runner {
  return { kind: 'node', moduleFile: join(folder, 'app.mjs'), exportPath: 'handler' };
}

function serve(name: string, { file, source, runner, more }: Case): PoolHarness & { clock: ManualClock } {
  const taskRoot = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  onTestFinished(() => rmSync(taskRoot, { recursive: true, force: true }));
  writeFileSync(join(taskRoot, file), source);
  const clock = new ManualClock(Date.now());
  const harness = new PoolHarness(runtime.file, { clock });
  harness.use(name, runner(taskRoot), { taskRoot, ...more });
  return Object.assign(harness, { clock });
}

/** Orphans are reaped by init, not by us, so this gives it 2 seconds. */
async function gone(pid: number): Promise<boolean> {
  const until = Date.now() + 2000;
  while (isAlive(pid) && Date.now() < until) await turn();
  return !isAlive(pid);
}

describe.each(Object.keys(cases))('%s', (name) => {
  const skipped = name === 'Python' && skipReason !== undefined;
  it.skipIf(skipped)('is ended after its 3 seconds, with its child, and replaced', async () => {
    const harness = serve('slow', cases[name] as Case);
    const { clock } = harness;
    const slow = harness.answer('slow', 'slow', { deadlineMs: clock.now() + 900_000 });
    const line = await harness.event((event) => event.type === 'log' && /^\d+$/.test(event.message));
    const child = Number(line.type === 'log' ? line.message : '');
    const [worker] = harness.ofType('worker_started');
    clock.advance(2999);
    expect(isAlive(child)).toBe(true);
    clock.advance(1);
    expect(await slow).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: 'RequestId: request-1 Error: Task timed out after 3.00 seconds',
      trace: [],
    });
    await harness.event((event) => event.type === 'worker_ended' && event.reason === 'it timed out');
    expect(await gone(worker?.pid ?? 0)).toBe(true);
    expect(await gone(child)).toBe(true);
    expect(await harness.answer('slow', 'fast', { deadlineMs: clock.now() + 900_000 })).toBe('answered');
    expect(harness.ofType('worker_started')).toHaveLength(2);
  });
});

describe('the remaining time that a function sees', () => {
  const remaining = async (noTimeout: boolean) => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock, noTimeout });
    harness.use('context', 'context.mjs');
    const more = { deadlineMs: clock.now() + 60_000, timeoutSeconds: 900 };
    const own = (await harness.answer('context', {}, { ...more, timeoutSeconds: 10 })) as {
      remaining: number;
    };
    const aws = (await harness.answer('context', {}, more)) as { remaining: number };
    return [own.remaining, aws.remaining] as const;
  };

  it('is its own timeout, and never more than AWS leaves', async () => {
    const [own, aws] = await remaining(false);
    expect(own).toBeLessThanOrEqual(10_000);
    expect(aws).toBeLessThanOrEqual(60_000);
    expect(aws).toBeGreaterThan(10_000);
  });

  it('is what AWS leaves, without timeouts', async () => {
    const [own, aws] = await remaining(true);
    for (const each of [own, aws]) {
      expect(each).toBeLessThanOrEqual(60_000);
      expect(each).toBeGreaterThan(10_000);
    }
  });
});

it('without timeouts a function runs on until AWS’s deadline', async () => {
  const clock = new ManualClock(Date.now());
  const harness = new PoolHarness(runtime.file, { clock, noTimeout: true });
  harness.use('waits', 'waits.mjs');
  const slow = harness.answer('waits', { ms: 600_000 }, { deadlineMs: clock.now() + 60_000 });
  await harness.event((event) => event.type === 'log');
  clock.advance(59_999);
  expect(harness.ofType('worker_ended')).toEqual([]);
  clock.advance(1);
  expect(await slow).toMatchObject({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/Task timed out after 60\.00 seconds: the stub’s time was over/),
  });
});
