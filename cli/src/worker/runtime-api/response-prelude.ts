// [5] The beginning of a streamed HTTP response: status, headers and cookies as JSON, then eight NUL bytes.
import * as v from 'valibot';

/** The content type of a response with a prelude. */
export const preludeContentType = 'application/vnd.awslambda.http-integration-response';

/** API Gateway requires all of it within the first 16 KB. */
const maxPreludeBytes = 16 * 1024;

const delimiter = Buffer.alloc(8);

const preludeSchema = v.looseObject({
  statusCode: v.optional(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599)), 200),
  headers: v.nullish(v.record(v.string(), v.unknown()), {}),
  cookies: v.nullish(v.array(v.string()), []),
});
/** The fault of a response that ends before its prelude is complete. */
export const unfinishedPrelude =
  'the streamed response ended before its metadata was complete; write to the stream before it is ended';

const wanted: Readonly<Record<string, string>> = {
  statusCode: 'write a whole number from 100 to 599',
  headers: 'write an object of names and values',
  cookies: 'write an array of strings',
};
type Prelude = v.InferOutput<typeof preludeSchema>;

/** The prelude and where the body begins; undefined while the delimiter is missing; a fault for anything else. */
export function readPrelude(
  start: Buffer,
): { readonly prelude: Prelude; readonly bodyAt: number } | { readonly fault: string } | undefined {
  const end = start.indexOf(delimiter);
  if (end < 0) {
    if (start.length <= maxPreludeBytes) return undefined;
    return {
      fault: 'the metadata of the streamed response must be JSON, followed by eight NUL bytes within 16 KB',
    };
  }
  const parsed = v.safeParse(
    v.pipe(v.string(), v.parseJson(), preludeSchema),
    start.toString('utf8', 0, end),
  );
  if (parsed.success) return { prelude: parsed.output, bodyAt: end + delimiter.length };
  const [issue] = parsed.issues;
  const field = issue.path?.map(({ key }) => String(key)).join('.');
  if (field === undefined) return { fault: 'the metadata of the streamed response must be a JSON object' };
  return {
    fault: `${field} of the streamed response is not valid: ${wanted[field.split('.')[0] ?? ''] ?? issue.message}`,
  };
}
