// JSON from elsewhere: anything but JSON, or that does not fit the schema, is undefined, without an exception.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { parseJson, parseJsonAs } from '../json.ts';

const schema = v.object({ name: v.string(), count: v.optional(v.number(), 1) });
const bytes = (text: string) => Buffer.from(`..${text}..`).subarray(2, -2);

test('reads texts and bytes', () => {
  expect(parseJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
  expect(parseJson(new Uint8Array(bytes('"grün"')))).toBe('grün');
  expect(parseJson(bytes('null'))).toBeNull();
});

test.each(['', '{', 'undefined', '<html>', '{"a":1}x'])('returns undefined for %j', (text) => {
  expect(parseJson(text)).toBeUndefined();
  expect(parseJson(bytes(text))).toBeUndefined();
  expect(parseJsonAs(schema, text)).toBeUndefined();
});

test('returns the schema’s output, or undefined', () => {
  expect(parseJsonAs(schema, '{"name":"a","more":true}')).toEqual({ name: 'a', count: 1 });
  expect(parseJsonAs(schema, bytes('{"name":1}'))).toBeUndefined();
  expect(parseJsonAs(schema, 'null')).toBeUndefined();
});
