// The deliveries of a queue's message, found among the rows.
import { describe, expect, test } from 'vitest';
import type { InvocationSummary } from '../../cli/src/recordings/recording.ts';
import { attemptHistory } from '../src/attempts/attempt-history.ts';

function row(key: string, second: number, more: Partial<InvocationSummary> = {}): InvocationSummary {
  return {
    key,
    id: `id-${key}`,
    function: 'orders',
    trigger: 'SQS orders',
    source: 'sqs',
    source_ids: ['m1'],
    status: 'error',
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
    ms: 500,
    event_bytes: 1,
    result_bytes: 1,
    logs: 0,
    ...more,
  };
}

const keys = (rows: readonly InvocationSummary[], of: InvocationSummary) =>
  attemptHistory(rows, of).map((attempt) => attempt.row.key);

describe('attemptHistory', () => {
  test('the deliveries of a message, oldest first, with the pauses between them', () => {
    const rows = [row('c', 9, { attempt: 3 }), row('b', 3, { attempt: 2 }), row('a', 0, { attempt: 1 })];
    const history = attemptHistory(rows, rows[1] as InvocationSummary);
    expect(history.map(({ row: { key }, number, afterMs }) => [key, number, afterMs])).toEqual([
      ['a', 1, undefined],
      ['b', 2, 2500],
      ['c', 3, 5500],
    ]);
  });

  test('a batch that shares one of its messages belongs to it', () => {
    const first = row('a', 0, { source_ids: ['m1', 'm2', 'm3'] });
    const second = row('b', 3, { source_ids: ['m3', 'm9'] });
    expect(attemptHistory([first, second], first).map((attempt) => attempt.shared)).toEqual([3, 1]);
  });

  test('another function that receives the same message is no attempt', () => {
    const first = row('a', 0);
    expect(keys([first, row('b', 1, { function: 'mail' })], first)).toEqual([]);
  });

  test('HTTP requests are not repeated', () => {
    const first = row('a', 0, { source: 'http', source_ids: ['r1'] });
    expect(keys([first, row('b', 1, { source: 'http', source_ids: ['r1'] })], first)).toEqual([]);
  });

  test('an asynchronous invocation that Lambda repeats has the same request id', () => {
    const first = row('a', 0, { id: 'same', source: 'custom', source_ids: [] });
    expect(keys([row('b', 60, { id: 'same', source: 'custom', source_ids: [] }), first], first)).toEqual([
      'a',
      'b',
    ]);
  });

  test('replays are listed, but do not count as deliveries', () => {
    const rows = [row('a', 0), row('r', 2, { replay_of: 'a' }), row('b', 3)];
    const history = attemptHistory(rows, rows[1] as InvocationSummary);
    expect(
      history.map(({ row: { key }, number, isReplay, afterMs }) => [key, number, isReplay, afterMs]),
    ).toEqual([
      ['a', 1, false, undefined],
      ['r', 1, true, undefined],
      ['b', 2, false, 2500],
    ]);
  });

  test('at most 100, the newest', () => {
    const rows = Array.from({ length: 150 }, (_, index) => row(String(index).padStart(4, '0'), index));
    const found = keys(rows, rows[0] as InvocationSummary);
    expect(found).toHaveLength(100);
    expect(found.at(-1)).toBe('0149');
  });
});
