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
