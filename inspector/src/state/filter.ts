// Inspector page: which of the rows are shown.
import type { InvocationSummary, SourceKind } from '../../../cli/src/recordings/recording.ts';

export interface Filter {
  readonly function?: string;
  readonly status?: InvocationSummary['status'];
  readonly source?: SourceKind;
  /** Anywhere in the row's texts, whatever the case. */
  readonly text?: string;
  /** Minutes until now. */
  readonly last?: number;
  /** ISO 8601; `since` inclusive, `until` exclusive. */
  readonly since?: string;
  readonly until?: string;
}

export const statuses: readonly InvocationSummary['status'][] = ['running', 'ok', 'error'];

export function isEmptyFilter(filter: Filter): boolean {
  return Object.values(filter).every((value) => value === undefined || value === '');
}

/** Same order. `now`: milliseconds since the epoch. */
export function filterRows(
  rows: readonly InvocationSummary[],
  filter: Filter,
  now: number,
): readonly InvocationSummary[] {
  if (isEmptyFilter(filter)) return rows;
  const text = filter.text?.toLowerCase();
  const since = earliest(filter, now);
  const until = filter.until === undefined ? undefined : isoTime(filter.until);
  return rows.filter(
    (row) =>
      (filter.function === undefined || row.function === filter.function) &&
      (filter.status === undefined || row.status === filter.status) &&
      (filter.source === undefined || row.source === filter.source) &&
      (since === undefined || row.at >= since) &&
      (until === undefined || row.at < until) &&
      (!text || hasText(row, text)),
  );
}

/** ISO texts in UTC with milliseconds compare as their times do. */
function isoTime(text: string): string | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

function earliest({ last, since }: Filter, now: number): string | undefined {
  const times = [
    last === undefined ? undefined : new Date(now - last * 60_000).toISOString(),
    since === undefined ? undefined : isoTime(since),
  ].filter((time) => time !== undefined);
  return times.sort().at(-1);
}

function hasText(row: InvocationSummary, text: string): boolean {
  const has = (part: string | undefined) => part?.toLowerCase().includes(text) ?? false;
  return (
    has(row.id) ||
    has(row.key) ||
    has(row.function) ||
    has(row.trigger) ||
    has(row.error?.name) ||
    has(row.error?.message)
  );
}
