// The inspector's API: the parameters of its list.
import * as v from 'valibot';
import type { RecordingQuery } from '../recordings/recording.ts';
import { sourceKinds } from '../session/source-kinds.ts';

/** Most rows of one answer, and how many there are by default. */
const mostRows = 1000;
const defaultRows = 100;

/** Keys of recordings, as they appear in URLs. */
export const keyPattern = /^[A-Za-z0-9-]{1,64}$/;

const isoTime = v.pipe(
  v.string(),
  v.maxLength(40),
  v.check(
    (text) => /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)),
    'must be an ISO 8601 time',
  ),
  v.transform((text) => new Date(text).toISOString()),
);

const limitMistake = `must be 1 to ${mostRows}`;

const querySchema = v.strictObject({
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,4}$/, limitMistake),
      v.transform(Number),
      v.minValue(1, limitMistake),
      v.maxValue(mostRows, limitMistake),
    ),
    String(defaultRows),
  ),
  before: v.optional(v.pipe(v.string(), v.regex(keyPattern, 'must be a key of the list'))),
  function: v.optional(v.pipe(v.string(), v.maxLength(200))),
  status: v.optional(v.picklist(['running', 'ok', 'error'], 'must be running, ok or error')),
  source: v.optional(v.picklist(sourceKinds, `must be one of ${sourceKinds.join(', ')}`)),
  text: v.optional(v.pipe(v.string(), v.maxLength(500))),
  since: v.optional(isoTime),
  until: v.optional(isoTime),
});

/** What is wrong with them, or the query. */
export function listQuery(
  parameters: URLSearchParams,
): (RecordingQuery & { readonly limit: number }) | { readonly mistake: string } {
  const names = [...parameters.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return { mistake: `${twice} is given twice` };
  const parsed = v.safeParse(querySchema, Object.fromEntries(parameters));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  return { mistake: `${v.getDotPath(issue) ?? 'query'}: ${issue.message}` };
}
