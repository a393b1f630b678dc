// What a running `serve` records for `trigger` and `invoke` on the same machine: a private file (0600), removed when serve
// ends, and valid only while its lock is held.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { removeEnded } from '../folders/ended-runs.ts';
import { writePrivateFile } from '../folders/private-file.ts';
import { isPrivateFolder, makePrivateFolder } from '../folders/private-folder.ts';
import { holdLock } from '../folders/run-lock.ts';
import { makeStateFolder, stateFolder } from '../folders/state-folder.ts';
import { fallbackSchema } from '../manifest/fallback.ts';
import { triggerTargetsSchema } from '../manifest/trigger-targets.ts';

/** Raised when a later livectl writes fields that an earlier one cannot read. */
const stateVersion = 1;

const localCloudSchema = v.object({
  kind: v.literal('local'),
  /** The AWS endpoint of the local cloud. */
  endpoint: v.string(),
  region: v.string(),
  credentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string(), sessionToken: v.string() }),
  targets: v.record(v.string(), triggerTargetsSchema),
  /** By function; absent if written by a livectl without fallbacks. */
  fallbacks: v.optional(v.record(v.string(), fallbackSchema), {}),
  /** By function that has one; absent if written by a livectl without qualifiers. */
  qualifiers: v.optional(v.record(v.string(), v.string()), {}),
});

const awsStageSchema = v.object({
  kind: v.literal('stage'),
  stage: v.string(),
  /** Table and Region distinguish stages of the same name. */
  table: v.string(),
  region: v.string(),
});

const stateSchema = v.object({
  version: v.literal(stateVersion),
  /** For people only: it is meaningless in another container. */
  pid: v.number(),
  /** ISO 8601. */
  since: v.string(),
  control: v.object({ url: v.string(), token: v.string() }),
  /** Its API admits the same token; absent with `--no-inspector`, or if written by a livectl without one. */
  inspector: v.optional(v.object({ url: v.string() })),
  /** Real path of the folder of `--root`. */
  root: v.string(),
  /** Real path of livectl.json; for a stage on AWS, a description of its source. */
  manifest: v.string(),
  functions: v.array(v.string()),
  place: v.variant('kind', [localCloudSchema, awsStageSchema]),
});

export type LocalCloud = v.InferOutput<typeof localCloudSchema>;
export type ServeState = v.InferOutput<typeof stateSchema>;

/** A running `serve` and its state file. */
export interface RunningServe extends ServeState {
  readonly file: string;
}

/** The folder of the files and of their locks, which show whose livectl is still running. Private, as is its parent. */
function runsFolder(): string {
  return join(stateFolder(), 'run');
}

/** Writes the file; call the returned function to remove it. Rejects with the file system's error. */
export async function writeServeState(state: Omit<ServeState, 'version' | 'pid'>): Promise<() => void> {
  makeStateFolder();
  const folder = runsFolder();
  makePrivateFolder(folder);
  await removeEnded(folder);
  const lock = await holdLock(folder);
  const file = join(folder, `${lock.id}.json`);
  const remove = () => {
    process.off('exit', remove);
    rmSync(file, { force: true });
    lock.release();
  };
  // A second Ctrl-C leaves no time for other cleanup.
  process.once('exit', remove);
  const content = JSON.stringify({ version: stateVersion, pid: process.pid, ...state });
  try {
    writePrivateFile(file, content);
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

/**
 * Every running `serve` of this user, latest first, in this container or in another one that shares the folder. Files of
 * other versions are skipped.
 */
export async function readServeStates(): Promise<RunningServe[]> {
  const folder = runsFolder();
  if (!isPrivateFolder(folder)) return [];
  await removeEnded(folder);
  return namesIn(folder)
    .map((name) => read(join(folder, name)))
    .filter((state) => state !== undefined)
    .sort((one, other) => (one.since < other.since ? 1 : -1));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    // The folder cannot be read, so nothing is found.
    return [];
  }
}

function read(path: string): RunningServe | undefined {
  try {
    const parsed = v.safeParse(stateSchema, JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? { ...parsed.output, file: path } : undefined;
  } catch {
    // Gone in the meantime.
    return undefined;
  }
}
