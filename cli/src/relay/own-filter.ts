// [3] A filter that this process serves by: its id, and what its item holds.
import { createHash } from 'node:crypto';
import type { FilterText } from '../../../protocol/event-filter.ts';
import { longestOnly } from '../../../protocol/filter-words.ts';

/** A filter of this process. */
export interface OwnFilter {
  /** The same for filters that ask for the same, however they were written: part of the item's key. */
  readonly id: string;
  /** As the user wrote it. */
  readonly only: string;
  /** What the item holds. */
  readonly text: string;
}

export function ownFilter(filter: FilterText): OwnFilter {
  const { event, facts, only } = filter;
  const id = createHash('sha256').update(sorted({ event, facts })).digest('hex').slice(0, 16);
  const shown = only.length > longestOnly ? `${only.slice(0, longestOnly - 1)}…` : only;
  return { id, only: shown, text: JSON.stringify({ ...filter, only: shown }) };
}

/** JSON with names in order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}
