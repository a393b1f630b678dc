// What a Python handler prints and logs, as Lambda's log has it: the cases of AWS's own tests.
import { describe, expect, it } from 'vitest';
import { skipReason } from './python-interpreter.ts';
import { pythonRuntimes } from './python-runtime-harness.ts';

const { start, invokeOnce } = pythonRuntimes();

describe.skipIf(skipReason)(`the log${skipReason ? `: ${skipReason}` : ''}`, () => {
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
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
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

  it.each([
    ['TRACE', 'DEBUG'],
    ['DEBUG', 'DEBUG'],
    ['INFO', 'INFO'],
    ['WARN', 'WARNING'],
    ['ERROR', 'ERROR'],
    ['FATAL', 'CRITICAL'],
    // Python's own default.
    ['unknown', 'WARNING'],
  ])('at AWS_LAMBDA_LOG_LEVEL=%s begins with %s, in both formats', async (level, name) => {
    for (const format of ['JSON', 'Text']) {
      const env = { AWS_LAMBDA_LOG_FORMAT: format, AWS_LAMBDA_LOG_LEVEL: level };
      expect(await invokeOnce('log_level.handler', {}, { env }), format).toBe(name);
    }
  });

  it('has objects, extra fields and levels of the function’s own as JSON', async () => {
    const env = { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_TIMESTAMP_PRECISION: 'milliseconds' };
    const process = await start('logs_values.handler', { env });
    await process.invoke({}, { tenantId: 'blue' });
    await process.stop();
    const lines = process.stdout.split('\n').slice(0, -1);
    const common = {
      timestamp: expect.stringMatching(new RegExp(`^${time}$`)),
      logger: 'orders',
      requestId: 'request-1',
      tenantId: 'blue',
    };
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { ...common, level: 'DEBUG', message: { event: 'counted', count: 7 } },
      { ...common, level: 'INFO', message: { when: '2026-09-03 12:00:00', amount: '1.5', blob: "b'bytes'" } },
      { ...common, level: 'INFO', message: 'its own level' },
      { ...common, level: 'INFO', message: 'with extra', order: 7, when: '2026-09-03' },
      { ...common, level: 'CRITICAL', message: 'äöü\n€' },
    ]);
    expect(lines.at(-1)).toContain('äöü\\n€');
  });

  it('lets a message that can not be formatted fail the handler, as on Lambda', async () => {
    expect(await invokeOnce('logs_badly.handler')).toMatchObject({
      errorType: 'TypeError',
      errorMessage: expect.stringMatching(/^%d format: a (real )?number is required, not str$/),
    });
  });

  it('of an exception outside of an except clause is text, and as JSON fails the handler, as on Lambda', async () => {
    const text = await start('logs_no_exception.handler');
    expect(await text.invoke()).toBe('answered');
    await text.stop();
    expect(text.stdout).toContain('none here\rNoneType: None\n');
    const env = { AWS_LAMBDA_LOG_FORMAT: 'JSON' };
    expect(await invokeOnce('logs_no_exception.handler', {}, { env })).toMatchObject({
      errorType: 'AttributeError',
      errorMessage: "'NoneType' object has no attribute '__name__'",
    });
  });

  it('is the function’s where it replaces it', async () => {
    const process = await start('replaces_logging.handler');
    await process.invoke();
    await process.stop();
    expect(process.stderr).toBe('CRITICAL - seen\n');
    expect(process.stdout).toBe('');
  });

  it('stays open where a handler uses it as a context', async () => {
    const process = await start('uses_stdout_as_context.handler');
    expect(await process.invoke()).toBeNull();
    await process.stop();
    expect([process.stdout, process.stderr]).toEqual(['one\ntwo\nstill open\n', 'three\n']);
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
