// Two results beside each other: which lines stand opposite each other, what is marked and what is folded.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffJson } from '../../cli/src/recordings/json-diff.ts';
import { beside, type DiffLine } from '../src/diff/diff-lines.ts';
import { type SideBySide, sideBySide } from '../src/diff/side-by-side.ts';

function compare(before: unknown, after: unknown, open?: ReadonlySet<string>): SideBySide {
  return sideBySide(before, after, diffJson(before, after), open);
}

/** As a terminal would show them: `-`, `+`, `~` or a space, and both sides. */
function text({ lines }: Pick<SideBySide, 'lines'>): string[] {
  const sign = { same: ' ', added: '+', removed: '-', changed: '~' };
  return lines.map(({ kind, left, right }) => {
    const sides = kind === 'same' ? left?.text : `${left?.text ?? ''} | ${right?.text ?? ''}`;
    return `${sign[kind]}${'  '.repeat((left ?? right)?.depth ?? 0)}${sides}`;
  });
}

describe('sideBySide', () => {
  test('members that are changed, removed and added', () => {
    expect(text(compare({ a: 1, b: 'x', c: null }, { a: 2, c: null, d: [] }))).toEqual([
      ' {',
      '~  "a": 1 | "a": 2',
      '-  "b": "x" | ',
      '   "c": null',
      '+   | "d": []',
      ' }',
    ]);
  });

  test('an item that was inserted is one line, and the others stay opposite each other', () => {
    expect(text(compare([1, 2, 3, { a: 4 }], [1, 9, 2, 3, { a: 5 }]))).toEqual([
      ' [',
      '   1',
      '+   | 9',
      '   2',
      '   3',
      '   {',
      '~    "a": 4 | "a": 5',
      '   }',
      ' ]',
    ]);
  });

  test('what only one side has is written in full', () => {
    expect(text(compare({ a: 1 }, { a: { b: [true, {}] } }))).toEqual([
      ' {',
      '-  "a": 1 | ',
      '+   | "a": {',
      '+     | "b": [',
      '+       | true',
      '+       | {}',
      '+     | ]',
      '+   | }',
      ' }',
    ]);
  });

  test('what was replaced stands beside what replaced it', () => {
    const { lines } = compare({ a: [1], b: 1 }, { a: { x: 1 }, b: 1 });
    expect(text({ lines: beside(lines) })).toEqual([
      ' {',
      '~  "a": [ | "a": {',
      '~    1 | "x": 1',
      '~  ] | }',
      '   "b": 1',
      ' }',
    ]);
    const longer = compare({ a: [1, 2, 3] }, { a: 'x' }).lines;
    expect(text({ lines: beside(longer) }).slice(1, 4)).toEqual([
      '~  "a": [ | "a": "x"',
      '-    1 | ',
      '-    2 | ',
    ]);
  });

  test('marks the part of a text that differs, and cuts a long one around it', () => {
    const line = compare({ m: 'total: 10 EUR' }, { m: 'total: 12 EUR' }).lines[1];
    expect(line?.left?.text.slice(...(line.left.mark ?? []))).toBe('0');
    expect(line?.right?.text.slice(...(line.right.mark ?? []))).toBe('2');
    const long = 'x'.repeat(100_000);
    const cut = compare([`${long}1${long}`], [`${long}2${long}`]).lines[1];
    expect(cut?.left?.text.length).toBeLessThan(700);
    expect(cut?.left?.text.slice(...(cut.left.mark ?? []))).toBe('1');
    expect(cut?.right?.text.slice(...(cut.right.mark ?? []))).toBe('2');
  });

  test('equal values are folded, and opened by their names', () => {
    const before = { list: [1, 2], total: 1 };
    const after = { list: [1, 2], total: 2 };
    const closed = compare(before, after);
    expect(text(closed)).toEqual([' {', '   "list": [ … 2 items ]', '~  "total": 1 | "total": 2', ' }']);
    const fold = closed.lines[1]?.fold ?? '';
    expect(text(compare(before, after, new Set([fold])))).toEqual([
      ' {',
      '   "list": [',
      '     1',
      '     2',
      '   ]',
      '~  "total": 1 | "total": 2',
      ' }',
    ]);
  });

  test('a long run of equal lines is folded around the differences', () => {
    const before = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`k${index}`, index]));
    const after = { ...before, k20: 'new' };
    const closed = compare(before, after);
    expect(text(closed)).toEqual([
      ' … 18 equal lines',
      '   "k17": 17',
      '   "k18": 18',
      '   "k19": 19',
      '~  "k20": 20 | "k20": "new"',
      '   "k21": 21',
      '   "k22": 22',
      '   "k23": 23',
      ' … 17 equal lines',
    ]);
    const open = new Set(closed.lines.map((line) => line.fold ?? ''));
    expect(compare(before, after, open).lines).toHaveLength(42);
  });

  test('is bounded, however much differs', () => {
    const before = Array.from({ length: 50_000 }, (_, index) => ({ index }));
    const after = before.map(({ index }) => ({ index: -index - 1 }));
    const { lines, isCut } = compare(before, after);
    expect(isCut).toBe(true);
    expect(lines.length).toBeLessThan(4500);
    const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000));
    expect(compare(1, deep).lines.length).toBeLessThan(500);
    expect(compare({ a: 1 }, { a: before }).lines.length).toBeLessThan(500);
  });

  test('no difference, no changed line; any difference shows on its side', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
        const [first, second] = [JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(after))];
        expect(compare(first, first).lines.every((line) => line.kind === 'same')).toBe(true);
        const { lines, differences } = compare(first, second);
        expect(lines.some((line) => line.kind !== 'same')).toBe(differences > 0);
        expect(lines.every(hasItsSides)).toBe(true);
      }),
    );
  });
});

function hasItsSides({ kind, left, right }: DiffLine): boolean {
  return (left !== undefined) === (kind !== 'added') && (right !== undefined) === (kind !== 'removed');
}
