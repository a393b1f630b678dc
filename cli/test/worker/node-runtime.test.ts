// The Node runtime client against a Runtime API: handler shapes, results and errors as on Lambda.
import { afterEach, describe, expect, it } from 'vitest';
import { builtRuntime, denoCommand } from './built-runtime.ts';
import { RuntimeProcess, type RuntimeProcessOptions } from './runtime-process.ts';

const runtime = builtRuntime();
const started: RuntimeProcess[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop()));
});

async function start(handler: string, options: Partial<RuntimeProcessOptions> = {}): Promise<RuntimeProcess> {
  const process = await RuntimeProcess.start({ runtimeFile: runtime.file, handler, ...options });
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
  return result.ok ? 'initialised' : JSON.parse(result.error.body.toString());
}

describe('where a handler may be', () => {
  it.each([
    ['echo.handler', { a: 'ä' }],
    ['folder/deeper/app.handler', 'from folder/deeper/app.js'],
    ['esm-package/app.handler', 'a module: true'],
    ['default-export.handler', 'by default'],
    ['nested-export.api.users.list', ['ada', 'grace']],
    ['dynamic-exports.handler', 'from CommonJS'],
    ['identity.handler', expect.objectContaining({ count: 1 })],
  ])('%s', async (handler, answer) => {
    expect(await invokeOnce(handler, { a: 'ä' })).toEqual(answer);
  });
});

describe('init errors', () => {
  it.each([
    ['nowhere.handler', 'Runtime.ImportModuleError', "Error: Cannot find module 'nowhere'"],
    [
      'imports-missing.handler',
      'Runtime.ImportModuleError',
      /Cannot find module 'a-package-nobody-installed'/,
    ],
    ['fixtures/broken/syntax-error.handler', 'Runtime.UserCodeSyntaxError', /^SyntaxError: Unexpected token/],
    ['echo.other', 'Runtime.HandlerNotFound', 'echo.other is undefined or not exported'],
    ['nested-export.api.version', 'Runtime.HandlerNotFound', 'nested-export.api.version is not a function'],
    ['../handlers/echo.handler', 'Runtime.MalformedHandlerName', /is not a valid handler name/],
    ['nodots', 'Runtime.MalformedHandlerName', 'Bad handler'],
    ['init-throws.handler', 'TypeError', 'no database'],
    [
      'streams-quirks.malformed',
      'Runtime.MalformedStreamingHandler',
      'Only response streaming is supported.',
    ],
  ])('%s: %s', async (handler, errorType, errorMessage) => {
    expect(await initError(handler)).toMatchObject({
      errorType,
      errorMessage: typeof errorMessage === 'string' ? errorMessage : expect.stringMatching(errorMessage),
    });
  });

  it('names the file and line of a syntax error in its trace', async () => {
    const { trace } = (await initError('fixtures/broken/syntax-error.handler')) as { trace: string[] };
    expect(trace.join('\n')).toContain('syntax-error.cjs:2');
  });

  it('exits after posting the error', async () => {
    const process = await start('init-throws.handler');
    expect(await process.exited).toBe(1);
  });
});

describe('answers by promise, callback and context method', () => {
  it.each([
    ['undefined-result.handler', {}, null],
    ['callback.handler', { n: 1 }, { called: 'back', event: { n: 1 } }],
    ['callback-waits.handler', {}, { finished: true }],
    ['callback-does-not-wait.handler', {}, { finished: false }],
    ['callback-never.handler', {}, null],
    // Up to nodejs22 a plain return value is no answer.
    ['sync-return.handler', {}, null],
    ['context-methods.handler', { method: 'succeed', argument: ['well'] }, 'well'],
    ['context-methods.handler', { method: 'done', argument: [null, 'done'] }, 'done'],
  ])('%s %j', async (handler, event, answer) => {
    expect(await invokeOnce(handler, event)).toEqual(answer);
  });

  it('answers again after an event loop that ran empty', async () => {
    const process = await start('callback-never.handler');
    expect(await process.invoke()).toBeNull();
    expect(await process.invoke()).toBeNull();
  });
});

describe('nodejs24.x', () => {
  const node24 = { runtime: 'nodejs24.x' };

  it('takes a plain return value', async () => {
    expect(await invokeOnce('sync-return.handler', {}, node24)).toEqual({ returned: 'without a promise' });
  });

  it('refuses a handler with a callback', async () => {
    expect(await initError('three-parameters.handler', node24)).toMatchObject({
      errorType: 'Runtime.CallbackHandlerDeprecated',
    });
    expect(await invokeOnce('three-parameters.handler')).toBe('called back');
  });

  it('has no context methods', async () => {
    expect(await invokeOnce('context.handler', {}, node24)).toMatchObject({
      methods: ['getRemainingTimeInMillis'],
    });
  });

  it('names the error of a result that is no JSON', async () => {
    expect(await invokeOnce('circular-result.handler', {}, node24)).toMatchObject({
      errorType: 'Runtime.JSONStringifyError',
    });
  });
});

describe('errors of a handler', () => {
  it.each([
    ['sync-throw.handler', {}, { errorType: 'RangeError', errorMessage: 'thrown at once' }],
    ['async-throw.handler', {}, { errorType: 'PaymentError', errorMessage: 'thrown later: ümläut' }],
    ['callback-error.handler', {}, { errorType: 'TypeError', errorMessage: 'called back with an error' }],
    [
      'context-methods.handler',
      { method: 'fail', argument: ['why'] },
      { errorType: 'string', errorMessage: 'why' },
    ],
    [
      'circular-result.handler',
      {},
      { errorType: 'Error', errorMessage: 'Unable to stringify response body' },
    ],
    ['never-settles.handler', {}, { errorType: 'Runtime.NodeJsExit' }],
  ])('%s %j', async (handler, event, error) => {
    expect(await invokeOnce(handler, event)).toMatchObject(error);
  });

  it('has a trace that leads to the handler', async () => {
    const { trace } = (await invokeOnce('async-throw.handler')) as { trace: string[] };
    expect(trace[0]).toBe('PaymentError: thrown later: ümläut');
    expect(trace[1]).toMatch(/at .*async-throw\.mjs:6/);
  });

  it('describes whatever is thrown, and goes on', async () => {
    const process = await start('throws-anything.handler');
    const thrown = (thing: string) => process.invoke({ thing });
    expect(await thrown('string')).toEqual({ errorType: 'string', errorMessage: 'just a string', trace: [] });
    expect(await thrown('object')).toEqual({
      errorType: 'object',
      errorMessage: '[object Object]',
      trace: [],
    });
    expect(await thrown('number')).toEqual({ errorType: 'number', errorMessage: '7', trace: [] });
    expect(await thrown('undefined')).toEqual({ errorType: 'string', errorMessage: 'handled', trace: [] });
    expect(await thrown('trap')).toMatchObject({ errorType: 'handled' });
  });

  it('ends the process with 128 on an unhandled rejection', async () => {
    const process = await start('unhandled-rejection.handler');
    expect(await process.invoke()).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'Error: nobody catches this',
    });
    expect(await process.exited).toBe(128);
  });

  it('ends the process with 129 on an uncaught exception', async () => {
    const process = await start('uncaught-exception.handler');
    expect(await process.invoke()).toMatchObject({ errorType: 'Error', errorMessage: 'thrown from a timer' });
    expect(await process.exited).toBe(129);
  });
});

describe('the context', () => {
  it('carries what the invocation and the environment say', async () => {
    const clientContext = '{"client":{"title":"Zoë"},\n"custom":{"del":"\u007f"}}';
    const process = await start('context.handler', {
      env: {
        AWS_LAMBDA_FUNCTION_NAME: 'probe',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/probe',
        AWS_LAMBDA_LOG_STREAM_NAME: '2024/07/01/[$LATEST]abc',
      },
    });
    const context = (await process.invoke(
      {},
      { clientContext, cognitoIdentity: '{"cognitoIdentityId":"id"}' },
    )) as {
      remaining: number;
    };
    expect(context).toMatchObject({
      awsRequestId: 'request-1',
      functionName: 'probe',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:probe',
      memoryLimitInMB: '256',
      logGroupName: '/aws/lambda/probe',
      logStreamName: '2024/07/01/[$LATEST]abc',
      clientContext: { client: { title: 'Zoë' }, custom: { del: '\u007f' } },
      identity: { cognitoIdentityId: 'id' },
      callbackWaitsForEmptyEventLoop: true,
      traceId: 'Root=1-trace-1',
    });
    expect(context.remaining).toBeGreaterThan(4000);
    expect(context.remaining).toBeLessThanOrEqual(5000);
    expect(await process.invoke()).toMatchObject({ traceId: 'Root=1-trace-2' });
  });
});

describe('the console', () => {
  it('prints lines as Lambda does, in order', async () => {
    const process = await start('prints.handler');
    await process.invoke();
    await process.stop();
    const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
    const lines = process.stdout.split('\n');
    const expected = [
      `${time}\tundefined\tINFO\tin the init phase`,
      `${time}\trequest-1\tINFO\thello ada { nested: { deep: \\[ 1 \\] } }`,
      `${time}\trequest-1\tWARN\ttwo\rlines`,
      `${time}\trequest-1\tERROR\tError: printed\r    at .*prints\\.mjs.*`,
      `${time}\trequest-1\tDEBUG\tdetails`,
      `${time}\trequest-1\tTRACE\ttraced`,
      `${time}\trequest-1\tFATAL\tthe end`,
      'plain',
      'unfinished ünïcödé',
    ];
    expect(lines).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries())
      expect(lines[index]).toMatch(new RegExp(`^${pattern}$`, 's'));
  });

  it('honours the JSON format and the log level', async () => {
    const process = await start('prints.handler', {
      env: { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'WARN' },
    });
    await process.invoke();
    await process.stop();
    const lines = process.stdout.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'WARN', requestId: 'request-1', message: 'two\nlines' },
      {
        level: 'ERROR',
        message: { errorType: 'Error', errorMessage: 'printed', stackTrace: expect.any(Array) },
      },
      { level: 'FATAL', message: 'the end' },
    ]);
  });

  it('loses nothing of a handler that floods and exits', async () => {
    const process = await start('floods-and-exits.handler');
    await process.api.initialised;
    void process.dispatch({ lines: 20_000 });
    expect(await process.exited).toBe(5);
    expect(process.stdout.split('\n').filter((line) => line.includes('line '))).toHaveLength(20_000);
    expect(process.stdout).toContain('line 19999');
  });
});

it('passes 6 MB of event and answer through unchanged', async () => {
  const process = await start('echo.handler');
  const sixMegabytes = 6 * 1024 * 1024;
  const mixed = 'äöü€😀 "quoted" \\ \u0000 ';
  let text = mixed.repeat(sixMegabytes / Buffer.byteLength(JSON.stringify(mixed)));
  text += 'x'.repeat(sixMegabytes - Buffer.byteLength(JSON.stringify(text)));
  const body = Buffer.from(JSON.stringify(text));
  expect(body.length).toBe(sixMegabytes);
  const { outcome } = await process.api.dispatch({
    id: 'big',
    event: body,
    deadlineMs: Date.now() + 10_000,
    invokedFunctionArn: 'arn',
  });
  expect(outcome.ok && Buffer.from(outcome.body).equals(body)).toBe(true);
});

it('exits when the Runtime API goes away', async () => {
  const process = await start('echo.handler');
  await process.invoke();
  await process.api.close();
  expect(await process.exited).toBe(1);
});

describe('under Deno', () => {
  const deno = { command: denoCommand };

  it.each([
    ['echo.handler', { a: 'ä' }, { a: 'ä' }],
    ['folder/deeper/app.handler', {}, 'from folder/deeper/app.js'],
    ['dynamic-exports.handler', {}, 'from CommonJS'],
    ['callback-waits.handler', {}, { finished: true }],
    ['callback-never.handler', {}, null],
    ['async-throw.handler', {}, expect.objectContaining({ errorType: 'PaymentError' })],
    [
      'unhandled-rejection.handler',
      {},
      expect.objectContaining({ errorType: 'Runtime.UnhandledPromiseRejection' }),
    ],
    ['uncaught-exception.handler', {}, expect.objectContaining({ errorMessage: 'thrown from a timer' })],
  ])('%s', async (handler, event, answer) => {
    expect(await invokeOnce(handler, event, deno)).toEqual(answer);
  });

  it('reports an init error and leaves when the Runtime API goes away', async () => {
    expect(await initError('nowhere.handler', deno)).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
    });
    const process = await start('echo.handler', deno);
    await process.invoke();
    await process.api.close();
    expect(await process.exited).toBe(1);
  });
});
