// The event that ends an invocation.
import { describe, expect, test } from 'vitest';
import { resultEvent } from '../../src/session/result-event.ts';
import type { Run } from '../../src/session/run.ts';
import { functionError, type Outcome, type WorkerResult } from '../../src/worker/contract.ts';
import type { HttpFrontKind } from '../../src/worker/runtime-api/http-answer.ts';

const run = { requestId: 'r-1', functionName: 'hello' } as Run;

function event(
  outcome: Outcome,
  times: { codeMs?: number; initMs?: number; waitMs?: number; ms?: number } = {},
) {
  const { codeMs = 1, initMs = 0, waitMs = 0, ms = 2 } = times;
  return resultEvent(run, { outcome, codeMs, initMs, waitMs, logsDrained: Promise.resolve() }, ms);
}

function whole(outcome: Outcome): WorkerResult {
  return { outcome, codeMs: 1, initMs: 0, waitMs: 0, logsDrained: Promise.resolve() };
}

function answer(body: string): Outcome {
  return { ok: true, body: Buffer.from(body), contentType: 'application/json' };
}

describe('an answer', () => {
  test('has its times in tenths of a millisecond', () => {
    expect(event(answer('1'), { codeMs: 1.2345, initMs: 99.99, ms: 101.04 })).toEqual({
      event: 'result',
      id: 'r-1',
      function: 'hello',
      ok: true,
      ms: 101,
      code_ms: 1.2,
      init_ms: 100,
    });
  });

  test('separates a wait for a worker from the relay’s time, if there was one', () => {
    expect(event(answer('1'), { waitMs: 250.04, ms: 260 })).toMatchObject({ wait_ms: 250 });
    expect(event(answer('1'), { waitMs: 0.9, ms: 4 })).not.toHaveProperty('wait_ms');
  });

  test.each([
    ['{"statusCode":404,"body":"no"}', 404],
    ['{"statusCode":99}', undefined],
    ['{"statusCode":600}', undefined],
    ['{"statusCode":"200"}', undefined],
    ['{"statusCode":200.5}', undefined],
    ['{"ok":true}', undefined],
    ['[{"statusCode":200}]', undefined],
    ['{"statusCode":', undefined],
    ['', undefined],
    [`{"statusCode":200,"body":"${'x'.repeat(300_000)}"}`, undefined],
  ])('%.40s has the status %s', (body, status) => {
    expect(event(answer(body)).status).toBe(status);
  });
});

describe('an answer over HTTP', () => {
  const over = (http: HttpFrontKind, body: string) =>
    resultEvent({ ...run, http } as Run, whole(answer(body)), 2);

  test.each([
    ['http_api', '{"statusCode":"201"}', 201],
    ['http_api', '{"ok":true}', 200],
    ['rest_api', '{"body":"x"}', 200],
    ['function_url', `{"statusCode":204,"body":"${'x'.repeat(300_000)}"}`, 204],
  ] as const)('%s: %.40s has the status %s', (http, body, status) => {
    expect(over(http, body)).toMatchObject({ ok: true, status });
  });

  test.each([
    ['http_api', '{"statusCode":200,"body":{"a":1}}', 500, 'API Gateway', 'body must be a string'],
    ['http_api_1', '"x"', 500, 'API Gateway', 'the answer must be an object'],
    ['rest_api', '{"statusCode":200,"cookies":[]}', 502, 'API Gateway', '"cookies" is not a field'],
    ['function_url', '{"statusCode":99}', 502, 'the function URL', 'statusCode must be'],
  ] as const)('%s: %s is a failure with status %s', (http, body, status, who, fault) => {
    expect(over(http, body)).toMatchObject({
      ok: false,
      status,
      error: {
        name: 'LiveDebugAnswerError',
        message: expect.stringContaining(`${who} refuses the answer and returns ${status}: ${fault}`),
      },
    });
  });

  test('is not checked if the function failed, or if the caller accepts a stream', () => {
    const failed = { ok: false, error: functionError('E', 'm') } as const;
    expect(resultEvent({ ...run, http: 'http_api' } as Run, whole(failed), 2).error?.name).toBe('E');
    const parts = { written: 0 } as Run['parts'];
    const streaming = { ...run, http: 'function_url', parts } as Run;
    expect(resultEvent(streaming, whole(answer('{"statusCode":99}')), 2)).toMatchObject({ ok: true });
  });

  test('that is text is the body if the status is inferred, and refused otherwise', () => {
    expect(over('http_api', 'text')).toMatchObject({ ok: true, status: 200 });
    expect(over('rest_api', 'text')).toMatchObject({ ok: false, status: 502 });
  });

  test('of an HTTP API, which does not stream, is checked as a whole although the stub streams', () => {
    const of = (parts: object, outcome: Outcome) =>
      resultEvent({ ...run, http: 'http_api', parts } as unknown as Run, whole(outcome), 2);
    expect(of({ written: 0 }, answer('{"statusCode":99}'))).toMatchObject({ ok: false, status: 500 });
    const contentType = 'application/vnd.awslambda.http-integration-response';
    expect(of({ written: 5, status: 201 }, { ...answer(''), contentType } as Outcome)).toMatchObject({
      ok: false,
      status: 500,
      error: { message: expect.stringContaining('an HTTP API does not accept a stream') },
    });
    expect(of({ written: 5 }, answer(''))).toMatchObject({ ok: true });
  });

  test('that was streamed is judged by its beginning', () => {
    const parts = { written: 5, status: undefined, fault: 'cookies must be an array' } as Run['parts'];
    const streaming = { ...run, http: 'function_url', parts } as Run;
    expect(resultEvent(streaming, whole(answer('')), 2)).toMatchObject({
      ok: false,
      status: 502,
      error: { message: 'the function URL refuses the answer and returns 502: cookies must be an array' },
    });
  });
});

describe('an error', () => {
  test('has the lines of Node’s trace or Python’s stackTrace', () => {
    expect(event({ ok: false, error: functionError('E', 'm', ['E: m', '  at f']) }).error).toEqual({
      name: 'E',
      message: 'm',
      stack: ['E: m', '  at f'],
    });
    const python = Buffer.from(
      '{"errorType":"KeyError","errorMessage":"\'a\'","stackTrace":["  File \\"app.py\\", line 2\\n    f()\\n",7]}',
    );
    expect(
      event({ ok: false, error: { errorType: 'KeyError', errorMessage: "'a'", body: python } }).error,
    ).toEqual({
      name: 'KeyError',
      message: "'a'",
      stack: ['  File "app.py", line 2', '    f()', '7'],
    });
  });

  test('without lines has no stack, and one whose body is not JSON still has its name', () => {
    expect(event({ ok: false, error: functionError('E', 'm') }).error).toEqual({ name: 'E', message: 'm' });
    const error = { errorType: 'Runtime.ExitError', errorMessage: 'exit 1', body: Buffer.from('oops') };
    expect(event({ ok: false, error })).toMatchObject({
      ok: false,
      error: { name: 'Runtime.ExitError', message: 'exit 1' },
    });
  });
});
