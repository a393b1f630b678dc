// What a running `serve` writes down for `trigger` and `invoke` on the same machine: a private file (0600), which
// goes when it ends and is recognised as stale when it was killed.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { triggerTargetsSchema } from '../manifest/trigger-targets.ts';
import { processIsGone } from '../process-is-gone.ts';
import { isOwn, makeStateFolder, stateFolder } from './state-folder.ts';

/** A later livectl may write other fields: its number is raised where an earlier one could not read them. */
const stateVersion = 1;

const localPlaceSchema = v.object({
  kind: v.literal('local'),
  /** The AWS endpoint of the local cloud. */
  endpoint: v.string(),
  region: v.string(),
  credentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string(), sessionToken: v.string() }),
  targets: v.record(v.string(), triggerTargetsSchema),
});

const stagePlaceSchema = v.object({
  kind: v.literal('stage'),
  stage: v.string(),
  /** Table and Region tell stages of the same name apart. */
  table: v.string(),
  region: v.string(),
});

const stateSchema = v.object({
  version: v.literal(stateVersion),
  pid: v.number(),
  /** ISO 8601. */
  since: v.string(),
  control: v.object({ url: v.string(), token: v.string() }),
  /** Real path of the folder of `--root`. */
  root: v.string(),
  /** Real path of livectl.json; of a stage on AWS, words for where it is. */
  manifest: v.string(),
  functions: v.array(v.string()),
  place: v.variant('kind', [localPlaceSchema, stagePlaceSchema]),
});

export type LocalPlace = v.InferOutput<typeof localPlaceSchema>;
export type ServeState = v.InferOutput<typeof stateSchema>;

/** One running `serve`, and the file that says so. */
export interface RunningServe extends ServeState {
  readonly file: string;
}

/** Writes the file; call the returned function to remove it. Throws what the file system says. */
export function writeServeState(state: Omit<ServeState, 'version' | 'pid'>): () => void {
  const folder = makeStateFolder();
  removeStale(folder);
  const name = `serve-${process.pid}-${randomBytes(4).toString('hex')}`;
  const file = join(folder, `${name}.json`);
  const draft = join(folder, `${name}.tmp`);
  const content = JSON.stringify({ version: stateVersion, pid: process.pid, ...state });
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  // Whoever looks while it is written sees all of it or nothing.
  renameSync(draft, file);
  return () => rmSync(file, { force: true });
}

/** Every `serve` of this user that is running, the latest first. Files of other versions are passed over. */
export function readServeStates(): RunningServe[] {
  const folder = stateFolder();
  removeStale(folder);
  return filesIn(folder)
    .map(({ path }) => read(path))
    .filter((state) => state !== undefined)
    .sort((one, other) => (one.since < other.since ? 1 : -1));
}

/** Removes the file of one that does not answer: its process id is another program's by now. */
export function forgetServe({ file }: RunningServe): void {
  rmSync(file, { force: true });
}

/** What a killed `serve` left, also a half-written one. */
function removeStale(folder: string): void {
  for (const { path, pid } of filesIn(folder)) {
    if (processIsGone(pid)) rmSync(path, { force: true });
  }
}

function filesIn(folder: string): { readonly path: string; readonly pid: number }[] {
  return namesIn(folder).flatMap((name) => {
    const [, pid] = /^serve-(\d+)-[0-9a-f]{8}\.(json|tmp)$/.exec(name) ?? [];
    return pid === undefined ? [] : [{ path: join(folder, name), pid: Number(pid) }];
  });
}

function namesIn(folder: string): string[] {
  try {
    return isOwn(folder) ? readdirSync(folder) : [];
  } catch {
    // Nobody has served yet, or the folder can't be read: nobody is found.
    return [];
  }
}

function read(path: string): RunningServe | undefined {
  if (!path.endsWith('.json')) return undefined;
  try {
    const parsed = v.safeParse(stateSchema, JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? { ...parsed.output, file: path } : undefined;
  } catch {
    // Gone meanwhile.
    return undefined;
  }
}
