// The worker pool on real processes: reuse and bounds, reloads, environments, logs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { builtRuntime, denoCommand, handlersFolder } from './built-runtime.ts';
import { isAlive, PoolHarness } from './pool-harness.ts';
import { parsed } from './runtime-process.ts';

const runtime = builtRuntime();

interface Identity {
  readonly pid: number;
  readonly count: number;
}

describe('workers', () => {
  it('are reused by their stub instance; another instance gets its own', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('who', 'identity.mjs');
    const first = (await harness.answer('who')) as Identity;
    const second = (await harness.answer('who')) as Identity;
    const other = (await harness.answer('who', {}, { instance: 'instance-2' })) as Identity;
    expect(second).toMatchObject({ pid: first.pid, count: 2 });
    expect(other.pid).not.toBe(first.pid);
    expect(harness.pool.pids()).toEqual(expect.arrayContaining([first.pid, other.pid]));
  });

  it('report how long starting took, on the first invocation only', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('who', 'identity.mjs');
    const first = await harness.run('who');
    const second = await harness.run('who');
    expect(first.initMs).toBeGreaterThan(0);
    expect(second.initMs).toBe(0);
    expect(second.codeMs).toBeGreaterThan(0);
  });

  it('never exceed the bound; what waits is announced and gets its turn', async () => {
    const harness = new PoolHarness(runtime.file, { maxWorkers: 2 });
    harness.use('who', 'identity.mjs');
    const runs = Array.from({ length: 6 }, (_, index) =>
      harness.answer('who', {}, { instance: `i-${index}` }),
    );
    const answers = (await Promise.all(runs)) as Identity[];
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2);
    expect(harness.ofType('queued').map(({ waiting }) => waiting)).toEqual([1, 2, 3, 4]);
  });

  it('run replays after all others, whichever came first', async () => {
    const harness = new PoolHarness(runtime.file, { maxWorkers: 1 });
    harness.use('who', 'identity.mjs');
    harness.use('else', 'identity.mjs');
    const order: string[] = [];
    const run = (name: string, what: string, isReplay: boolean) =>
      harness.answer(name, {}, { isReplay }).then(() => order.push(what));
    await Promise.all([
      run('who', 'running', false),
      run('who', 'replay', true),
      run('who', 'next', false),
      run('else', 'other', false),
    ]);
    expect(order.slice(0, 3).sort()).toEqual(['next', 'other', 'running']);
    expect(order[3]).toBe('replay');
    expect(harness.ofType('queued').map(({ waiting }) => waiting)).toEqual([1, 2, 3]);
  });

  it('run a replay on the warm one of any instance, which stays that instance’s', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('who', 'identity.mjs');
    expect(harness.pool.environmentOf('who')).toBeUndefined();
    const first = (await harness.answer('who')) as Identity;
    const environment = harness.pool.environmentOf('who') ?? {};
    expect(environment).toEqual({ AWS_ACCESS_KEY_ID: 'key-of-the-role' });
    const replay = { isReplay: true, instance: 'replay', environment };
    expect(await harness.answer('who', {}, replay)).toMatchObject({ pid: first.pid, count: 2 });
    expect(await harness.answer('who')).toMatchObject({ pid: first.pid, count: 3 });
    expect(harness.ofType('worker_started')).toHaveLength(1);
  });

  it('of other functions make room when the bound is reached', async () => {
    const harness = new PoolHarness(runtime.file, { maxWorkers: 1 });
    for (const name of ['a', 'b', 'c']) harness.use(name, 'identity.mjs');
    for (const name of ['a', 'b', 'c', 'a']) expect(await harness.answer(name)).toMatchObject({ count: 1 });
    expect(harness.ofType('worker_started').map(({ functionName }) => functionName)).toEqual([
      'a',
      'b',
      'c',
      'a',
    ]);
  });

  it('end when they were idle for long enough, but for the last used one of a function', async () => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock, idleMs: 60_000 });
    harness.use('who', 'identity.mjs');
    const first = (await harness.answer('who')) as Identity;
    const last = (await harness.answer('who', {}, { instance: 'instance-2' })) as Identity;
    clock.advance(59_999);
    expect(harness.ofType('worker_ended')).toEqual([]);
    clock.advance(1);
    expect(await harness.event((event) => event.type === 'worker_ended')).toMatchObject({
      pid: first.pid,
      reason: 'it was idle',
    });
    expect(isAlive(first.pid)).toBe(false);
    clock.advance(24 * 3600_000);
    expect(await harness.answer('who', {}, { instance: 'instance-2' })).toMatchObject({
      pid: last.pid,
      count: 2,
    });
  });

  it('are kept for so many functions, those used last', async () => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock, idleMs: 60_000, mostKept: 2 });
    const pids = new Map<string, number>();
    for (const name of ['a', 'b', 'c', 'a']) {
      if (!pids.has(name)) harness.use(name, 'identity.mjs');
      pids.set(name, ((await harness.answer(name)) as Identity).pid);
    }
    clock.advance(60_000);
    expect(await harness.event((event) => event.type === 'worker_ended')).toMatchObject({
      pid: pids.get('b'),
      reason: 'it was idle',
    });
    // A reload does not count as use.
    harness.use('c', 'identity.mjs');
    clock.advance(60_000);
    expect(await harness.answer('a')).toMatchObject({ pid: pids.get('a'), count: 3 });
  });

  it('are kept for a function with the variables that it has now', async () => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock, idleMs: 60_000 });
    harness.use('who', 'identity.mjs');
    const { pid: old } = (await harness.answer('who')) as Identity;
    clock.advance(60_000);
    const changed = { instance: 'instance-2', environment: { TZ: 'Asia/Tokyo' } };
    const { pid } = (await harness.answer('who', {}, changed)) as Identity;
    clock.advance(60_000);
    expect(await harness.event((event) => event.type === 'worker_ended')).toMatchObject({ pid: old });
    expect(await harness.answer('who', {}, changed)).toMatchObject({ pid, count: 2 });
  });

  it('serve another stub instance once theirs must be gone', async () => {
    const clock = new ManualClock(Date.now());
    const harness = new PoolHarness(runtime.file, { clock });
    harness.use('who', 'identity.mjs');
    const { pid } = (await harness.answer('who')) as Identity;
    clock.advance(1000);
    expect(await harness.answer('who', {}, { instance: 'instance-2' })).toMatchObject({ pid, count: 2 });
    expect(((await harness.answer('who')) as Identity).pid).not.toBe(pid);
  });

  it('are gone after close, and what was in flight has ended', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('waits', 'waits.mjs');
    const inFlight = harness.answer('waits', { ms: 60_000 });
    await harness.event((event) => event.type === 'log');
    const pids = harness.pool.pids();
    expect(pids.length).toBeGreaterThan(0);
    await harness.pool.close();
    expect(await inFlight).toMatchObject({ errorType: 'LiveDebugStoppedError' });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(harness.pool.pids()).toEqual([]);
    expect(await harness.answer('waits')).toMatchObject({ errorType: 'LiveDebugStoppedError' });
  });

  it('run under Deno', async () => {
    const harness = new PoolHarness(runtime.file, { nodeCommand: denoCommand });
    harness.use('prints', 'prints.mjs');
    const { outcome, logsDrained } = await harness.run('prints');
    expect(parsed(outcome)).toBe('printed');
    await logsDrained;
    expect(harness.messages('request-1')).toEqual(
      expect.arrayContaining(['two\nlines', 'unfinished ünïcödé']),
    );
  });
});

describe('new code', () => {
  function reloadable(source: string) {
    const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = (name: string) =>
      ({ kind: 'node', moduleFile: join(folder, name), exportPath: 'handler' }) as const;
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write('1.mjs', source);
    return { file, write, folder };
  }

  it('answers from the next invocation on, on a worker that is started before', async () => {
    const { file, write } = reloadable("console.log('first'); export const handler = async () => 1;");
    const harness = new PoolHarness(runtime.file);
    harness.use('f', file('1.mjs'));
    expect(await harness.answer('f')).toBe(1);
    write('2.mjs', "console.log('second'); export const handler = async () => 2;");
    harness.use('f', file('2.mjs'));
    // Nobody asked for it yet, so the line of its init phase belongs to no invocation.
    const line = await harness.event((event) => event.type === 'log' && event.message === 'second');
    expect(line).toMatchObject({ id: undefined });
    await harness.event(
      (event) => event.type === 'worker_started' && harness.ofType('worker_started')[1] === event,
    );
    const { outcome, initMs } = await harness.run('f');
    expect(parsed(outcome)).toBe(2);
    expect(initMs).toBe(0);
    await harness.event((event) => event.type === 'worker_ended' && event.reason === 'new code');
  });

  it('lets what is in flight finish on the old', async () => {
    const { file, write } = reloadable(
      "export const handler = async () => { console.log('begun'); await new Promise((r) => setTimeout(r, 150)); return 'old'; };",
    );
    const harness = new PoolHarness(runtime.file);
    harness.use('f', file('1.mjs'));
    const old = harness.answer('f');
    await harness.event((event) => event.type === 'log' && event.message === 'begun');
    write('2.mjs', "export const handler = async () => 'new';");
    harness.use('f', file('2.mjs'));
    expect(await harness.answer('f')).toBe('new');
    expect(await old).toBe('old');
    await harness.event((event) => event.type === 'worker_ended' && event.reason === 'new code');
  });

  it('that is the same, after a restart: in flight on the old one, then with the variables that count now', async () => {
    const { file } = reloadable(
      `const level = process.env.LEVEL; export const handler = async ({ ms = 0 }) => {
        console.log('begun'); await new Promise((r) => setTimeout(r, ms)); return [level, process.env.LEVEL].join(); };`,
    );
    const harness = new PoolHarness(runtime.file);
    harness.use('f', file('1.mjs'));
    const old = harness.answer('f', { ms: 150 }, { environment: { LEVEL: 'old' } });
    await harness.event((event) => event.type === 'log' && event.message === 'begun');
    harness.pool.restart('f', { LEVEL: 'new' });
    expect(await harness.answer('f', {}, { environment: { LEVEL: 'new' } })).toBe('new,new');
    expect(await old).toBe('old,old');
    await harness.event((event) => event.type === 'worker_ended' && event.reason === 'new code');
    harness.pool.restart('unknown', { LEVEL: 'new' });
  });

  it('that fails in its init phase gives that error, and the next code is well again', async () => {
    const { file, write } = reloadable("export const handler = async () => 'well';");
    const harness = new PoolHarness(runtime.file);
    harness.use('f', file('1.mjs'));
    expect(await harness.answer('f')).toBe('well');
    write('2.mjs', "throw new RangeError('broken');");
    harness.use('f', file('2.mjs'));
    expect(await harness.answer('f')).toMatchObject({ errorType: 'RangeError', errorMessage: 'broken' });
    expect(await harness.answer('f')).toMatchObject({ errorType: 'RangeError', errorMessage: 'broken' });
    write('3.mjs', "export const handler = async () => 'fixed';");
    harness.use('f', file('3.mjs'));
    expect(await harness.answer('f')).toBe('fixed');
  });

  it('keeps one booted process ready', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('a', 'identity.mjs');
    harness.use('b', 'identity.mjs');
    const { pid } = (await harness.answer('a')) as Identity;
    const clock = Date.now();
    // The spare that replaces the one just used.
    while (harness.pool.pids().filter((other) => other !== pid).length === 0 && Date.now() < clock + 5000) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [spare] = harness.pool.pids().filter((other) => other !== pid);
    expect(await harness.answer('b')).toMatchObject({ pid: spare });
  });
});

describe('the environment', () => {
  it("is the stub's, renewed before each invocation in the same process", async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('env', 'environment.mjs');
    const names = ['AWS_ACCESS_KEY_ID', 'OLD', 'NEW', 'SET_BY_HANDLER'];
    const run = (environment: Record<string, string>) => harness.answer('env', { names }, { environment });
    expect(await run({ AWS_ACCESS_KEY_ID: 'first', OLD: 'there' })).toEqual({
      AWS_ACCESS_KEY_ID: 'first',
      OLD: 'there',
      NEW: null,
      SET_BY_HANDLER: 'stays',
    });
    expect(await run({ AWS_ACCESS_KEY_ID: 'second', NEW: 'here' })).toEqual({
      AWS_ACCESS_KEY_ID: 'second',
      OLD: null,
      NEW: 'here',
      SET_BY_HANDLER: 'stays',
    });
    expect(harness.ofType('worker_started')).toHaveLength(1);
  });

  it('holds nothing of the developer and nothing of ours', async () => {
    const machineEnvironment = {
      ...process.env,
      AWS_PROFILE: 'production',
      AWS_ACCESS_KEY_ID: 'of-the-developer',
      AWS_SESSION_TOKEN: 'of-the-developer',
      AWS_CONFIG_FILE: '/home/tom/.aws/config',
      SECRET_OF_MINE: 'x',
    };
    const harness = new PoolHarness(runtime.file, { machineEnvironment });
    harness.use('env', 'environment.mjs');
    const seen = (await harness.answer('env', {}, { environment: { LIVE_DEBUG_STAGE: 'dev' } })) as Record<
      string,
      string
    >;
    const names = Object.keys(seen);
    expect(
      names.filter((name) =>
        /^AWS_(PROFILE|ACCESS|SESSION|SECRET)|SECRET_OF_MINE|LIVE_DEBUG|LIVECTL/.test(name),
      ),
    ).toEqual([]);
    expect(seen).toMatchObject({
      AWS_CONFIG_FILE: '/dev/null',
      LAMBDA_TASK_ROOT: handlersFolder,
      PATH: process.env.PATH,
    });
    expect(JSON.stringify(seen)).not.toContain('developer');
  });

  it('has the variables that count at start right from the start', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('zone', 'timezone.mjs');
    expect(await harness.answer('zone')).toEqual({ TZ: ':UTC', offset: 0 });
    const environment = { TZ: 'Asia/Tokyo', NODE_OPTIONS: '--max-old-space-size=512' };
    expect(await harness.answer('zone', {}, { environment })).toEqual({ TZ: 'Asia/Tokyo', offset: -540 });
    expect(harness.ofType('worker_started')).toHaveLength(2);
  });

  it('finds what NODE_OPTIONS import in the task root', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('traced', 'imported-before.mjs');
    const environment = { NODE_OPTIONS: '--import ./fixtures/imported-by-node-options.mjs' };
    expect(await harness.answer('traced', {}, { environment })).toBe(true);
  });

  it('runs the handler that NODE_OPTIONS put in the place of the function’s own, and again with other variables', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('replaced', 'echo.mjs', { handler: 'echo.handler' });
    const environment = { NODE_OPTIONS: '--import ./fixtures/replaces-handler.mjs' };
    const answer = (given: Record<string, string>, instance = 'one') =>
      harness.answer('replaced', { name: 'ada' }, { environment: { ...environment, ...given }, instance });
    const expected = { wrapped: { name: 'ada' }, original: 'echo.handler', atStart: 'hello' };
    expect(await answer({ GREETING: 'hello' })).toEqual(expected);
    expect(await answer({ GREETING: 'hi' })).toEqual(expected);
    expect(await answer({ GREETING: 'hi' }, 'two')).toEqual({ ...expected, atStart: 'hi' });
  });

  it('gives a notice once for a wrapper script that is not run here', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('wrapped', 'echo.mjs');
    const environment = { AWS_LAMBDA_EXEC_WRAPPER: '/opt/wrap' };
    await harness.answer('wrapped', 1, { environment });
    await harness.answer('wrapped', 1, { environment: { ...environment, NODE_OPTIONS: '--no-warnings' } });
    expect(harness.ofType('notice').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^wrapped: the wrapper script \/opt\/wrap /),
    ]);
  });

  it('is the working directory, too', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('context', 'context.mjs');
    expect(await harness.answer('context')).toMatchObject({ cwd: handlersFolder, functionName: 'context' });
  });
});

describe('a command', () => {
  const bootstrap = { kind: 'command', command: ['./bootstrap'] } as const;
  const custom = {
    taskRoot: join(handlersFolder, 'bash-runtime'),
    handler: 'function.handler',
    runtime: 'provided.al2023',
  };

  it("runs a runtime in bash in the manner of AWS's tutorial, and stays warm", async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('bash', bootstrap, custom);
    const environment = { GREETING: 'grüezi' };
    const first = await harness.run('bash', { n: 1 }, { environment });
    const answer = parsed(first.outcome) as { pid: number };
    expect(answer).toMatchObject({ greeting: 'grüezi', handler: 'function.handler', event: { n: 1 } });
    await first.logsDrained;
    expect(harness.messages()).toEqual(expect.arrayContaining(['init with grüezi', 'event: {"n":1}']));
    expect(await harness.answer('bash', { n: 2 }, { environment })).toMatchObject({
      pid: answer.pid,
      event: { n: 2 },
    });
  });

  it('is restarted when its variables change', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('bash', bootstrap, custom);
    const run = (GREETING: string) => harness.answer('bash', {}, { environment: { GREETING } });
    const { pid } = (await run('one')) as Identity;
    const second = (await run('two')) as Identity;
    expect(second).toMatchObject({ greeting: 'two' });
    expect(second.pid).not.toBe(pid);
    await harness.event((event) => event.type === 'worker_ended' && event.pid === pid);
    expect(isAlive(pid)).toBe(false);
  });
});
