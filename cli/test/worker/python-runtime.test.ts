// The Python runtime client against a Runtime API: handlers, context, results, errors and logs as on Lambda.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { pythonRuntimeFile } from './built-runtime.ts';
import { python, pythonHandlers, skipReason } from './python-interpreter.ts';
import { RuntimeProcess, type RuntimeProcessOptions } from './runtime-process.ts';

const started: RuntimeProcess[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop()));
});

async function start(handler: string, options: Partial<RuntimeProcessOptions> = {}): Promise<RuntimeProcess> {
  const process = await RuntimeProcess.start({
    runtimeFile: pythonRuntimeFile,
    handler,
    command: [python, '-X', 'utf8'],
    runtime: 'python3.13',
    taskRoot: pythonHandlers,
    ...options,
  });
  started.push(process);
  return process;
}

async function invokeOnce(
  handler: string,
  event: unknown = {},
  options: Partial<RuntimeProcessOptions> = {},
): Promise<unknown> {
  return (await start(handler, options)).invoke(event);
}

async function initError(handler: string, options: Partial<RuntimeProcessOptions> = {}): Promise<unknown> {
  const { api } = await start(handler, options);
  const result = await api.initialised;
  return result.ok ? 'initialised' : JSON.parse(Buffer.from(result.error.body).toString());
}

/** A folder with one module `app`, for code that a fixture file can't hold. */
function folderWith(app: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'app.py'), app);
  return folder;
}

describe.skipIf(skipReason)(`Python${skipReason ? `: ${skipReason}` : ''}`, () => {
  describe('where a handler may be', () => {
    it.each([
      ['echo.handler', { a: 'ä' }],
      ['pkg/deeper/app.handler', 'from pkg.deeper.app'],
      ['pkg.deeper.app.handler', 'from pkg.deeper.app'],
    ])('%s', async (handler, answer) => {
      expect(await invokeOnce(handler, { a: 'ä' })).toEqual(answer);
    });

    it('runs in the task root, which comes first among the places of modules', async () => {
      expect(await invokeOnce('paths.handler')).toMatchObject({
        cwd: pythonHandlers,
        first: pythonHandlers,
        file: join(pythonHandlers, 'paths.py'),
        encoding: 'utf-8',
      });
    });

    it('compiles a module anew although its size and second of saving are those of a compiled one', async () => {
      const taskRoot = folderWith('def handler(event, context): return 1');
      const saved = new Date();
      utimesSync(join(taskRoot, 'app.py'), saved, saved);
      expect(await invokeOnce('app.handler', {}, { taskRoot })).toBe(1);
      writeFileSync(join(taskRoot, 'app.py'), 'def handler(event, context): return 2');
      utimesSync(join(taskRoot, 'app.py'), saved, saved);
      expect(await invokeOnce('app.handler', {}, { taskRoot })).toBe(2);
    });
  });

  describe('init errors, in the words of Lambda', () => {
    it.each([
      [
        'nowhere.handler',
        'ImportModuleError',
        "Unable to import module 'nowhere': No module named 'nowhere'",
      ],
      [
        'pkg/nowhere.handler',
        'ImportModuleError',
        "Unable to import module 'pkg/nowhere': No module named 'pkg.nowhere'",
      ],
      [
        'imports_missing.handler',
        'ImportModuleError',
        "Unable to import module 'imports_missing': No module named 'a_package_nobody_installed'",
      ],
      ['echo.other', 'HandlerNotFound', "Handler 'other' missing on module 'echo'"],
      [
        'nodots',
        'MalformedHandlerName',
        "Bad handler 'nodots': not enough values to unpack (expected 2, got 1)",
      ],
      ['sys.handler', 'BuiltInModuleConflict', 'Cannot use built-in module sys as a handler module'],
    ])('%s', async (handler, errorType, errorMessage) => {
      expect(await initError(handler)).toEqual({
        errorType: `Runtime.${errorType}`,
        errorMessage,
        requestId: '',
        stackTrace: [],
      });
    });

    it('names file and line of a syntax error', async () => {
      const error = (await initError('syntax_error.handler')) as Record<string, unknown>;
      expect(error).toMatchObject({
        errorType: 'Runtime.UserCodeSyntaxError',
        errorMessage: expect.stringMatching(
          /^Syntax error in module 'syntax_error': .+ \(syntax_error\.py, line \d\)$/,
        ),
      });
      expect(error.stackTrace).toEqual([
        expect.stringMatching(/^ {2}File "\/.*\/syntax_error\.py" Line \d\n/),
      ]);
    });

    it('gives what a module raises as it is, and exits', async () => {
      const process = await start('init_raises.handler');
      const result = await process.api.initialised;
      const error = result.ok ? undefined : JSON.parse(Buffer.from(result.error.body).toString());
      expect(error).toMatchObject({ errorType: 'ConnectionError', errorMessage: 'no database' });
      expect(error.stackTrace.at(-1)).toBe(
        `  File "${join(pythonHandlers, 'init_raises.py')}", line 2, in connect\n    raise ConnectionError("no database")\n`,
      );
      expect(error.stackTrace.join('')).not.toContain('python-runtime');
      expect(await process.exited).toBe(1);
    });

    it('logs which lines led to a module that is missing', async () => {
      const process = await start('imports_missing.handler');
      await process.exited;
      expect(process.stdout).toMatch(
        /^\[ERROR\]\t[^\t]+\t\tTraceback .*imports_missing\.py", line 1.*needs_missing\.py", line 1/s,
      );
    });
  });

  describe('results', () => {
    it.each([
      ['none', 'null'],
      ['decimal', '[1.10, NaN, 1E+2]'],
      ['floats', '[0.1, -0.0, 1e+22, NaN, Infinity, -Infinity]'],
      ['large int', '18446744073709551617'],
      ['named tuple', '{"x": 1, "y": [2, []]}'],
      ['bytes inside', '{"k": "é"}'],
      ['keys', '{"null": 1, "true": 2, "1.5": 3, "1": 4, "x": {}}'],
      ['text', '"é€😀 \u2028 \\" \\\\ \\u0000 \x7f"'],
      ['deep', '['.repeat(90) + ']'.repeat(90)],
      ['shared', '[[1], [1]]'],
    ])('%s', async (name, json) => {
      const { outcome } = await (await start('results.handler')).dispatch(name);
      // A key that equals another one replaces it: 1 and True are equal.
      const expected = name === 'keys' ? '{"null": 1, "true": 4, "1.5": 3, "x": {}}' : json;
      expect(Buffer.from(outcome.ok ? outcome.body : outcome.error.body).toString()).toBe(expected);
      expect(outcome).toMatchObject({ ok: true, contentType: 'application/json' });
    });

    it.each([
      ['generator', 'Object of type generator is not JSON serializable'],
      ['set', 'Object of type set is not JSON serializable'],
      ['datetime', 'Object of type datetime is not JSON serializable'],
      ['coroutine', 'Object of type coroutine is not JSON serializable'],
      ['circular', 'Circular reference detected'],
      ['tuple key', 'keys must be str, int, float, bool or None, not tuple'],
      ['decimal key', 'keys must be str, int, float, bool or None, not decimal.Decimal'],
      ['not text', "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"],
    ])('%s is refused', async (name, why) => {
      expect(await invokeOnce('results.handler', name)).toEqual({
        errorType: 'Runtime.MarshalError',
        errorMessage: `Unable to marshal response: ${why}`,
        requestId: 'request-1',
        stackTrace: [],
      });
    });

    it('escapes what is not ASCII before python3.12', async () => {
      const process = await start('results.handler', { runtime: 'python3.11' });
      const { outcome } = await process.dispatch('text');
      expect(outcome.ok && Buffer.from(outcome.body).toString()).toBe(
        '"\\u00e9\\u20ac\\ud83d\\ude00 \\u2028 \\" \\\\ \\u0000 \\u007f"',
      );
    });

    it('passes bytes on as they are', async () => {
      const { outcome } = await (await start('results.handler')).dispatch('bytes');
      expect(outcome).toMatchObject({ ok: true, contentType: 'application/unknown' });
      expect(outcome.ok && [...outcome.body]).toEqual([0, 255]);
    });

    it('ends the process for a lone surrogate, as Lambda does', async () => {
      const process = await start('results.handler');
      await process.api.initialised;
      void process.dispatch('lone surrogate');
      expect(await process.exited).toBe(1);
      expect(process.stderr).toContain('UnicodeEncodeError');
    });

    it('passes 6 MB of event and answer through unchanged', async () => {
      const process = await start('echo.handler');
      const mixed = 'äöü€😀 "quoted" \\ \u0000 ';
      const text = mixed.repeat(Math.floor((6 * 1024 * 1024) / Buffer.byteLength(JSON.stringify(mixed))));
      const event = Buffer.from(JSON.stringify(text));
      const { outcome } = await process.api.dispatch({
        id: 'big',
        event,
        deadlineMs: Date.now() + 10_000,
        invokedFunctionArn: 'arn',
      });
      expect(outcome.ok && Buffer.from(outcome.body).equals(event)).toBe(true);
    });
  });

  it('refuses an event that is not JSON', async () => {
    const process = await start('echo.handler');
    const { outcome } = await process.api.dispatch({
      id: 'odd',
      event: Buffer.from('not json'),
      deadlineMs: Date.now() + 5000,
      invokedFunctionArn: 'arn',
    });
    expect(outcome).toMatchObject({
      ok: false,
      error: {
        errorType: 'Runtime.UnmarshalError',
        errorMessage: 'Unable to unmarshal input: Expecting value: line 1 column 1 (char 0)',
      },
    });
  });

  describe('errors of a handler', () => {
    const frame = (line: number, name: string, code: string) =>
      `  File "${join(pythonHandlers, 'raises.py')}", line ${line}, in ${name}\n    ${code}\n`;

    it('have type, message, request id and the frames of the handler only', async () => {
      const process = await start('raises.handler');
      expect(await process.invoke()).toEqual({
        errorType: 'PaymentError',
        errorMessage: 'declined: ümläut',
        requestId: 'request-1',
        stackTrace: [
          frame(20, 'handler', 'charge(1)'),
          frame(11, 'charge', 'raise PaymentError("declined: ümläut")'),
        ],
      });
      expect(await process.invoke('chained')).toEqual({
        errorType: 'RuntimeError',
        errorMessage: 'while charging',
        requestId: 'request-2',
        stackTrace: [frame(23, 'handler', 'raise RuntimeError("while charging")')],
      });
      expect(await process.invoke('empty')).toMatchObject({ errorType: 'KeyError', errorMessage: '' });
    });

    it('end the process where they have no words, as on Lambda', async () => {
      const process = await start('raises.handler');
      await process.api.initialised;
      void process.dispatch('unprintable');
      expect(await process.exited).toBe(1);
    });

    it('tell of a handler with too few parameters', async () => {
      expect(await invokeOnce('too_few_parameters.handler')).toMatchObject({
        errorType: 'TypeError',
        errorMessage: 'handler() takes 1 positional argument but 2 were given',
        stackTrace: [],
      });
    });
  });

  describe('the context', () => {
    const env = {
      AWS_LAMBDA_FUNCTION_NAME: 'probe',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/probe',
      AWS_LAMBDA_LOG_STREAM_NAME: '2024/07/01/[$LATEST]abc',
    };

    it('carries what the invocation and the environment say', async () => {
      const process = await start('context.handler', { env });
      const context = (await process.invoke(
        {},
        {
          clientContext: '{"client":{"app_title":"Zoë"},\n"custom":{"a":[1]}}',
          cognitoIdentity: '{"cognitoIdentityId":"id","cognitoIdentityPoolId":"pool"}',
        },
      )) as { remaining: number };
      expect(context).toMatchObject({
        fields: {
          aws_request_id: 'request-1',
          function_name: 'probe',
          function_version: '$LATEST',
          invoked_function_arn: 'arn:aws:lambda:eu-central-1:123456789012:function:probe',
          memory_limit_in_mb: '256',
          log_group_name: '/aws/lambda/probe',
          log_stream_name: '2024/07/01/[$LATEST]abc',
          tenant_id: null,
        },
        identity: ['id', 'pool'],
        client: [{ a: [1] }, null, 'Zoë'],
        repr: true,
      });
      expect(context.remaining).toBeGreaterThan(4000);
      expect(context.remaining).toBeLessThanOrEqual(5000);
    });

    it('has an identity and no client context where the caller sent none', async () => {
      expect(await invokeOnce('context.handler')).toMatchObject({ identity: [null, null], client: null });
    });

    it('is an error where the client context is no JSON', async () => {
      const process = await start('context.handler');
      expect(await process.invoke({}, { clientContext: 'nonsense' })).toMatchObject({
        errorType: 'Runtime.LambdaContextUnmarshalError',
        errorMessage: 'Unable to parse Client Context JSON: Expecting value: line 1 column 1 (char 0)',
      });
    });

    it('has no time left after the deadline', async () => {
      const process = await start('context.handler');
      const { outcome } = await process.api.dispatch({
        id: 'late',
        event: Buffer.from('{}'),
        deadlineMs: Date.now() - 1000,
        invokedFunctionArn: 'arn',
      });
      expect(outcome.ok && JSON.parse(Buffer.from(outcome.body).toString()).remaining).toBe(0);
    });

    it('logs', async () => {
      const process = await start('context_log.handler');
      await process.invoke();
      await process.stop();
      expect(process.stdout).toBe('from the context\nwith a line end\n');
    });
  });

  describe('the log', () => {
    const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';

    it('has printed lines as they are and logged ones with level, time and request id, in order', async () => {
      const process = await start('prints.handler');
      await process.invoke();
      await process.stop();
      const lines = process.stdout.split('\n');
      const expected = [
        `\\[WARNING\\]\t${time}\t\tin the init phase`,
        'plain words',
        `\\[WARNING\\]\t${time}\trequest-1\ttwo\rlines of äöü`,
        `\\[ERROR\\]\t${time}\trequest-1\tit failed\rTraceback .*prints\\.py.*\rValueError: logged`,
        'unfinished',
      ];
      expect(lines).toHaveLength(expected.length);
      for (const [index, pattern] of expected.entries())
        expect(lines[index]).toMatch(new RegExp(`^${pattern}$`, 's'));
    });

    it('honours the JSON format and the log level', async () => {
      const process = await start('prints.handler', {
        env: { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' },
      });
      await process.invoke();
      await process.stop();
      const lines = process.stdout.split('\n').filter((line) => line.startsWith('{'));
      const timestamp = expect.stringMatching(new RegExp(`^${time}$`));
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        { timestamp, level: 'WARNING', message: 'in the init phase', logger: 'root', requestId: '' },
        expect.objectContaining({ level: 'INFO', message: 'unseen unless the level is set' }),
        {
          timestamp,
          level: 'WARNING',
          message: 'two\nlines of äöü',
          logger: 'orders',
          requestId: 'request-1',
        },
        {
          timestamp,
          level: 'ERROR',
          message: 'it failed',
          logger: 'orders',
          requestId: 'request-1',
          errorType: 'ValueError',
          errorMessage: 'logged',
          stackTrace: [expect.stringContaining('prints.py", line 13, in handler')],
          location: expect.stringMatching(/prints\.py:handler:15$/),
          order: 7,
        },
      ]);
    });

    it('leaves the root logger’s formatter and level to the function', async () => {
      const process = await start('own_logging.handler');
      expect(await process.invoke()).toEqual(['LambdaLogHandler']);
      await process.stop();
      expect(process.stdout).toBe('DEBUG request-1: formatted by the function\n');
    });

    it('loses nothing of a handler that floods and exits', async () => {
      const process = await start('floods.handler');
      await process.api.initialised;
      void process.dispatch({});
      expect(await process.exited).toBe(5);
      expect(process.stdout.split('\n')).toHaveLength(20_001);
    });
  });

  describe('the process', () => {
    it.each([
      ['sys.exit', 3],
      ['sys.exit(0)', 0],
      ['os._exit', 4],
      ['crash', null],
    ])('ends by %s', async (way, code) => {
      const process = await start('exits.handler');
      await process.api.initialised;
      void process.dispatch(way);
      expect(await process.exited).toBe(code);
      expect(process.stdout).toBe('last words');
    });

    it('ends when a module exits', async () => {
      expect(await (await start('init_exits.handler')).exited).toBe(5);
    });

    it('ends when the Runtime API goes away', async () => {
      const process = await start('echo.handler');
      await process.invoke();
      await process.api.close();
      expect(await process.exited).toBe(1);
      expect(process.stderr).toMatch(/^The Runtime API at 127\.0\.0\.1:\d+ is gone/);
    });

    it('answers although the handler closed its output', async () => {
      const process = await start('closes_output.handler', { env: { LIVECTL_LOG_MARKER: 'mark' } });
      expect(await process.invoke()).toBe('closed');
      expect(await process.invoke()).toBe('closed');
    });

    it('may start others of its kind', async () => {
      // The other one imports as any Python does, and would leave a __pycache__ beside the fixtures.
      const process = await start('spawns.handler', { env: { PYTHONDONTWRITEBYTECODE: '1' } });
      expect(await process.invoke(21)).toBe(42);
    });

    it('has the trace id of each invocation in its environment', async () => {
      const process = await start('environment.handler');
      expect(await process.invoke()).toMatchObject({ _X_AMZN_TRACE_ID: 'Root=1-trace-1' });
      const environment = (await process.invoke()) as Record<string, string>;
      expect(environment).toMatchObject({ _X_AMZN_TRACE_ID: 'Root=1-trace-2' });
      expect(Object.keys(environment).filter((name) => name.startsWith('LIVECTL_'))).toEqual([]);
    });
  });
});
