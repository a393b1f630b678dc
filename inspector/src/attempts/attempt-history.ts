// Inspector page: how often the messages of an invocation were delivered to the function, and how each delivery ended.
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { sourceKinds } from '../../../cli/src/session/source-kinds.ts';

export interface Attempt {
  readonly row: InvocationSummary;
  /** From 1: what the source counts, else the place among the deliveries that are known. */
  readonly number: number;
  /** From the end of the delivery before it, in milliseconds; undefined of the first, and of a replay. */
  readonly afterMs: number | undefined;
  /** Of the messages of the row that is looked at, how many were in this delivery. */
  readonly shared: number;
  readonly isReplay: boolean;
}

/** How many are listed, newest last. */
const most = 100;

/** Sources that deliver a message again after a failure; an HTTP request is never repeated. */
const retrying: ReadonlySet<string> = new Set(
  sourceKinds.filter((kind) => kind !== 'http' && kind !== 'custom'),
);

/**
 * Those rows of the same function that have a message in common with `of`, oldest first, with `of` itself; replays of any of
 * them are among them. Empty if nothing else was delivered.
 */
export function attemptHistory(rows: Iterable<InvocationSummary>, of: InvocationSummary): readonly Attempt[] {
  const ids = new Set(of.source_ids ?? []);
  const isRetried = retrying.has(of.source) && ids.size > 0;
  const same: InvocationSummary[] = [];
  for (const row of rows) {
    if (row.function !== of.function) continue;
    const isRelated =
      row.key === of.key ||
      (isRetried && sharedIds(row, ids) > 0) ||
      // Lambda repeats an asynchronous invocation under the same request id.
      row.id === of.id ||
      row.replay_of === of.key ||
      row.key === of.replay_of ||
      (of.replay_of !== undefined && row.replay_of === of.replay_of);
    if (isRelated) same.push(row);
  }
  if (same.length < 2) return [];
  same.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.key < b.key ? -1 : 1));
  let place = 0;
  let endMs: number | undefined;
  const attempts = same.map((row): Attempt => {
    const isReplay = row.replay_of !== undefined;
    const atMs = Date.parse(row.at);
    const shared = sharedIds(row, ids);
    if (isReplay)
      return { row, number: row.attempt ?? Math.max(1, place), afterMs: undefined, shared, isReplay };
    place += 1;
    const number = Math.max(place, row.attempt ?? 0);
    place = number;
    const afterMs = endMs === undefined ? undefined : Math.max(0, atMs - endMs);
    endMs = atMs + row.ms;
    return { row, number, afterMs, shared, isReplay };
  });
  return attempts.slice(-most);
}

function sharedIds(row: InvocationSummary, ids: ReadonlySet<string>): number {
  return row.source_ids?.reduce((count, id) => count + (ids.has(id) ? 1 : 0), 0) ?? 0;
}
