// Inspector page: durations and rates of invocations over time, in a fixed number of buckets, whatever the number of rows.
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';

/** One value per bucket; null where nothing was invoked, which leaves a gap in a line. */
export interface Series {
  /** Beginning of each bucket, in seconds since the epoch. */
  readonly at: readonly number[];
  readonly ok: readonly number[];
  readonly failed: readonly number[];
  readonly median: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly slowest: readonly (number | null)[];
}

/** One function over the whole window. */
export interface FunctionFigures {
  readonly function: string;
  readonly count: number;
  readonly failed: number;
  readonly perMinute: number;
  /** In milliseconds; undefined if none has ended. */
  readonly median: number | undefined;
  readonly p95: number | undefined;
  readonly slowest: number | undefined;
}

export interface Window {
  readonly fromMs: number;
  readonly bucketMs: number;
  readonly buckets: number;
}

/** The last `spanMs` in `buckets` steps that begin at round times, so that a bucket keeps its rows while time passes. */
export function windowUntil(nowMs: number, spanMs: number, buckets: number): Window {
  const bucketMs = spanMs / buckets;
  const end = (Math.floor(nowMs / bucketMs) + 1) * bucketMs;
  return { fromMs: end - spanMs, bucketMs, buckets };
}

/** Of one function, or of all if none is given. Replays are left out: nobody but the developer invoked them. */
export function series(rows: Iterable<InvocationSummary>, window: Window, functionName?: string): Series {
  const counts = Array.from({ length: window.buckets }, () => ({ ok: 0, failed: 0, times: [] as number[] }));
  for (const [row, index] of rowsIn(rows, window)) {
    if (functionName !== undefined && row.function !== functionName) continue;
    const bucket = counts[index];
    if (bucket === undefined) continue;
    if (row.status === 'error') bucket.failed += 1;
    else bucket.ok += 1;
    if (row.status !== 'running') bucket.times.push(row.ms);
  }
  const sorted = counts.map(({ times }) => times.sort((a, b) => a - b));
  return {
    at: counts.map((_, index) => (window.fromMs + index * window.bucketMs) / 1000),
    ok: counts.map(({ ok }) => ok),
    failed: counts.map(({ failed }) => failed),
    median: sorted.map((times) => quantile(times, 0.5) ?? null),
    p95: sorted.map((times) => quantile(times, 0.95) ?? null),
    slowest: sorted.map((times) => times.at(-1) ?? null),
  };
}

/** Of every function with an invocation in the window, the busiest first. */
export function figures(rows: Iterable<InvocationSummary>, window: Window, nowMs: number): FunctionFigures[] {
  const found = new Map<string, { count: number; failed: number; times: number[] }>();
  for (const [row] of rowsIn(rows, window)) {
    let of = found.get(row.function);
    if (of === undefined) {
      of = { count: 0, failed: 0, times: [] };
      found.set(row.function, of);
    }
    of.count += 1;
    if (row.status === 'error') of.failed += 1;
    if (row.status !== 'running') of.times.push(row.ms);
  }
  const minutes = Math.max(1000, nowMs - window.fromMs) / 60_000;
  return [...found]
    .map(([name, { count, failed, times }]) => {
      times.sort((a, b) => a - b);
      return {
        function: name,
        count,
        failed,
        perMinute: count / minutes,
        median: quantile(times, 0.5),
        p95: quantile(times, 0.95),
        slowest: times.at(-1),
      };
    })
    .sort((a, b) => b.count - a.count || (a.function < b.function ? -1 : 1));
}

/** The rows whose time is in the window, each with its bucket. */
function* rowsIn(
  rows: Iterable<InvocationSummary>,
  { fromMs, bucketMs, buckets }: Window,
): Generator<readonly [InvocationSummary, number]> {
  for (const row of rows) {
    if (row.replay_of !== undefined) continue;
    const index = Math.floor((Date.parse(row.at) - fromMs) / bucketMs);
    if (index >= 0 && index < buckets) yield [row, index];
  }
}

/** Nearest rank; `sorted` ascends. */
function quantile(sorted: readonly number[], part: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
}
