// The JSON reader: accepts exactly what JSON.parse accepts, and locates the first mistake.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonMistake, parseJson } from '../../src/manifest/json-text.ts';

function mistakeIn(text: string): string {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonMistake) return `${error.line}:${error.column} ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('parseJson', () => {
  it.each([
    ['', '1:1 the file is empty'],
    ['{\n  "a": 1,\n}', '2:9 JSON allows no comma before "}"'],
    ['{\n  "a": 1\n  "b": 2\n}', '3:3 expected a comma or "}", found "\\""'],
    ['{ "a" 1 }', '1:7 expected a colon after "a", found "1"'],
    ['{ a: 1 }', '1:3 expected a name in double quotes, found "a"'],
    ["{ 'a': 1 }", '1:3 expected a name in double quotes, found "\'"'],
    ['{ "a": hello }', '1:8 expected a value, found "h"'],
    ['// hi\n{}', '1:1 JSON allows no comments'],
    ['{ "a": 1 /* one */ }', '1:10 JSON allows no comments'],
    ['{ "a": 1', '1:9 expected a comma or "}", found the end of the file'],
    ['{ "a": "x\n" }', '1:8 a string is not closed'],
    [
      '{ "a": "C:\\work" }',
      '1:8 a string contains a character that must be escaped (\\\\ for a backslash, \\t for a tab)',
    ],
    ['{ "a": 01 }', '1:9 a number is invalid'],
    ['{} {}', '1:4 nothing may follow the end of the value, found "{"'],
    ['{ "a": 1, "b": 2, "a": 3 }', '1:19 "a" appears twice in the same object'],
  ])('%j: %s', (text, mistake) => {
    expect(mistakeIn(text)).toBe(mistake);
  });

  it('ignores a byte order mark', () => {
    expect(parseJson('\uFEFF{"a":1}')).toEqual({ a: 1 });
  });

  it('stops at very deep nesting', () => {
    expect(mistakeIn('['.repeat(100_000))).toMatch(/levels deep/);
  });

  it('accepts a text of a megabyte', () => {
    const value = { text: 'x\\"'.repeat(300_000) };
    expect(parseJson(JSON.stringify(value))).toEqual(value);
  });

  it('refuses what JSON.parse refuses and accepts what it accepts', () => {
    const edited = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.constantFrom('', ',', '"', '}', ']', '{', ' ', '1', '\\', 'e'),
      )
      .map(([text, at, drop, add]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + add + text.slice(cut + drop);
      });
    fc.assert(
      fc.property(edited, (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(mistakeIn(text)).not.toBe('none');
          return;
        }
        if (mistakeIn(text).endsWith('twice in the same object')) return;
        expect(parseJson(text)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
