// What API Gateway and function URLs refuse: which field is named, and what to do.
import { describe, expect, test } from 'vitest';
import { type HttpFrontKind, readHeaders, readHttpAnswer } from '../../src/worker/runtime-api/http-answer.ts';

const both: readonly HttpFrontKind[] = ['http_api', 'function_url'];
const old: readonly HttpFrontKind[] = ['http_api_1', 'rest_api'];
const all = [...both, ...old];

function read(answer: unknown, front: HttpFrontKind) {
  return readHttpAnswer(Buffer.from(JSON.stringify(answer)), front);
}

function faultOf(answer: unknown, front: HttpFrontKind): string | undefined {
  const reading = read(answer, front);
  return reading.kind === 'fault' ? reading.fault : undefined;
}

describe.each(all)('%s', (front) => {
  test.each([
    [{ statusCode: 'abc' }, 'statusCode must be a whole number from 200 to 599, not "abc"'],
    [{ statusCode: 99 }, 'statusCode must be a whole number from 200 to 599, not 99'],
    [{ statusCode: 1000 }, 'statusCode must be a whole number from 200 to 599, not 1000'],
    [{ statusCode: 200.5 }, 'statusCode must be a whole number from 200 to 599, not 200.5'],
    [{ statusCode: [200] }, 'statusCode must be a whole number from 200 to 599, not an array'],
    [
      { statusCode: 200, body: { a: 1 } },
      'body must be a string, not an object; encode it, e.g. with JSON.stringify or json.dumps',
    ],
    [{ statusCode: 200, body: 7 }, 'body must be a string, not 7'],
    [{ statusCode: 200, isBase64Encoded: 'yes' }, 'isBase64Encoded must be true or false, not "yes"'],
    [{ statusCode: 200, headers: ['a'] }, 'headers must be an object of names and values, not an array'],
    [{ statusCode: 200, headers: 'a: b' }, 'headers must be an object of names and values, not "a: b"'],
    [{ statusCode: 200, headers: { 'a b': '1' } }, 'headers["a b"]: "a b" is not a valid header name'],
    [
      { statusCode: 200, headers: { a: '1\r\nb: 2' } },
      'headers["a"] must not have a line break or another control character',
    ],
    [{ statusCode: 200, headers: { a: { b: 1 } } }, 'headers["a"] must be a string, not an object'],
  ])('refuses %j', (answer, fault) => {
    expect(faultOf(answer, front)).toContain(fault);
  });

  test.each([
    { statusCode: 200 },
    { statusCode: '404', body: null, headers: null },
    { statusCode: 599, headers: { a: 'ü', b: true, 'x-none': null }, body: 'x', isBase64Encoded: false },
  ])('accepts %j', (answer) => {
    expect(faultOf(answer, front)).toBeUndefined();
  });
});

describe.each(both)('%s', (front) => {
  test('takes an answer without a status for the body', () => {
    for (const value of [{ ok: true }, 'text', 7, null, [1], { statusCode: null }]) {
      expect(read(value, front)).toEqual({ kind: 'inferred', value });
    }
  });

  test.each([
    ['a=1', 'cookies must be an array of strings, not "a=1"; write ["name=value"]'],
    [{ a: 1 }, 'cookies must be an array of strings, not an object'],
    [[1], 'cookies[0] must be a string, not 1'],
    [['a=1', 'b=2\n'], 'cookies[1] must not have a line break'],
  ])('refuses the cookies %j', (cookies, fault) => {
    expect(faultOf({ statusCode: 200, cookies }, front)).toContain(fault);
  });

  test('takes numbers as headers, and several values only joined', () => {
    expect(read({ statusCode: 200, headers: { a: 1 } }, front)).toMatchObject({
      answer: { headers: { a: '1' } },
    });
    expect(faultOf({ statusCode: 200, headers: { a: ['1'] } }, front)).toBe(
      'headers["a"] must be a string, not an array; join several values with commas, and set cookies with "cookies"',
    );
  });
});

describe.each(old)('%s', (front) => {
  test('infers nothing', () => {
    expect(faultOf('text', front)).toBe('the answer must be an object with a statusCode, not "text"');
  });

  test.each([
    [{ a: '1' }, 'multiValueHeaders["a"] must be an array, not "1"'],
    [['a'], 'multiValueHeaders must be an object of names and arrays, not an array'],
    [{ a: ['1\n'] }, 'multiValueHeaders["a"] must not have a line break'],
  ])('refuses the multiValueHeaders %j', (multiValueHeaders, fault) => {
    expect(faultOf({ statusCode: 200, multiValueHeaders }, front)).toContain(fault);
  });
});

test('an HTTP API in format 1.0 needs a status, a REST API does not', () => {
  expect(faultOf({ body: 'x' }, 'http_api_1')).toContain(
    'statusCode must be a whole number from 200 to 599, not missing',
  );
  expect(read({ body: 'x' }, 'rest_api')).toMatchObject({ answer: { statusCode: 200, body: 'x' } });
});

test('a REST API knows no other fields, and no numbers as headers', () => {
  expect(faultOf({ statusCode: 200, cookies: ['a=1'] }, 'rest_api')).toBe(
    '"cookies" is not a field of an answer to a REST API; set cookies with multiValueHeaders["Set-Cookie"]',
  );
  expect(faultOf({ statusCode: 200, message: 'x' }, 'rest_api')).toContain('"message" is not a field');
  expect(faultOf({ statusCode: 200, headers: { a: 1 } }, 'rest_api')).toContain('must be a string, not 1');
});

test('what a function wrote is shown in part, and never as it stands', () => {
  const fault = faultOf({ statusCode: `\u001b[31m${'x'.repeat(100)}` }, 'http_api') ?? '';
  expect(fault).not.toContain('\u001b');
  expect(fault.length).toBeLessThan(120);
});

test('the head of a streamed response is read by the same rules', () => {
  expect(readHeaders({ a: 1 }, ['b=2'])).toEqual({ headers: { a: '1' }, cookies: ['b=2'] });
  expect(readHeaders({ a: '\n' }, [])).toEqual({
    fault: 'headers["a"] must not have a line break or another control character',
  });
  expect(readHeaders({}, 'b=2')).toMatchObject({
    fault: expect.stringContaining('cookies must be an array'),
  });
});
