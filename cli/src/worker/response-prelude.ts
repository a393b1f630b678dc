// [5] What a streamed HTTP response begins with: status, headers and cookies as JSON, then eight NUL bytes.
import * as v from 'valibot';

/** The content type of a response that begins so. */
export const preludeContentType = 'application/vnd.awslambda.http-integration-response';

/** API Gateway wants all of it within the first 16 KB. */
export const maxPreludeBytes = 16 * 1024;

const delimiter = Buffer.alloc(8);

const preludeSchema = v.looseObject({
  statusCode: v.optional(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599)), 200),
  headers: v.nullish(v.record(v.string(), v.unknown()), {}),
  cookies: v.nullish(v.array(v.string()), []),
});
export type Prelude = v.InferOutput<typeof preludeSchema>;

/** The prelude and where the body begins; undefined while the delimiter isn't there yet, `malformed` for anything else. */
export function readPrelude(
  start: Buffer,
): { readonly prelude: Prelude; readonly bodyAt: number } | 'malformed' | undefined {
  const end = start.indexOf(delimiter);
  if (end < 0) return start.length > maxPreludeBytes ? 'malformed' : undefined;
  const parsed = v.safeParse(
    v.pipe(v.string(), v.parseJson(), preludeSchema),
    start.toString('utf8', 0, end),
  );
  return parsed.success ? { prelude: parsed.output, bodyAt: end + delimiter.length } : 'malformed';
}
