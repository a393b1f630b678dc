// The JSON diff: complete, since applying it gives the other value; readable, since what moved stays one difference; bounded.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Difference, diffJson } from '../../src/recordings/json-diff.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Creates the later value from the earlier one: what a reader of the differences would do by hand. */
function apply(before: Json, differences: readonly Difference[]): Json {
  const whole = differences.find(({ path }) => path.length === 0);
  if (whole !== undefined) return whole.kind === 'removed' ? null : (whole.after as Json);
  if (Array.isArray(before)) return applyToArray(before, differences);
  if (typeof before !== 'object' || before === null) return before;
  const later = new Map(Object.entries(before));
  for (const [name, inner] of grouped(differences)) {
    const end = inner.find(({ path }) => path.length === 1);
    if (end?.kind === 'removed') later.delete(String(name));
    else if (end !== undefined) later.set(String(name), end.after as Json);
    else later.set(String(name), apply(later.get(String(name)) as Json, shortened(inner)));
  }
  return Object.fromEntries(later);
}

function applyToArray(before: Json[], differences: readonly Difference[]): Json[] {
  const ends = differences.filter(({ path }) => path.length === 1);
  const removed = new Set(ends.flatMap(({ kind, path }) => (kind === 'removed' ? [path[0]] : [])));
  const added = new Map(
    ends.flatMap((end) => (end.kind === 'added' ? [[end.path[0], end.after as Json] as const] : [])),
  );
  const kept = before.filter((_, at) => !removed.has(at));
  const later: Json[] = [];
  const length = kept.length + added.size;
  for (let at = 0; at < length; at += 1) later.push((added.has(at) ? added.get(at) : kept.shift()) as Json);
  const rest = differences.filter(({ kind, path }) => path.length > 1 || kind === 'changed');
  for (const [at, inner] of grouped(rest))
    later[Number(at)] = apply(later[Number(at)] as Json, shortened(inner));
  return later;
}

function grouped(differences: readonly Difference[]): Map<string | number, Difference[]> {
  const groups = new Map<string | number, Difference[]>();
  for (const difference of differences) {
    const first = difference.path[0] as string | number;
    groups.set(first, [...(groups.get(first) ?? []), difference]);
  }
  return groups;
}

function shortened(differences: readonly Difference[]): Difference[] {
  return differences.map((difference) => ({ ...difference, path: difference.path.slice(1) }));
}

/** As it comes from JSON text, without -0, which JSON has not. */
const json = fc.json({ maxDepth: 4 }).map((text) => JSON.parse(JSON.stringify(JSON.parse(text))) as Json);
/** Few distinct items, so that arrays have much in common. */
const items = fc.array(
  fc.oneof(
    fc.constantFrom<Json>(1, 2, 'a', null),
    fc.record({ id: fc.nat({ max: 3 }), n: fc.nat({ max: 1 }) }),
  ),
  {
    maxLength: 12,
  },
) as fc.Arbitrary<Json>;

describe('diffJson', () => {
  it('gives what turns one value into the other', () => {
    fc.assert(
      fc.property(fc.oneof(fc.tuple(json, json), fc.tuple(items, items)), ([before, after]) => {
        expect(apply(before, diffJson(before, after))).toEqual(after);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives none for equal values, whatever the order of members', () => {
    const reversed = (value: Json): Json => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, inner]) => [name, reversed(inner)]),
      );
    };
    fc.assert(fc.property(json, (value) => void expect(diffJson(value, reversed(value))).toEqual([])));
  });

  it('gives some for values that are not equal', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        const isEqual = JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
        expect(diffJson(before, after).length === 0).toBe(isEqual);
      }),
      { examples: [[{}, []]] },
    );
  });

  it.each<[string, unknown, unknown, Difference[]]>([
    [
      'a changed member',
      { a: { b: 1 } },
      { a: { b: 2 } },
      [{ path: ['a', 'b'], kind: 'changed', before: 1, after: 2 }],
    ],
    ['an added member', {}, { a: null }, [{ path: ['a'], kind: 'added', after: null }]],
    ['a removed member', { a: [] }, {}, [{ path: ['a'], kind: 'removed', before: [] }]],
    ['another type', { a: [] }, { a: {} }, [{ path: ['a'], kind: 'changed', before: [], after: {} }]],
    ['the value itself', 1, 'x', [{ path: [], kind: 'changed', before: 1, after: 'x' }]],
    [
      'a text that looks like a number',
      { a: 1 },
      { a: '1' },
      [{ path: ['a'], kind: 'changed', before: 1, after: '1' }],
    ],
    ['an inserted item', [1, 2, 3], [1, 9, 2, 3], [{ path: [1], kind: 'added', after: 9 }]],
    ['a removed item', ['a', 'b', 'c'], ['a', 'c'], [{ path: [1], kind: 'removed', before: 'b' }]],
    [
      'an item that changed behind one that was inserted',
      [
        { id: 1, n: 1 },
        { id: 2, n: 2 },
      ],
      [
        { id: 9, n: 0 },
        { id: 1, n: 1 },
        { id: 2, n: 3 },
      ],
      [
        { path: [0], kind: 'added', after: { id: 9, n: 0 } },
        { path: [2, 'n'], kind: 'changed', before: 2, after: 3 },
      ],
    ],
    [
      'the item that resembles, of two that were replaced by one',
      [
        { id: 1, name: 'x', n: 1 },
        { id: 2, name: 'y', n: 1 },
      ],
      [{ id: 2, name: 'y', n: 5 }],
      [
        { path: [0], kind: 'removed', before: { id: 1, name: 'x', n: 1 } },
        { path: [0, 'n'], kind: 'changed', before: 1, after: 5 },
      ],
    ],
    [
      'a member named __proto__',
      JSON.parse('{"__proto__":1}'),
      JSON.parse('{"__proto__":2,"constructor":3}'),
      [
        { path: ['__proto__'], kind: 'changed', before: 1, after: 2 },
        { path: ['constructor'], kind: 'added', after: 3 },
      ],
    ],
  ])('%s', (_, before, after, differences) => {
    expect(diffJson(before, after)).toEqual(differences);
  });

  it('finds two insertions far apart in a long array', () => {
    const before = Array.from({ length: 100_000 }, (_, id) => ({ id }));
    const after = [
      ...before.slice(0, 10),
      { id: -1 },
      ...before.slice(10, 90_000),
      { id: -2 },
      ...before.slice(90_000),
    ];
    expect(diffJson(before, after)).toEqual([
      { path: [10], kind: 'added', after: { id: -1 } },
      { path: [90_001], kind: 'added', after: { id: -2 } },
    ]);
  });

  it('compares long arrays that have nothing in common by position', () => {
    const before = Array.from({ length: 50_000 }, (_, n) => n);
    const after = before.map((n) => n + 1_000_000);
    const differences = diffJson(before, [...after, 7]);
    expect(differences).toHaveLength(50_001);
    expect(differences[49_999]).toEqual({
      path: [49_999],
      kind: 'changed',
      before: 49_999,
      after: 1_049_999,
    });
    expect(differences[50_000]).toEqual({ path: [50_000], kind: 'added', after: 7 });
  });

  it('compares values that are nested deeper than the stack', () => {
    const nested = (inner: string) => JSON.parse(`${'['.repeat(50_000)}${inner}${']'.repeat(50_000)}`);
    expect(diffJson(nested('1'), nested('1'))).toEqual([]);
    const [difference, ...others] = diffJson(nested('1'), nested('2'));
    expect(difference).toMatchObject({ kind: 'changed', path: Array(200).fill(0) });
    expect(others).toEqual([]);
  });

  it('compares objects with very many members', () => {
    const members = (last: number) =>
      Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`k${n}`, n < 199_999 ? n : last]));
    expect(diffJson(members(1), members(2))).toEqual([
      { path: ['k199999'], kind: 'changed', before: 1, after: 2 },
    ]);
  });
});

/** Equal texts for equal values only: an object stays one, so that an empty one is no empty array. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
  return { members };
}
