// The pattern language of EventBridge rules and SNS filter policies, by the examples of AWS's developer guides.
import { describe, expect, test } from 'vitest';
import { compilePattern, PatternError } from '../event-pattern.ts';

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html and eb-create-pattern-operators.html
const instance = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: '111122223333',
  time: '2017-12-22T18:43:48Z',
  region: 'us-west-1',
  resources: ['arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0'],
  detail: {
    'instance-id': 'i-1234567890abcdef0',
    state: 'terminated',
    'c-count': 5,
    'd-count': 3,
    'x-limit': 301.8,
    'source-ip': '10.0.0.123',
    empty: '',
    nothing: null,
    flag: true,
    none: [],
    tags: ['red', 'green'],
    lines: [
      { sku: 'a', count: 1 },
      { sku: 'b', count: 2 },
    ],
    file: { name: 'dir/photo.PNG' },
  },
};

describe('matches, and does not match', () => {
  test.each<[string, unknown, boolean]>([
    ['a value', { source: ['aws.ec2'] }, true],
    ['one of several values', { detail: { state: ['running', 'terminated'] } }, true],
    ['another value', { detail: { state: ['running'] } }, false],
    ['all fields', { source: ['aws.ec2'], detail: { state: ['running'] } }, false],
    ['a field that is absent', { detail: { stat: ['running'] } }, false],
    ['an element of an array', { resources: [{ suffix: 'abcdef0' }] }, true],
    ['a name that every object has', { constructor: [{ exists: true }] }, false],
    ['an empty string', { detail: { empty: [''] } }, true],
    ['null', { detail: { nothing: [null] } }, true],
    ['null is not absent', { detail: { absent: [null] } }, false],
    ['a boolean', { detail: { flag: [true] } }, true],
    ['a boolean as text', { detail: { flag: ['true'] } }, false],
    ['a number', { detail: { 'c-count': [5] } }, true],
    ['prefix', { time: [{ prefix: '2017-12-22' }] }, true],
    ['prefix, other', { region: [{ prefix: 'eu-' }] }, false],
    ['prefix of any case', { source: [{ prefix: { 'equals-ignore-case': 'AWS.' } }] }, true],
    ['suffix', { detail: { file: { name: [{ suffix: '.PNG' }] } } }, true],
    ['suffix, other case', { detail: { file: { name: [{ suffix: '.png' }] } } }, false],
    [
      'suffix of any case',
      { detail: { file: { name: [{ suffix: { 'equals-ignore-case': '.png' } }] } } },
      true,
    ],
    [
      'equals-ignore-case',
      { 'detail-type': [{ 'equals-ignore-case': 'ec2 instance state-change notification' }] },
      true,
    ],
    ['anything-but', { detail: { state: [{ 'anything-but': 'initializing' }] } }, true],
    ['anything-but itself', { detail: { state: [{ 'anything-but': ['stopped', 'terminated'] }] } }, false],
    ['anything-but numbers', { detail: { 'x-limit': [{ 'anything-but': [100, 200, 300] }] } }, true],
    ['anything-but needs a value', { detail: { absent: [{ 'anything-but': 'x' }] } }, false],
    ['anything-but prefix', { detail: { state: [{ 'anything-but': { prefix: 'init' } }] } }, true],
    [
      'anything-but prefixes',
      { detail: { state: [{ 'anything-but': { prefix: ['init', 'term'] } }] } },
      false,
    ],
    [
      'anything-but suffix',
      { detail: { file: { name: [{ 'anything-but': { suffix: ['.PNG'] } }] } } },
      false,
    ],
    [
      'anything-but of any case',
      { detail: { state: [{ 'anything-but': { 'equals-ignore-case': ['TERMINATED'] } }] } },
      false,
    ],
    [
      'anything-but wildcard',
      { detail: { file: { name: [{ 'anything-but': { wildcard: 'lib/*' } }] } } },
      true,
    ],
    ['anything-but, one element is other', { detail: { tags: [{ 'anything-but': 'red' }] } }, true],
    [
      'numeric',
      { detail: { 'c-count': [{ numeric: ['>', 0, '<=', 5] }], 'd-count': [{ numeric: ['<', 10] }] } },
      true,
    ],
    ['numeric =', { detail: { 'x-limit': [{ numeric: ['=', 3.018e2] }] } }, true],
    ['numeric, outside', { detail: { 'c-count': [{ numeric: ['>', 5] }] } }, false],
    ['numeric of text', { account: [{ numeric: ['>', 0] }] }, false],
    ['exists', { detail: { state: [{ exists: true }] } }, true],
    ['exists not', { detail: { absent: [{ exists: false }] } }, true],
    ['exists not, below what is absent', { absent: { deeper: [{ exists: false }] } }, true],
    ['exists not, and does', { detail: { state: [{ exists: false }] } }, false],
    ['exists is for leaves', { detail: { file: [{ exists: true }] } }, false],
    ['an empty array is there', { detail: { none: [{ exists: true }] } }, true],
    ['an empty array has no value', { detail: { none: [{ 'anything-but': 'x' }] } }, false],
    ['cidr', { detail: { 'source-ip': [{ cidr: '10.0.0.0/24' }] } }, true],
    ['cidr, outside', { detail: { 'source-ip': [{ cidr: '10.0.1.0/24' }] } }, false],
    ['cidr of what is not an address', { source: [{ cidr: '10.0.0.0/24' }] }, false],
    ['wildcard', { detail: { file: { name: [{ wildcard: 'dir/*.PNG' }] } } }, true],
    ['wildcard, other', { detail: { file: { name: [{ wildcard: 'dir/*.JPG' }] } } }, false],
    [
      'wildcard of characters with a meaning elsewhere',
      { detail: { file: { name: [{ wildcard: 'dir/photo?PNG' }] } } },
      false,
    ],
    [
      '$or',
      { source: ['aws.ec2'], $or: [{ detail: { state: ['running'] } }, { detail: { 'c-count': [5] } }] },
      true,
    ],
    ['$or, neither', { $or: [{ detail: { state: ['running'] } }, { detail: { 'c-count': [6] } }] }, false],
    ['$or within', { detail: { $or: [{ state: ['terminated'] }, { 'c-count': [6] }] } }, true],
    ['one object of an array', { detail: { lines: { sku: ['a'], count: [1] } } }, true],
    ['never two objects together', { detail: { lines: { sku: ['a'], count: [2] } } }, false],
  ])('%s', (_, pattern, expected) => {
    expect(compilePattern(pattern)(instance)).toBe(expected);
  });

  test('an escaped star is a star', () => {
    const matches = compilePattern({ a: [{ wildcard: 'x\\*y\\\\*' }] });
    expect([matches({ a: 'x*y\\z' }), matches({ a: 'xzy\\z' })]).toEqual([true, false]);
  });
});

describe('is refused with the problem and its place', () => {
  test.each<[unknown, string]>([
    [[], 'a pattern must be a JSON object'],
    [{}, 'a pattern must not be empty'],
    [{ source: 'a' }, 'source must be an array of values, or an object of fields'],
    [{ detail: { state: [] } }, 'detail.state must not be an empty array'],
    [{ a: [{ prefx: 'x' }] }, 'a "prefx" is not a matcher; matchers are prefix, '],
    [{ a: [{ prefix: 1 }] }, 'a prefix must be a string'],
    [{ a: [{ prefix: 'x', suffix: 'y' }] }, 'a has a matcher that is not one keyword and its value'],
    [{ a: [{ numeric: ['~', 1] }] }, 'a numeric must be an array such as [">", 0'],
    [{ a: [{ numeric: ['>', '1'] }] }, 'a numeric must be an array such as [">", 0'],
    [{ a: [{ exists: 'yes' }] }, 'a exists must be true or false'],
    [{ a: [{ cidr: '10.0.0.0/40' }] }, 'a cidr must be a range'],
    [
      { a: [{ 'anything-but': [] }] },
      'a anything-but must list strings or numbers, or have one text matcher',
    ],
    [{ a: [{ 'anything-but': ['x', 1] }] }, 'a anything-but must list strings or numbers'],
    [{ a: [{ 'anything-but': { prefix: [] } }] }, 'a anything-but prefix must not be an empty array'],
    [{ a: [{ wildcard: 'x**' }] }, 'a wildcard must not have two * in a row'],
    [{ a: [{ wildcard: 'x\\y' }] }, 'a wildcard must have a backslash only before * or \\'],
    [{ a: [{ wildcard: { 'equals-ignore-case': 'x' } }] }, 'a wildcard must be a string'],
    [
      { a: [], b: { c: [{ prefix: 1 }, { exists: 1 }] } },
      'a must not be an empty array; b.c prefix must be a string; b.c exists must be true or false',
    ],
    [{ $or: [{ a: [1] }] }, '$or must have at least two patterns'],
  ])('%j', (pattern, words) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
    expect(() => compilePattern(pattern)).toThrow(words);
  });
});

describe('limits', () => {
  const limits = { bytes: 200, depth: 3, values: 4, stars: 2 };

  test('are not exceeded by valid patterns', () => {
    expect(compilePattern({ a: { b: { c: [1, 2, 3, { wildcard: 'x*y*' }] } } }, { limits })({})).toBe(false);
  });

  test.each<[unknown, string]>([
    [{ a: ['x'.repeat(200)] }, 'a pattern must be at most 200 bytes of JSON, not 210'],
    [{ a: { b: { c: { d: [1] } } } }, 'a.b.c must not be nested more than 3 levels deep'],
    [{ a: [1, 2, 3, 4, 5] }, 'a pattern must have at most 4 values and matchers, not 5'],
    [{ a: [{ 'anything-but': { prefix: ['1', '2', '3', '4'] } }] }, 'at most 4 values and matchers, not 5'],
    [{ a: [{ wildcard: '*x*y*' }] }, 'a wildcard must have at most 2 *, not 3'],
  ])('%j', (pattern, words) => {
    expect(() => compilePattern(pattern, { limits })).toThrow(words);
  });
});

describe('a string with JSON', () => {
  const decode = (text: string): unknown => (text.startsWith('{') ? JSON.parse(text) : undefined);
  const context = { decode, spend: () => undefined };

  test('is matched by its fields where the pattern has fields', () => {
    const pattern = compilePattern({ body: { b: [1] } });
    const matches = (document: unknown) => pattern(document, context);
    expect([{ body: '{"b":1}' }, { body: '{"b":2}' }, { body: 'b' }].map(matches)).toEqual([
      true,
      false,
      false,
    ]);
    expect(matches({ body: ['x', '{"b":1}'] })).toBe(true);
  });

  test('is a string where the pattern has values', () => {
    expect(compilePattern({ body: ['{"b":1}'] })({ body: '{"b":1}' }, context)).toBe(true);
  });

  test('is not parsed without a decoder', () => {
    expect(compilePattern({ body: { b: [1] } })({ body: '{"b":1}' })).toBe(false);
  });
});
