// Parses the values of flags; anything invalid is a usage error.
import { UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';

/** Throws a UsageError for anything but the two formats. */
export function formatOf(format: string): OutputFormat {
  if (format === 'pretty' || format === 'json') return format;
  throw new UsageError(`--format must be pretty or json, not ${format}`);
}

/** Throws a UsageError for anything but digits within the bounds. */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${flag} must be a whole number from ${least} to ${most}, not ${text}`);
}

/** Copies a second of `--sample`, written as `10/s`. Throws a UsageError for anything else, and beyond 0.1 to 1,000. */
export function sampleRate(text: string): number {
  const value = Number(/^(\d{1,4}(?:\.\d{1,3})?)\/s$/.exec(text)?.[1] ?? Number.NaN);
  if (value >= 0.1 && value <= 1000) return value;
  throw new UsageError(`--sample must be 0.1/s to 1000/s, for example 10/s, not ${text}`);
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** ISO 8601 of a time, or of an age before `nowMs`: `30m`, `2h`, `7d`. Throws a UsageError for anything else. */
export function sinceTime(text: string, nowMs: number): string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined)
    return new Date(nowMs - Number(count) * unitMs[unit as keyof typeof unitMs]).toISOString();
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new UsageError(`--since must be a time, e.g. 2026-11-27T09:00, or an age, e.g. 30m, not ${text}`);
  return new Date(ms).toISOString();
}
