// Which recordings a query asks for.
import type { InvocationSummary, RecordingQuery } from './recording.ts';

const defaultLimit = 100;

/** `rows` from the newest to the oldest; reads no more of them than it needs. */
export function select(rows: Iterable<InvocationSummary>, query: RecordingQuery): InvocationSummary[] {
  const { limit = defaultLimit } = query;
  const matches = matcher(query);
  const selected: InvocationSummary[] = [];
  if (limit <= 0) return selected;
  for (const row of rows) {
    if (!matches(row)) continue;
    selected.push(row);
    if (selected.length >= limit) break;
  }
  return selected;
}

/** Whether a row fits everything in a query but its limit. */
export function matcher(query: RecordingQuery): (row: InvocationSummary) => boolean {
  const { before, source, status } = query;
  const text = query.text?.toLowerCase();
  const since = timeOf(query.since);
  const until = timeOf(query.until);
  return (row) => {
    if (before !== undefined && row.key >= before) return false;
    if (query.function !== undefined && row.function !== query.function) return false;
    if (status !== undefined && row.status !== status) return false;
    if (source !== undefined && row.source !== source) return false;
    if (since !== undefined && Date.parse(row.at) < since) return false;
    if (until !== undefined && Date.parse(row.at) >= until) return false;
    return text === undefined || textsOf(row).some((each) => each.toLowerCase().includes(text));
  };
}

function textsOf({ error, function: name, id, key, source_ids = [], trigger }: InvocationSummary): string[] {
  return [id, name, trigger, key, ...source_ids, error?.name ?? '', error?.message ?? ''];
}

function timeOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
