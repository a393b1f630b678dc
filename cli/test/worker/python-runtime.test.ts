// The Python runtime client against a Runtime API: handlers, results, errors and the process as on Lambda.
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pythonHandlers, skipReason } from './python-interpreter.ts';
import { pythonRuntimes } from './python-runtime-harness.ts';

const { start, invokeOnce, initError } = pythonRuntimes();

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
      // Only the first name must not be that of a module within the interpreter.
      ['names.sys.handler', 'from names.sys'],
      ['names/sys.handler', 'from names.sys'],
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

    it('recompiles a module even if its size and second of saving equal those of a compiled one', async () => {
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
      [
        'sys.path.handler',
        'BuiltInModuleConflict',
        'Cannot use built-in module sys.path as a handler module',
      ],
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

    it('reports a name that can not be imported', async () => {
      expect(await initError('imports_missing_name.handler')).toMatchObject({
        errorType: 'Runtime.ImportModuleError',
        errorMessage: expect.stringMatching(
          /^Unable to import module 'imports_missing_name': cannot import name 'something_else' from 'echo' \(/,
        ),
      });
    });

    it('reports a syntax error in a module that is imported', async () => {
      expect(await initError('imports_syntax_error.handler')).toMatchObject({
        errorType: 'Runtime.UserCodeSyntaxError',
        errorMessage: expect.stringMatching(/^Syntax error in module 'imports_syntax_error': /),
        stackTrace: [expect.stringContaining('syntax_error.py" Line ')],
      });
    });

    it('gives Python’s own words for a handler above the task root, and for none', async () => {
      expect(await initError('../python/echo.handler')).toMatchObject({ errorType: 'TypeError' });
      expect(await initError('.handler')).toMatchObject({
        errorType: 'ValueError',
        errorMessage: 'Empty module name',
      });
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

    it.each([
      'generator',
      'map',
      'zip',
      'range',
      'dict_keys',
      'set',
      'frozenset',
      'list_iterator',
      'bytearray',
      'memoryview',
      'complex',
      'type',
      'Exception',
    ])('of type %s is refused', async (name) => {
      expect(await invokeOnce('iterators.handler', name)).toMatchObject({
        errorType: 'Runtime.MarshalError',
        errorMessage: `Unable to marshal response: Object of type ${name} is not JSON serializable`,
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

    it('bring what led to them for livectl, and the caller nothing more', async () => {
      const process = await start('raises.handler');
      const { outcome } = await process.dispatch('chained');
      const error = outcome.ok ? undefined : outcome.error;
      expect(error?.causes).toEqual([
        {
          relation: 'context',
          name: 'PaymentError',
          message: 'declined: ümläut',
          stack: expect.arrayContaining(['    raise PaymentError("declined: ümläut")']),
        },
      ]);
      const body = JSON.parse(Buffer.from(error?.body ?? '').toString()) as object;
      expect(Object.keys(body).sort()).toEqual(['errorMessage', 'errorType', 'requestId', 'stackTrace']);
    });

    it('end the process where they have no words, as on Lambda', async () => {
      const process = await start('raises.handler');
      await process.api.initialised;
      void process.dispatch('unprintable');
      expect(await process.exited).toBe(1);
    });

    it.each([
      ['no arguments', { errorType: 'NoArguments', errorMessage: 'My error' }],
      ['empty message', { errorType: 'NoArguments', errorMessage: '' }],
      ['several arguments', { errorType: 'ValueError', errorMessage: "('one', 2)" }],
      ['line breaks', { errorType: 'ValueError', errorMessage: 'first\nsecond' }],
      ['key', { errorType: 'KeyError', errorMessage: "'order'" }],
      ['stop', { errorType: 'StopIteration', errorMessage: 'early' }],
      ['cause', { errorType: 'RuntimeError', errorMessage: 'second' }],
      ['recursion', { errorType: 'RecursionError' }],
    ])('have the words Python has for them: %s', async (name, error) => {
      const process = await start('raises_anything.handler');
      expect(await process.invoke(name)).toMatchObject(error);
      expect(await process.invoke(name)).toMatchObject(error);
    });

    it.each([
      ['base', 1, /Rude: not caught\n$/],
      ['keyboard', null, /KeyboardInterrupt\n$/],
      ['generator exit', 1, /GeneratorExit\n$/],
      ['exit with words', 1, /^last words\n$/],
      ['not text', 1, /TypeError: __str__ returned non-string/],
    ])('that are not an Exception end the process: %s', async (name, code, words) => {
      const process = await start('raises_anything.handler');
      await process.api.initialised;
      void process.dispatch(name);
      expect(await process.exited).toBe(code);
      expect(process.stderr).toMatch(words);
    });

    it('in a thread are its own affair', async () => {
      const process = await start('fails_in_thread.handler');
      expect(await process.invoke()).toBe('answered');
      await process.stop();
      expect(process.stderr).toContain('ValueError: in a thread');
    });

    it('report a handler that is not a function', async () => {
      expect(await invokeOnce('not_callable.handler')).toMatchObject({
        errorType: 'TypeError',
        errorMessage: "'int' object is not callable",
      });
    });

    it('report a handler with too few parameters', async () => {
      expect(await invokeOnce('too_few_parameters.handler')).toMatchObject({
        errorType: 'TypeError',
        errorMessage: 'handler() takes 1 positional argument but 2 were given',
        stackTrace: [],
      });
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
