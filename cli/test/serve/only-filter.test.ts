// What `--only` takes, what it compiles to, and what it refuses.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { onlyFilters } from '../../src/serve/only-filter.ts';

const compiled = (flag: string) => JSON.parse(onlyFilters([flag])[0]?.text ?? '{}') as unknown;

describe('short forms', () => {
  test.each<[string, object]>([
    ['header:X-Dev=tom', { facts: { header: { 'x-dev': ['tom'] } }, needs: ['tom'] }],
    ['header:x-dev=a=b', { facts: { header: { 'x-dev': ['a=b'] } } }],
    ['header:x-dev', { facts: { header: { 'x-dev': [{ exists: true }] } } }],
    ['header:x-dev=', { facts: { header: { 'x-dev': [''] } } }],
    ['query:dev=t*m', { facts: { query: { dev: [{ wildcard: 't*m' }] } } }],
    ['cookie:Dev=tom', { facts: { cookie: { Dev: ['tom'] } }, needs: ['tom'] }],
    ['path:/orders/*', { facts: { path: [{ wildcard: '/orders/*' }] } }],
    ['method:post', { facts: { method: ['POST'] }, needs: ['POST'] }],
    ['attribute:dev=tom', { facts: { attribute: { dev: ['tom'] } }, needs: ['tom'] }],
    ['baggage:dev=tom', { facts: { baggage: { dev: ['tom'] } }, needs: ['dev'] }],
    ['detail:order.owner=tom', { facts: { detail: { order: { owner: ['tom'] } } } }],
    ['detail:count=5', { facts: { detail: { count: ['5', 5] } } }],
    ['detail:test=true', { facts: { detail: { test: ['true', true] } } }],
    ['{"source":["shop"]}', { event: { source: ['shop'] } }],
  ])('%s', (flag, expected) => {
    expect(compiled(flag)).toEqual({ only: flag, ...expected });
  });
});

test('a pattern in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'only-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'mine.json'), '{ "source": ["shop"] }');
  const flag = `@${join(folder, 'mine.json')}`;
  expect(compiled(flag)).toEqual({ only: flag, event: { source: ['shop'] } });
});

test('filters that ask for the same are the same, however they are written', () => {
  const ids = ['header:X-DEV=tom', 'header:x-dev=tom', '{"a":["1"],"b":["2"]}', '{"b":["2"], "a":["1"]}'].map(
    (flag) => onlyFilters([flag])[0]?.id,
  );
  expect(new Set(ids).size).toBe(2);
  expect(onlyFilters(['header:X-DEV=tom', 'header:x-dev=tom'])).toHaveLength(1);
});

describe('refused', () => {
  test.each<[string, string]>([
    ['heder:x-dev=tom', '--only heder:x-dev=tom: "heder" is not a filter; did you mean'],
    ['tom', '"tom" is not a filter'],
    ['header:=tom', '--only header:=tom: an HTTP header is missing'],
    ['path:', 'the path is missing'],
    ['path:orders', 'a path begins with /'],
    ['{"a":', 'is not JSON'],
    ['{"a":"b"}', 'a must be an array of values, or an object of fields'],
    ['{"a":[{"wildcard":"*1*2*3*4*5*6*7*8*9"}]}', 'a wildcard must have at most 8 *, not 9'],
    ['header:x=a**', 'header.x wildcard must not have two * in a row'],
    ['@/nowhere.json', 'ENOENT'],
    [`header:x=${'y'.repeat(3000)}`, 'a pattern must be at most 2048 bytes of JSON'],
  ])('%s', (flag, words) => {
    expect(() => onlyFilters([flag])).toThrow(LiveDebugError);
    expect(() => onlyFilters([flag])).toThrow(words);
  });

  test('too many', () => {
    expect(() => onlyFilters(Array.from({ length: 21 }, (_, at) => `header:x=${at}`))).toThrow(
      '--only can be given 20 times at most, not 21',
    );
  });
});
