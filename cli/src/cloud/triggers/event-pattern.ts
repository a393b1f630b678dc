// Triggers: which events a pattern lets through, in the one language of EventBridge rules and SNS
// filter policies ("Comparison operators for use in event patterns", "Amazon SNS subscription filter policies").
import { isIP } from 'node:net';
import { cidrTest } from './cidr.ts';
import { wildcardTest } from './wildcard.ts';

/** Whether a document is one that the pattern asks for. */
export type EventPattern = (document: unknown) => boolean;

/** Tells whether one value of a field, `undefined` for a field that is absent, is one asked for. */
type Matcher = (value: unknown) => boolean;

/** An invalid pattern; the message says what is wrong and where. */
export class PatternError extends Error {}

/** Throws a PatternError for what the language does not have. */
export function compilePattern(pattern: unknown): EventPattern {
  if (!isObject(pattern)) throw new PatternError('a pattern is a JSON object');
  if (Object.keys(pattern).length === 0) throw new PatternError('a pattern must not be empty');
  return compileObject(pattern, []);
}

function compileObject(pattern: Readonly<Record<string, unknown>>, path: readonly string[]): EventPattern {
  const parts = Object.entries(pattern).map(([name, content]): EventPattern => {
    const below = [...path, name];
    if (name === '$or' && Array.isArray(content)) return compileEither(content, below);
    if (Array.isArray(content)) {
      const matches = compileField(content, below);
      return (document) => matches(fieldOf(document, name));
    }
    if (!isObject(content)) throw wrong(below, 'must be an array of values, or an object of fields');
    const matches = compileObject(content, below);
    return (document) => matches(fieldOf(document, name));
  });
  return (document) => {
    // Of objects in an array one must have it all: fields are not collected from several.
    if (Array.isArray(document)) return document.some((each) => parts.every((part) => part(each)));
    return parts.every((part) => part(document));
  };
}

function compileEither(alternatives: readonly unknown[], path: readonly string[]): EventPattern {
  if (alternatives.length < 2) throw wrong(path, 'must have at least two patterns');
  const compiled = alternatives.map((each) => {
    if (!isObject(each)) throw wrong(path, 'must be an array of patterns');
    return compileObject(each, path);
  });
  return (document) => compiled.some((matches) => matches(document));
}

/** An array in the event matches when one of its elements does. */
function compileField(content: readonly unknown[], path: readonly string[]): Matcher {
  if (content.length === 0) throw wrong(path, 'must not be an empty array');
  const matchers = content.map((each) => compileMatcher(each, path));
  return (value) => {
    const values = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
    // An empty array has no value that could match, but it is there.
    if (values.length === 0) return matchers.some((matches) => matches(emptyArray));
    return values.some((each) => matchers.some((matches) => matches(each)));
  };
}

const emptyArray = Symbol('an empty array');

function compileMatcher(content: unknown, path: readonly string[]): Matcher {
  if (isScalar(content)) return (value) => value === content;
  if (!isObject(content)) throw wrong(path, 'must hold values and matchers such as {"prefix":"a"}');
  const [entry, more] = Object.entries(content);
  if (!entry || more) throw wrong(path, 'has a matcher that is not one keyword and its value');
  const [keyword, operand] = entry;
  switch (keyword) {
    case 'exists':
      if (typeof operand !== 'boolean') throw wrong(path, 'exists must be true or false');
      // Of leaves only: what has fields of its own does not count (the developer guide's "exists").
      return (value) => (value !== undefined && !isObject(value)) === operand;
    case 'anything-but': {
      const matches = compileExcluded(operand, path);
      return (value) => isScalar(value) && !matches(value);
    }
    case 'numeric':
      return compileNumeric(operand, path);
    case 'cidr': {
      const contains = typeof operand === 'string' ? cidrTest(operand) : undefined;
      if (!contains) throw wrong(path, 'cidr must be a range of addresses such as "10.0.0.0/24"');
      return (value) => typeof value === 'string' && isIP(value) !== 0 && contains(value);
    }
    default:
      return compileText(keyword, operand, path);
  }
}

/** Matchers of text: `prefix`, `suffix`, `equals-ignore-case`, `wildcard`. */
function compileText(keyword: string, operand: unknown, path: readonly string[]): Matcher {
  const folded =
    isObject(operand) && Object.keys(operand).length === 1 ? operand['equals-ignore-case'] : undefined;
  const ignoreCase =
    keyword === 'equals-ignore-case' || (/^(pre|suf)fix$/.test(keyword) && folded !== undefined);
  const text = folded ?? operand;
  if (typeof text !== 'string') throw wrong(path, `${keyword} must be a string`);
  const fold = (value: string) => (ignoreCase ? value.toLowerCase() : value);
  const wanted = fold(text);
  const test = textTests.get(keyword);
  if (!test) {
    const known = [...textTests.keys(), 'anything-but', 'numeric', 'exists', 'cidr', '$or'].join(', ');
    throw wrong(path, `${JSON.stringify(keyword)} is no matcher; there are ${known}`);
  }
  const matches = test(wanted);
  return (value) => typeof value === 'string' && matches(fold(value));
}

const textTests = new Map<string, (wanted: string) => (value: string) => boolean>([
  ['prefix', (wanted) => (value) => value.startsWith(wanted)],
  ['suffix', (wanted) => (value) => value.endsWith(wanted)],
  ['equals-ignore-case', (wanted) => (value) => value === wanted],
  ['wildcard', wildcardTest],
]);

function compileExcluded(operand: unknown, path: readonly string[]): Matcher {
  if (isScalar(operand)) return (value) => value === operand;
  if (Array.isArray(operand)) {
    if (operand.length === 0 || !operand.every(isScalar)) {
      throw wrong(path, 'anything-but must name values, or hold a matcher of text');
    }
    return (value) => operand.some((each) => each === value);
  }
  const [entry, more] = isObject(operand) ? Object.entries(operand) : [];
  if (!entry || more) throw wrong(path, 'anything-but must name values, or hold one matcher of text');
  const [keyword, excluded] = entry;
  const matchers = [excluded].flat().map((each) => compileText(keyword, each, path));
  return (value) => matchers.some((matches) => matches(value));
}

const comparisons = new Map<unknown, (value: number, bound: number) => boolean>([
  ['=', (value, bound) => value === bound],
  ['<', (value, bound) => value < bound],
  ['<=', (value, bound) => value <= bound],
  ['>', (value, bound) => value > bound],
  ['>=', (value, bound) => value >= bound],
]);

/** e.g. `["=", 5]` or `[">", 0, "<=", 5]`. */
function compileNumeric(operand: unknown, path: readonly string[]): Matcher {
  const terms = Array.isArray(operand) ? operand : [];
  const tests = terms.flatMap((symbol, index): ((value: number) => boolean)[] => {
    if (index % 2 === 1) return [];
    const [compare, bound] = [comparisons.get(symbol), terms[index + 1]];
    if (!compare || typeof bound !== 'number') throw wrong(path, 'numeric is written like [">", 0, "<=", 5]');
    return [(value) => compare(value, bound)];
  });
  if (tests.length === 0 || tests.length > 2) throw wrong(path, 'numeric is written like [">", 0, "<=", 5]');
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

function fieldOf(document: unknown, name: string): unknown {
  if (Array.isArray(document)) {
    const values = document.map((each) => fieldOf(each, name)).filter((each) => each !== undefined);
    return values.length > 0 ? values : undefined;
  }
  return isObject(document) && Object.hasOwn(document, name) ? document[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function wrong(path: readonly string[], words: string): PatternError {
  return new PatternError(`${path.join('.')} ${words}`);
}
