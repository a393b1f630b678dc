// Durations and rates in buckets: what the charts draw.
import { describe, expect, test } from 'vitest';
import type { InvocationSummary } from '../../cli/src/recordings/recording.ts';
import { figures, series, windowUntil } from '../src/charts/series.ts';

const now = Date.UTC(2026, 0, 1, 12, 0, 30);

function row(secondsAgo: number, ms: number, more: Partial<InvocationSummary> = {}): InvocationSummary {
  return {
    key: `k${secondsAgo}-${ms}`,
    id: 'id',
    function: 'orders',
    trigger: 'GET /',
    source: 'http',
    status: 'ok',
    at: new Date(now - secondsAgo * 1000).toISOString(),
    ms,
    event_bytes: 1,
    result_bytes: 1,
    logs: 0,
    ...more,
  };
}

describe('series', () => {
  const window = windowUntil(now, 60_000, 60);

  test('buckets begin at whole seconds and end with the one that runs', () => {
    expect(series([], window).at).toHaveLength(60);
    expect(series([], window).at.at(-1)).toBe(now / 1000);
    expect(windowUntil(now + 400, 60_000, 60)).toEqual(window);
  });

  test('counts, failures and durations go to the bucket in which the invocation began', () => {
    const rows = [
      row(0, 10),
      row(0, 30, { status: 'error' }),
      row(0, 20),
      row(5, 7),
      row(0, 0, { status: 'running' }),
    ];
    const { ok, failed, median, p95, slowest } = series(rows, window);
    expect([ok.at(-1), failed.at(-1), median.at(-1), p95.at(-1), slowest.at(-1)]).toEqual([3, 1, 20, 30, 30]);
    expect([ok.at(-6), failed.at(-6), median.at(-6)]).toEqual([1, 0, 7]);
    expect([ok.at(-3), median.at(-3)]).toEqual([0, null]);
  });

  test('other functions, replays, and what is older or not a time are left out', () => {
    const rows = [
      row(0, 10),
      row(0, 10, { function: 'mail' }),
      row(0, 10, { replay_of: 'k' }),
      row(3600, 10),
      row(-3600, 10),
      row(0, 10, { at: 'never' }),
    ];
    const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
    expect(sum(series(rows, window, 'orders').ok)).toBe(1);
    expect(sum(series(rows, window).ok)).toBe(2);
  });
});

describe('figures', () => {
  test('per function, the busiest first', () => {
    const window = windowUntil(now, 60_000, 60);
    const rows = [row(1, 5, { function: 'mail' }), row(2, 10), row(3, 20, { status: 'error' }), row(4, 90)];
    expect(figures(rows, window, now)).toEqual([
      {
        function: 'orders',
        count: 3,
        failed: 1,
        perMinute: expect.closeTo(3.05, 1),
        median: 20,
        p95: 90,
        slowest: 90,
      },
      {
        function: 'mail',
        count: 1,
        failed: 0,
        perMinute: expect.closeTo(1.02, 1),
        median: 5,
        p95: 5,
        slowest: 5,
      },
    ]);
  });
});
