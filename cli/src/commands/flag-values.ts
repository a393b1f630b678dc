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
