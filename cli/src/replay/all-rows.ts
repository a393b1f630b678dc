// Recordings beyond one page.
import type { InvocationSummary, RecordingQuery, Recordings } from '../recordings/recording.ts';

/** Most rows of one answer of the inspector's API. */
const pageRows = 1000;

/** Newest first, at most `limit`, page by page. */
export async function* rowsOf(
  recordings: Recordings,
  { limit = Number.POSITIVE_INFINITY, ...query }: Omit<RecordingQuery, 'before'>,
): AsyncGenerator<InvocationSummary> {
  let before: string | undefined;
  for (let left = limit; left > 0; ) {
    const wanted = Math.min(left, pageRows);
    const rows = await recordings.list({ ...query, before, limit: wanted });
    yield* rows;
    before = rows.at(-1)?.key;
    left -= rows.length;
    if (rows.length < wanted || before === undefined) return;
  }
}
