// [5] What a runtime client of ours reports that its function has loaded: the files to watch besides those a build knows.
import * as v from 'valibot';
import { parseJsonAs } from '../../../protocol/json.ts';

/** More than any function loads at its start; a report beyond it is dropped. */
const maxPaths = 20_000;
const paths = v.pipe(v.array(v.pipe(v.string(), v.maxLength(4096))), v.maxLength(maxPaths));

const reportSchema = v.object({
  /** Modules, and files read while the handler was loaded, also those that were not there; absolute. */
  files: paths,
  /** Folders whose names were read while the handler was loaded; absolute. */
  folders: paths,
  /** All modules are among the files; otherwise ES modules may be missing. */
  complete: v.boolean(),
  /** The handler could not be loaded. */
  failed: v.optional(v.boolean(), false),
});

/** What a worker has loaded so far, of one build of a function. */
export type LoadedFiles = v.InferOutput<typeof reportSchema>;

/** Parses the body of `POST /livectl/loaded`; undefined where it is no such report, e.g. one that function code made up. */
export function parseLoadedFiles(body: Uint8Array): LoadedFiles | undefined {
  return parseJsonAs(reportSchema, body);
}
