// The editor's check of an event's JSON: line, column and reason of the first mistake.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonMistake } from '../src/replay/json-mistake.ts';

const cases: readonly (readonly [text: string, at: string, message: string])[] = [
  ['', '1:1', 'the text is empty: expected a JSON value'],
  ['{\n  "a": 1,\n  "b": }', '3:8', 'expected a value'],
  ['{\n  "a": 1\n  "b": 2\n}', '3:3', 'expected , or }'],
  ['{"a": 1,}', '1:8', 'remove the comma before }'],
  ['[1, 2,\n]', '1:6', 'remove the comma before ]'],
  ['[1, 2', '1:6', 'expected , or ]: the text ends too early'],
  ["{'a': 1}", '1:2', 'expected double quotes instead of single quotes'],
  ['{a: 1}', '1:2', 'expected a property name in double quotes'],
  ['{"a" 1}', '1:6', 'expected : after the property name'],
  ['{"a": "x\n}', '1:7', 'the string is not closed on its line'],
  ['"abc', '1:1', 'the string is not closed'],
  ['"a\tb"', '1:3', 'expected an escape such as \\t instead of a control character'],
  ['"\\x41"', '1:2', 'invalid escape in a string'],
  ['"\\u12g4"', '1:2', 'invalid escape in a string'],
  ['[01]', '1:2', 'invalid number'],
  ['[+1]', '1:2', 'invalid number'],
  ['[1.]', '1:2', 'invalid number'],
  ['{"a": True}', '1:7', 'expected true in lower case'],
  ['[undefined]', '1:2', 'expected null'],
  ['[hello]', '1:2', 'expected a value; a string needs double quotes'],
  ['{} {}', '1:4', 'expected nothing after the JSON value'],
  ['{"a": 1 // one\n}', '1:9', 'JSON has no comments'],
  ['{', '1:2', 'expected a property name: the text ends too early'],
  ['{"a":', '1:6', 'expected a value: the text ends too early'],
];

describe('jsonMistake', () => {
  test.each(cases)('%j: %s %s', (text, at, message) => {
    const mistake = jsonMistake(text);
    expect(`${mistake?.line}:${mistake?.column}`).toBe(at);
    expect(mistake?.message).toBe(message);
  });

  test('finds a mistake in whatever JSON.parse refuses, and none else', () => {
    const spoiled = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', '{', '[', ':', '0', '-', ' ', '\\', 'e', '\n'),
      )
      .map(([text, at, char]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + char + text.slice(cut + 1);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), spoiled, fc.string()), (text) => {
        const mistake = jsonMistake(text);
        expect(mistake?.message).not.toBe('this is not JSON');
        expect(mistake === undefined).toBe(isJson(text));
        if (mistake) expect(mistake.offset).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 2000 },
    );
  });

  test('depth costs no stack', () => {
    expect(jsonMistake('['.repeat(1_000_000))?.offset).toBe(1_000_000);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
