// What is compared of two results, and with which other invocations a result can be compared.
import { describe, expect, test } from 'vitest';
import type { InvocationSummary } from '../../cli/src/recordings/recording.ts';
import { candidates } from '../src/diff/candidates.ts';
import { comparison } from '../src/diff/comparison.ts';

describe('comparison', () => {
  const answer = (body: string, more: object = {}) => JSON.stringify({ statusCode: 200, body, ...more });

  test('JSON bodies of HTTP answers are compared as JSON', () => {
    const { differences, hasOpenBody } = comparison(answer('{"a":1,"b":2}'), answer('{"b":2,"a":3}'));
    expect(hasOpenBody).toBe(true);
    expect(differences).toEqual([{ path: ['body', 'a'], kind: 'changed', before: 1, after: 3 }]);
  });

  test('bodies that differ in their layout only, base64 and plain texts are compared as texts', () => {
    for (const [before, after] of [
      [answer('{"a":1}'), answer('{ "a": 1 }')],
      [answer('{"a":1}', { isBase64Encoded: true }), answer('{"a":2}', { isBase64Encoded: true })],
      [answer('one'), answer('two')],
      ['{"body":"{}"}', '{"body":"[]"}'],
    ] as const) {
      const { differences, hasOpenBody } = comparison(before, after);
      expect(hasOpenBody).toBe(false);
      expect(differences).toMatchObject([{ path: ['body'], kind: 'changed' }]);
    }
  });

  test('what is not JSON is compared by lines', () => {
    const { differences, isText } = comparison('a\nb\nc', 'a\nx\nb\nc');
    expect(isText).toBe(true);
    expect(differences).toEqual([{ path: [1], kind: 'added', after: 'x' }]);
    expect(comparison('{"a":1}', 'plain').isText).toBe(true);
    expect(comparison('\n'.repeat(100_000), 'x').before).toHaveLength(20_001);
  });
});

describe('candidates', () => {
  const row = (key: string, more: Partial<InvocationSummary> = {}): InvocationSummary => ({
    key,
    id: key,
    function: 'orders',
    trigger: 'GET /',
    source: 'http',
    status: 'ok',
    at: '2026-01-01T00:00:00.000Z',
    ms: 1,
    event_bytes: 1,
    result_bytes: 1,
    logs: 0,
    ...more,
  });

  test('the chosen one, the original, other replays of it, then the newest of the function', () => {
    const replay = row('r2', { replay_of: 'a' });
    const rows = [
      row('z'),
      replay,
      row('r1', { replay_of: 'a' }),
      row('other', { function: 'mail' }),
      row('a'),
      row('0', { trigger: 'POST /' }),
      row('00'),
    ];
    const found = candidates(rows, replay, row('other', { function: 'mail' }));
    expect(found.map(({ row: { key }, why }) => [key, why])).toEqual([
      ['other', 'chosen'],
      ['a', 'original'],
      ['r1', 'same event'],
      ['z', 'same trigger'],
      ['00', 'same trigger'],
      ['0', 'same function'],
    ]);
  });

  test('its own replays first, running ones never, and a bounded number', () => {
    const rows = [
      row('run', { status: 'running' }),
      ...Array.from({ length: 200 }, (_, index) => row(`k${index}`)),
      row('again', { replay_of: 'a' }),
      row('a'),
    ];
    const found = candidates(rows, row('a'), row('a'));
    expect(found[0]).toMatchObject({ row: { key: 'again' }, why: 'replay' });
    expect(found).toHaveLength(50);
    expect(found.some((each) => each.row.key === 'run')).toBe(false);
  });
});
