// The values and matchers of one field of an event pattern: exact, prefix, suffix, anything-but, numeric, exists, cidr,
// equals-ignore-case, wildcard.
import { isIP } from 'node:net';
import { cidrTest } from './cidr.ts';
import { wildcardTest } from './wildcard.ts';

/** Adds a mistake of a field, in words that follow its path. */
export type AddMistake = (words: string) => void;

/** What matching one document needs. */
export interface MatchContext {
  /** The JSON in a text whose fields the pattern names; without a context, a text has no fields. Texts within must be shorter. */
  decode(text: string): unknown;
  /** Counts comparisons, and the characters that they look at. If it throws, matching ends. */
  spend(steps: number): void;
}

/** Whether one value of a field matches; the value is `undefined` if the field is absent. */
type Matcher = (value: unknown, context?: MatchContext) => boolean;

export interface ValuesContext {
  readonly wrong: AddMistake;
  /** Called for each value and matcher. */
  readonly count: () => void;
  /** Most `*` in one `wildcard`; undefined: no limit. */
  readonly stars: number | undefined;
}

/** Compiles what a field's value must match. An array in the event matches if one of its elements does. */
export function compileValues(content: readonly unknown[], context: ValuesContext): Matcher {
  if (content.length === 0) context.wrong('must not be an empty array');
  const matchers = content.map((each) => compileMatcher(each, context));
  return (value, match) => {
    const values = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
    match?.spend((1 + values.length) * matchers.length);
    // An empty array has no value that could match, but the field exists.
    if (values.length === 0) return matchers.some((matches) => matches(emptyArray));
    return values.some((each) => matchers.some((matches) => matches(each, match)));
  };
}

const emptyArray = Symbol('an empty array');
const never: Matcher = () => false;

function compileMatcher(content: unknown, context: ValuesContext): Matcher {
  const { count, wrong } = context;
  count();
  const no = (words: string) => {
    wrong(words);
    return never;
  };
  if (isScalar(content)) return (value) => value === content;
  if (!isObject(content)) return no('must hold values and matchers such as {"prefix":"a"}');
  const [entry, more] = Object.entries(content);
  if (!entry || more) return no('has a matcher that is not one keyword and its value');
  const [keyword, operand] = entry;
  switch (keyword) {
    case 'exists':
      if (typeof operand !== 'boolean') return no('exists must be true or false');
      // Only leaves exist in this sense, not objects with fields (the developer guide's "exists").
      return (value) => (value !== undefined && !isObject(value)) === operand;
    case 'anything-but': {
      const matches = compileExcluded(operand, context);
      return (value, match) => isScalar(value) && !matches(value, match);
    }
    case 'numeric':
      return compileNumeric(operand) ?? no('numeric must be an array such as [">", 0, "<=", 5]');
    case 'cidr': {
      const contains = typeof operand === 'string' ? cidrTest(operand) : undefined;
      if (!contains) return no('cidr must be a range of addresses such as "10.0.0.0/24"');
      return (value) => typeof value === 'string' && isIP(value) !== 0 && contains(value);
    }
    default:
      return compileText(keyword, operand, context);
  }
}

/** Matchers of text: `prefix`, `suffix`, `equals-ignore-case`, `wildcard`. */
function compileText(keyword: string, operand: unknown, { stars, wrong }: ValuesContext): Matcher {
  const test = textTests.get(keyword);
  if (!test) {
    const known = [...textTests.keys(), 'anything-but', 'numeric', 'exists', 'cidr', '$or'].join(', ');
    wrong(`${JSON.stringify(keyword)} is not a matcher; matchers are ${known}`);
    return never;
  }
  const folded =
    isObject(operand) && Object.keys(operand).length === 1 ? operand['equals-ignore-case'] : undefined;
  const ignoreCase =
    keyword === 'equals-ignore-case' || (/^(pre|suf)fix$/.test(keyword) && folded !== undefined);
  const text = ignoreCase ? (folded ?? operand) : operand;
  const mistake =
    typeof text !== 'string'
      ? 'must be a string'
      : keyword === 'wildcard'
        ? wildcardMistake(text, stars)
        : undefined;
  if (typeof text !== 'string' || mistake !== undefined) {
    wrong(`${keyword} ${mistake}`);
    return never;
  }
  const fold = (value: string) => (ignoreCase ? value.toLowerCase() : value);
  const matches = test(fold(text));
  const isWhole = ignoreCase || keyword === 'wildcard';
  return (value, match) => {
    if (typeof value !== 'string') return false;
    match?.spend(isWhole ? value.length : 1);
    return matches(fold(value));
  };
}

const textTests = new Map<string, (wanted: string) => (value: string) => boolean>([
  ['prefix', (wanted) => (value) => value.startsWith(wanted)],
  ['suffix', (wanted) => (value) => value.endsWith(wanted)],
  ['equals-ignore-case', (wanted) => (value) => value === wanted],
  ['wildcard', wildcardTest],
]);

/** EventBridge's own rules: no two stars in a row, and a backslash before a star or a backslash only. */
function wildcardMistake(text: string, stars: number | undefined): string | undefined {
  const plain = text.replace(/\\[*\\]/g, '-');
  if (plain.includes('\\')) return 'must have a backslash only before * or \\';
  if (plain.includes('**')) return 'must not have two * in a row';
  const count = plain.split('*').length - 1;
  return stars !== undefined && count > stars ? `must have at most ${stars} *, not ${count}` : undefined;
}

function compileExcluded(operand: unknown, context: ValuesContext): Matcher {
  const { count, wrong } = context;
  const values = [operand].flat();
  const [first] = values;
  const isPlain = typeof first === 'string' || typeof first === 'number';
  if (isPlain && values.every((each) => typeof each === typeof first)) {
    for (const _ of values) count();
    return (value) => values.some((each) => each === value);
  }
  const [entry, more] = isObject(operand) ? Object.entries(operand) : [];
  if (!entry || more) {
    wrong('anything-but must list strings or numbers, or have one text matcher');
    return never;
  }
  const [keyword, excluded] = entry;
  const texts = [excluded].flat();
  if (texts.length === 0) wrong(`anything-but ${keyword} must not be an empty array`);
  const matchers = texts.map((each) => {
    count();
    return compileText(keyword, each, context);
  });
  return (value, match) => matchers.some((matches) => matches(value, match));
}

const comparisons = new Map<unknown, (value: number, bound: number) => boolean>([
  ['=', (value, bound) => value === bound],
  ['<', (value, bound) => value < bound],
  ['<=', (value, bound) => value <= bound],
  ['>', (value, bound) => value > bound],
  ['>=', (value, bound) => value >= bound],
]);

/** e.g. `["=", 5]` or `[">", 0, "<=", 5]`; undefined for anything else. */
function compileNumeric(operand: unknown): Matcher | undefined {
  const terms: readonly unknown[] = Array.isArray(operand) ? operand : [];
  if (terms.length !== 2 && terms.length !== 4) return undefined;
  const tests: ((value: number) => boolean)[] = [];
  for (let at = 0; at < terms.length; at += 2) {
    const [compare, bound] = [comparisons.get(terms[at]), terms[at + 1]];
    if (!compare || typeof bound !== 'number') return undefined;
    tests.push((value) => compare(value, bound));
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
