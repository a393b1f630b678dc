// Python functions in the worker pool: reuse, reloads, environments, logs, exits, and the build that leads there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { FunctionCode } from '../../src/worker/contract.ts';
import { Project } from '../builder/project.ts';
import { builtRuntime } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';
import { python, pythonHandlers, skipReason } from './python-interpreter.ts';
import { parsed } from './runtime-process.ts';

const runtime = builtRuntime();
const runner = { kind: 'python', interpreter: python } as const;

function use(harness: PoolHarness, handler: string, more: Partial<FunctionCode> = {}): void {
  harness.use('py', runner, { handler, taskRoot: pythonHandlers, runtime: 'python3.13', ...more });
}

function errorOf(answer: unknown) {
  return answer as { errorType: string; errorMessage: string };
}

describe.skipIf(skipReason)(`Python${skipReason ? `: ${skipReason}` : ''}`, () => {
  it('keeps its worker, and its state, for a stub instance', async () => {
    const harness = new PoolHarness(runtime.file);
    use(harness, 'paths.handler');
    const first = (await harness.answer('py')) as { pid: number };
    expect(await harness.answer('py')).toMatchObject({ pid: first.pid, count: 2, cwd: pythonHandlers });
    expect(await harness.answer('py', {}, { instance: 'another' })).toMatchObject({ count: 1 });
  });

  it('runs beside Node functions', async () => {
    const harness = new PoolHarness(runtime.file);
    use(harness, 'echo.handler');
    harness.use('js', 'echo.mjs');
    expect(await Promise.all([harness.answer('py', 'a'), harness.answer('js', 'b')])).toEqual(['a', 'b']);
  });

  it('runs new code on a worker that is started before it is asked for', async () => {
    const taskRoot = mkdtempSync(join(tmpdir(), 'livectl-test-'));
    onTestFinished(() => rmSync(taskRoot, { recursive: true, force: true }));
    const write = (answer: string) =>
      writeFileSync(
        join(taskRoot, 'app.py'),
        `print("loaded ${answer}")\ndef handler(event, context): return "${answer}"`,
      );
    const harness = new PoolHarness(runtime.file);
    write('old');
    use(harness, 'app.handler', { taskRoot });
    expect(await harness.answer('py')).toBe('old');
    write('new');
    use(harness, 'app.handler', { taskRoot });
    // Nobody asked for it yet, so the line of its init phase belongs to no invocation.
    const loaded = await harness.event((event) => event.type === 'log' && event.message === 'loaded new');
    expect(loaded).toMatchObject({ id: undefined });
    const started = () => harness.ofType('worker_started');
    await harness.event((event) => event.type === 'worker_started' && started()[1] === event);
    const { outcome, initMs } = await harness.run('py');
    expect(parsed(outcome)).toBe('new');
    expect(initMs).toBe(0);
  });

  it('sees renewed variables, and keeps what it set itself', async () => {
    const harness = new PoolHarness(runtime.file);
    use(harness, 'environment.handler');
    const environment = (key: string, more: Record<string, string> = {}) => ({
      environment: { AWS_ACCESS_KEY_ID: key, AWS_SESSION_TOKEN: `token of ${key}`, ...more },
    });
    expect(await harness.answer('py', {}, environment('first', { GONE: 'soon' }))).toMatchObject({
      AWS_ACCESS_KEY_ID: 'first',
      AWS_SESSION_TOKEN: 'token of first',
      GONE: 'soon',
      AWS_EXECUTION_ENV: 'AWS_Lambda_python3.13',
      TZ: ':UTC',
    });
    const second = await harness.answer('py', {}, environment('second'));
    expect(second).toMatchObject({
      AWS_ACCESS_KEY_ID: 'second',
      AWS_SESSION_TOKEN: 'token of second',
      SET_AT_IMPORT: 'by the function',
    });
    expect(second).not.toHaveProperty('GONE');
    expect(harness.ofType('worker_started')).toHaveLength(1);
  });

  it('has the variables that count at start right from the start', async () => {
    const harness = new PoolHarness(runtime.file);
    use(harness, 'environment.handler');
    const hashSeed = (value: string) => ({ environment: { PYTHONHASHSEED: value } });
    expect(await harness.answer('py', {}, hashSeed('1'))).toMatchObject({ PYTHONHASHSEED: '1' });
    expect(await harness.answer('py', {}, hashSeed('2'))).toMatchObject({ PYTHONHASHSEED: '2' });
    expect(harness.ofType('worker_started')).toHaveLength(2);
  });

  it('has its log lines read back: level, request id, message with its line breaks', async () => {
    const harness = new PoolHarness(runtime.file);
    use(harness, 'prints.handler');
    const { outcome, logsDrained } = await harness.run('py');
    expect(parsed(outcome)).toBe('printed');
    await logsDrained;
    expect(harness.ofType('log')).toMatchObject([
      { level: 'warn', message: 'in the init phase' },
      { id: 'request-1', level: 'info', message: 'plain words' },
      { id: 'request-1', level: 'warn', message: 'two\nlines of äöü' },
      {
        id: 'request-1',
        level: 'error',
        message: expect.stringMatching(/^it failed\nTraceback .*\nValueError: logged$/s),
      },
      { id: 'request-1', level: 'info', message: 'unfinished' },
    ]);
  });

  it('has its JSON log read back, with the error as Python prints it', async () => {
    const harness = new PoolHarness(runtime.file);
    use(harness, 'prints.handler');
    const environment = { AWS_LAMBDA_LOG_FORMAT: 'JSON' };
    await (await harness.run('py', {}, { environment })).logsDrained;
    expect(harness.ofType('log').slice(0, 3)).toMatchObject([
      { level: 'warn', message: 'in the init phase' },
      { level: 'info', message: 'plain words' },
      { id: 'request-1', level: 'warn', message: 'two\nlines of äöü' },
    ]);
  });

  it.each([
    ['sys.exit', 'Runtime exited with error: exit status 3'],
    ['sys.exit(0)', 'Runtime exited without providing a reason'],
    ['os._exit', 'Runtime exited with error: exit status 4'],
    ['crash', 'Runtime exited with error: signal: segmentation fault'],
  ])('%s is Runtime.ExitError, and the next invocation has a new worker', async (way, words) => {
    const harness = new PoolHarness(runtime.file);
    use(harness, 'exits.handler');
    const error = errorOf(await harness.answer('py', way));
    expect(error.errorType).toBe('Runtime.ExitError');
    expect(error.errorMessage).toBe(`RequestId: request-1 Error: ${words}`);
    use(harness, 'echo.handler');
    expect(await harness.answer('py', 'well')).toBe('well');
  });

  it('gives an init error to the invocation that waits for it', async () => {
    const harness = new PoolHarness(runtime.file);
    use(harness, 'imports_missing.handler');
    expect(errorOf(await harness.answer('py')).errorType).toBe('Runtime.ImportModuleError');
    use(harness, 'init_exits.handler');
    expect(errorOf(await harness.answer('py'))).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('exit status 5'),
    });
  });

  it('is ended by its timeout', async () => {
    const taskRoot = mkdtempSync(join(tmpdir(), 'livectl-test-'));
    onTestFinished(() => rmSync(taskRoot, { recursive: true, force: true }));
    writeFileSync(join(taskRoot, 'app.py'), 'def handler(event, context):\n    while True: pass\n');
    const harness = new PoolHarness(runtime.file);
    use(harness, 'app.handler', { taskRoot });
    expect(await harness.answer('py', {}, { timeoutSeconds: 1 })).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: 'RequestId: request-1 Error: Task timed out after 1.00 seconds',
    });
  });
});

describe.skipIf(skipReason)('the build of a Python function', () => {
  let project: Project;
  afterEach(() => project.remove());
  const app = { name: 'py', runtime: 'python3.13', handler: 'src/app.handler', python };

  it('is its folder as it is; a change anywhere in it is a new one', async () => {
    project = await Project.create({ 'src/app.py': 'import lib\nhandler = lib\n', 'src/lib.py': 'x = 1\n' });
    await project.start([app]);
    expect(await project.built()).toMatchObject({
      first: true,
      code: { runner: { kind: 'python', interpreter: python }, taskRoot: project.root, build: 1 },
    });
    await project.write('src/__pycache__/lib.cpython-313.pyc', 'compiled');
    await project.write('src/lib.py', 'x = 2\n');
    expect(await project.built()).toMatchObject({
      changed: expect.arrayContaining(['src/lib.py']),
      code: { build: 2 },
    });
  });

  it('reports what is wrong with the interpreter, and continues once there is one', async () => {
    project = await Project.create({ 'app.py': 'handler = 1' });
    const env = { PATH: '/nowhere' };
    await project.start([{ ...app, handler: 'app.handler', python: undefined }], { env });
    expect(await project.failed()).toMatchObject({
      hasLastGood: false,
      errors: [{ text: expect.stringContaining('python3 is not there: install Python 3.9 or later') }],
    });
    const script = `#!/bin/sh\nexec "${python}" "$@"\n`;
    await project.write('.venv/bin/python', script);
    await project.makeExecutable('.venv/bin/python');
    await project.write('.venv/pyvenv.cfg', 'home = /usr/bin\n');
    const { code } = await project.built();
    expect(code.runner).toMatchObject({ kind: 'python' });
  });

  it('reports once if the local version differs from the deployed one', async () => {
    project = await Project.create({ 'app.py': '' });
    const other = { ...app, runtime: 'python3.14', handler: 'app.handler' };
    await project.start([
      { ...other, name: 'one' },
      { ...other, name: 'two' },
    ]);
    const notices = project.all('notice').map(({ message }) => message);
    expect(notices).toEqual([
      expect.stringMatching(/^functions deployed on Python 3\.14 run here on 3\.\d+\.\d+ \(/),
    ]);
    expect(notices[0]).toContain(python);
  });

  it.each([
    ['src/nowhere.handler', 'names no module; looked for'],
    ['src.nowhere.handler', 'names no module; looked for'],
    ['app', 'must be a module, a dot and the name of a function'],
    ['src//app.handler', 'must be a module, a dot and the name of a function'],
  ])('refuses the handler %s', async (handler, words) => {
    project = await Project.create({ 'src/app.py': '' });
    await expect(project.start([{ ...app, handler }])).rejects.toThrow(words);
  });

  it('takes a handler of an installed package', async () => {
    project = await Project.create({ 'src/app.py': '' });
    await project.start([{ ...app, handler: 'datadog_lambda.handler.handler' }]);
    expect((await project.built()).code.handler).toBe('datadog_lambda.handler.handler');
  });
});
