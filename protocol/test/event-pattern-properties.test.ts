// Each operator of event patterns against a literal reading of AWS's description, for random events and patterns.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern, PatternError } from '../event-pattern.ts';

/** Few letters, so that texts meet. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '/', '*', '\\', 'é'), maxLength: 8 });
const number = fc.integer({ min: -3, max: 3 });
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));
const event = fc.dictionary(fc.constantFrom('x', 'y', 'z'), value, { maxKeys: 3, noNullPrototype: true });

const valuesOf = (document: Record<string, unknown>, name: string): unknown[] =>
  Object.hasOwn(document, name) ? [document[name]].flat() : [];
const scalars = (values: readonly unknown[]) =>
  values.filter((each) => each === null || typeof each !== 'object');
const texts = (values: readonly unknown[]) =>
  values.filter((each): each is string => typeof each === 'string');
const numbers = (values: readonly unknown[]) =>
  values.filter((each): each is number => typeof each === 'number');

interface Case {
  readonly matcher: unknown;
  /** Whether it matches the values of the field; none for an absent field. */
  readonly holds: (values: readonly unknown[]) => boolean;
}

const escaped = (plain: string) => plain.replaceAll('\\', '\\\\').replaceAll('*', '\\*');
const asRegExp = (parts: readonly string[]) =>
  new RegExp(`^${parts.map((part) => part.replace(/[\\*/]/g, '\\$&')).join('.*')}$`, 's');
/** Texts between stars; none is empty between two of them, which would be two stars in a row. */
const wildcards = fc
  .tuple(
    text,
    fc.array(
      text.filter((part) => part !== ''),
      { maxLength: 3 },
    ),
    text,
  )
  .map(([first, middle, last]) => [first, ...middle, last]);

const symbols: Record<string, (one: number, other: number) => boolean> = {
  '=': (one, other) => one === other,
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
};

const positive: fc.Arbitrary<Case> = fc.oneof(
  scalar.map((matcher) => ({ matcher, holds: (values: readonly unknown[]) => values.includes(matcher) })),
  text.map((prefix) => ({
    matcher: { prefix },
    holds: (values: readonly unknown[]) => texts(values).some((each) => each.indexOf(prefix) === 0),
  })),
  text.map((suffix) => ({
    matcher: { suffix },
    holds: (values: readonly unknown[]) =>
      texts(values).some(
        (each) => each.length >= suffix.length && each.slice(each.length - suffix.length) === suffix,
      ),
  })),
  text.map((folded) => ({
    matcher: { prefix: { 'equals-ignore-case': folded } },
    holds: (values: readonly unknown[]) =>
      texts(values).some((each) => each.slice(0, folded.length).toLowerCase() === folded.toLowerCase()),
  })),
  text.map((folded) => ({
    matcher: { 'equals-ignore-case': folded },
    holds: (values: readonly unknown[]) =>
      texts(values).some((each) => each.toLowerCase() === folded.toLowerCase()),
  })),
  wildcards.map((parts) => ({
    matcher: { wildcard: parts.map(escaped).join('*') },
    holds: (values: readonly unknown[]) => texts(values).some((each) => asRegExp(parts).test(each)),
  })),
  fc.tuple(fc.constantFrom(...Object.keys(symbols)), number).map(([symbol, bound]) => ({
    matcher: { numeric: [symbol, bound] },
    holds: (values: readonly unknown[]) => numbers(values).some((each) => symbols[symbol]?.(each, bound)),
  })),
  fc.tuple(number, number).map(([low, high]) => ({
    matcher: { numeric: ['>', low, '<=', high] },
    holds: (values: readonly unknown[]) => numbers(values).some((each) => each > low && each <= high),
  })),
);

const excluded: fc.Arbitrary<Case> = fc.oneof(
  fc
    .oneof(fc.array(text, { minLength: 1, maxLength: 3 }), fc.array(number, { minLength: 1, maxLength: 3 }))
    .map((list: readonly unknown[]) => ({
      matcher: { 'anything-but': list },
      holds: (values: readonly unknown[]) => scalars(values).some((each) => !list.includes(each)),
    })),
  fc.constantFrom('prefix', 'suffix', 'equals-ignore-case').chain((keyword) =>
    fc.array(text, { minLength: 1, maxLength: 2 }).map((list) => ({
      matcher: { 'anything-but': { [keyword]: list.length === 1 ? list[0] : list } },
      holds: (values: readonly unknown[]) =>
        scalars(values).some(
          (each) => !list.some((one) => compilePattern({ x: [{ [keyword]: one }] })({ x: each })),
        ),
    })),
  ),
);

const oneCase = fc.oneof(positive, excluded);

test('a field matches if one of its values matches one of the matchers', () => {
  fc.assert(
    fc.property(event, fc.array(oneCase, { minLength: 1, maxLength: 3 }), (document, cases) => {
      const values = valuesOf(document, 'x');
      const pattern = { x: cases.map(({ matcher }) => matcher) };
      expect(compilePattern(pattern)(document)).toBe(cases.some(({ holds }) => holds(values)));
    }),
    { numRuns: 3000 },
  );
});

test('fields are combined by and, $or by or, at any depth', () => {
  const fields = fc.dictionary(fc.constantFrom('x', 'y', 'z'), oneCase, {
    minKeys: 1,
    maxKeys: 3,
    noNullPrototype: true,
  });
  const patternOf = (cases: Record<string, Case>) =>
    Object.fromEntries(Object.entries(cases).map(([name, { matcher }]) => [name, [matcher]]));
  const holdsFor = (cases: Record<string, Case>, document: Record<string, unknown>) =>
    Object.entries(cases).every(([name, { holds }]) => holds(valuesOf(document, name)));
  fc.assert(
    fc.property(event, fields, fc.array(fields, { minLength: 2, maxLength: 3 }), (document, all, any) => {
      const inner = { ...patternOf(all), $or: any.map(patternOf) };
      const expected = holdsFor(all, document) && any.some((each) => holdsFor(each, document));
      expect(compilePattern(inner)(document)).toBe(expected);
      expect(compilePattern({ detail: inner })({ detail: document })).toBe(expected);
      // One of several objects must have it all.
      expect(compilePattern({ list: inner })({ list: [{}, document] })).toBe(expected || holds(inner, {}));
    }),
    { numRuns: 2000 },
  );
  function holds(pattern: object, document: object): boolean {
    return compilePattern(pattern)(document);
  }
});

test('exists matches what is there, and only for leaves', () => {
  fc.assert(
    fc.property(event, fc.boolean(), (document, exists) => {
      expect(compilePattern({ x: [{ exists }] })(document)).toBe(Object.hasOwn(document, 'x') === exists);
      expect(compilePattern({ top: [{ exists }] })({ top: document })).toBe(!exists);
    }),
  );
});

test('cidr matches the addresses with the range’s first bits', () => {
  const address = fc.tuple(...Array.from({ length: 4 }, () => fc.constantFrom(0, 10, 127, 128, 255)));
  const bits = (parts: readonly number[]) => parts.map((part) => part.toString(2).padStart(8, '0')).join('');
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 32 }), (range, candidate, length) => {
      const matches = compilePattern({ ip: [{ cidr: `${range.join('.')}/${length}` }] });
      const expected = bits(range).slice(0, length) === bits(candidate).slice(0, length);
      expect(matches({ ip: candidate.join('.') })).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test('any JSON is either a valid pattern or refused, and any pattern accepts any event', () => {
  const limits = { bytes: 4096, depth: 16, values: 64, stars: 8 };
  const context = { spend: () => undefined, decode: (held: string) => ({ '': held }) };
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 6 }), (pattern, document) => {
      try {
        expect(typeof compilePattern(pattern, { limits })(document, context)).toBe('boolean');
      } catch (error) {
        expect(error).toBeInstanceOf(PatternError);
      }
    }),
    { numRuns: 2000 },
  );
});
