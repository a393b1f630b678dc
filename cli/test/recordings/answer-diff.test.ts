// Two answers: results by their JSON with every digit, also in bodies; errors; texts and bytes.
import { describe, expect, it } from 'vitest';
import { type ComparedAnswer, diffAnswers } from '../../src/recordings/answer-diff.ts';
import { exactJsonText, parseExactJson } from '../../src/recordings/exact-json.ts';
import type { Difference } from '../../src/recordings/json-diff.ts';

function ok(body: string | Uint8Array): ComparedAnswer {
  return { ok: true, body: typeof body === 'string' ? new TextEncoder().encode(body) : body };
}

function failed(name: string, message: string): ComparedAnswer {
  return { ok: false, name, message };
}

const error = failed('NotFound', 'no order 1');

describe('diffAnswers', () => {
  it.each<[string, ComparedAnswer, ComparedAnswer]>([
    ['the same bytes', ok('{"a":1'), ok('{"a":1')],
    ['the same error', error, failed('NotFound', 'no order 1')],
    ['bytes that are not text', ok(Uint8Array.of(255, 0)), ok(Uint8Array.of(255, 0))],
  ])('finds nothing in %s', (_, before, after) => {
    expect(diffAnswers(before, after)).toEqual({ differences: [], isRewritten: false });
  });

  it('says that equal JSON was written in another way', () => {
    expect(diffAnswers(ok('{"a":1,"b":2}'), ok('{"b": 2, "a": 1.0}'))).toEqual({
      differences: [],
      isRewritten: true,
    });
  });

  it.each<[string, ComparedAnswer, ComparedAnswer, Difference[]]>([
    [
      'an error in place of a result',
      ok('{"a":1}'),
      error,
      [
        { path: ['result'], kind: 'removed', before: { a: 1 } },
        { path: ['error'], kind: 'added', after: { name: 'NotFound', message: 'no order 1' } },
      ],
    ],
    [
      'another message',
      error,
      failed('NotFound', 'no order 2'),
      [{ path: ['error', 'message'], kind: 'changed', before: 'no order 1', after: 'no order 2' }],
    ],
    [
      'a member of the body of an HTTP answer',
      ok('{"statusCode":200,"body":"{\\"items\\":[1,2],\\"n\\":1}"}'),
      ok('{"statusCode":201,"body":"{\\"items\\":[1,9,2],\\"n\\":1}"}'),
      [
        { path: ['statusCode'], kind: 'changed', before: 200, after: 201 },
        { path: ['body', 'items', 1], kind: 'added', after: 9 },
      ],
    ],
    [
      'a body whose text was written in another way',
      ok('{"body":"{\\"a\\":1}"}'),
      ok('{"body":"{ \\"a\\":1}"}'),
      [{ path: ['body'], kind: 'changed', before: '{"a":1}', after: '{ "a":1}' }],
    ],
    [
      'the last digit of a large number',
      ok('{"id":12345678901234567890}'),
      ok('{"id":12345678901234567891}'),
      [
        {
          path: ['id'],
          kind: 'changed',
          before: '\u0000number:12345678901234567890',
          after: '\u0000number:12345678901234567891',
        },
      ],
    ],
    ['texts', ok('one'), ok('two'), [{ path: [], kind: 'changed', before: 'one', after: 'two' }]],
    [
      'bytes',
      ok(Uint8Array.of(255)),
      ok(Uint8Array.of(255, 1)),
      [
        {
          path: [],
          kind: 'changed',
          before: '1 byte',
          after: '2 bytes, the first other one at 1',
        },
      ],
    ],
  ])('finds %s', (_, before, after, differences) => {
    expect(diffAnswers(before, after)).toEqual({ differences, isRewritten: false });
  });
});

describe('exact JSON', () => {
  it.each(['{"a":[12345678901234567890,-1.2345678901234567890e-5,"12345678901234567890"]}', '0.1', '"x"'])(
    'keeps %s',
    (text) => {
      expect(exactJsonText(parseExactJson(text))).toBe(text);
    },
  );

  it('changes no number that is exact', () => {
    expect(parseExactJson('{"a":[1,1.5,-2e3,123456789012345]}')).toEqual({
      a: [1, 1.5, -2e3, 123456789012345],
    });
  });
});
