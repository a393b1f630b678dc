// How a client's filter is shown: as its user wrote it.
import * as v from 'valibot';
import type { ClientItem } from './directory.ts';
import { parseJsonAs } from './json.ts';

/** Characters shown of a filter; a pattern may be longer. */
export const longestOnly = 200;

const words = v.object({ only: v.pipe(v.string(), v.maxLength(longestOnly)) });

/** How a client's filter was written, from its item; undefined where it serves everything. */
export function onlyOf({ filter }: Pick<ClientItem, 'filter'>): string | undefined {
  if (filter === undefined) return undefined;
  return parseJsonAs(words, filter)?.only ?? 'a filter of another version';
}
