// [5] The files that a function has loaded, as our runtime clients report them: to be watched besides those of the build.
import * as v from 'valibot';
import { parseJsonAs } from '../../../protocol/json.ts';

/** More than any function loads at its start; larger reports are dropped. */
const maxPaths = 20_000;
const paths = v.pipe(v.array(v.pipe(v.string(), v.maxLength(4096))), v.maxLength(maxPaths));

const reportSchema = v.object({
  /** Modules, and files read while the handler was loaded, even if they did not exist; absolute. */
  files: paths,
  /** Folders listed while the handler was loaded; absolute. */
  folders: paths,
  /** Whether the files include all modules; otherwise ES modules may be missing. */
  complete: v.boolean(),
  /** The handler could not be loaded. */
  failed: v.optional(v.boolean(), false),
});

/** What a worker has loaded so far from one build of a function. */
export type LoadedFiles = v.InferOutput<typeof reportSchema>;

/** Parses the body of `POST /livectl/loaded`; undefined if it is not a valid report, e.g. one that function code sent. */
export function parseLoadedFiles(body: Uint8Array): LoadedFiles | undefined {
  return parseJsonAs(reportSchema, body);
}
