// Inspector page: what an invocation can be compared with.
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';

export interface Candidate {
  readonly row: InvocationSummary;
  readonly why: 'chosen' | 'original' | 'replay' | 'same event' | 'same trigger' | 'same function';
}

const most = 50;

/**
 * The best first: what the user chose, the recording that was replayed, its replays, then others of the function, newest first, before
 * them those with the same trigger.
 */
export function candidates(
  rows: readonly InvocationSummary[],
  of: InvocationSummary,
  chosen: InvocationSummary | undefined,
): readonly Candidate[] {
  const found: Candidate[] = [];
  if (chosen && chosen.key !== of.key) found.push({ row: chosen, why: 'chosen' });
  const related: Candidate[] = [];
  const alike: Candidate[] = [];
  const others: Candidate[] = [];
  for (const row of rows) {
    if (row.function !== of.function || row.key === of.key || row.key === chosen?.key) continue;
    if (row.key === of.replay_of) found.push({ row, why: 'original' });
    else if (row.replay_of === of.key) related.push({ row, why: 'replay' });
    else if (of.replay_of !== undefined && row.replay_of === of.replay_of)
      related.push({ row, why: 'same event' });
    else if (row.status === 'running') continue;
    else if (row.trigger === of.trigger) alike.push({ row, why: 'same trigger' });
    else others.push({ row, why: 'same function' });
  }
  return [...found, ...related, ...alike, ...others].slice(0, most);
}
