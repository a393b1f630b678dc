// Which settings of a stage's manifest the developer has agreed to on this machine: a private file (0600) for each stage
// and folder, which holds hashes only.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isPrivateFolder } from '../folders/private-folder.ts';
import { makeStateFolder, stateFolder } from '../folders/state-folder.ts';

/** What was agreed to holds for one stage, served from one folder. */
export interface AgreedPlace {
  readonly region: string;
  readonly tableName: string;
  readonly stage: string;
  /** Absolute. */
  readonly root: string;
}

const fileSchema = v.object({ version: v.literal(1), agreed: v.array(v.string()) });

/** The hashes of what was agreed to; none where nothing was, or the file can't be trusted. */
export function readAgreed(place: AgreedPlace): ReadonlySet<string> {
  try {
    const file = fileOf(stateFolder(), place);
    // What another user could have written says nothing.
    if (!isPrivateFolder(stateFolder())) return new Set();
    const parsed = v.safeParse(fileSchema, JSON.parse(readFileSync(file, 'utf8')));
    return new Set(parsed.success ? parsed.output.agreed : []);
  } catch {
    return new Set();
  }
}

/** Remembers these, and forgets all others of that place. Throws what the file system says. */
export function writeAgreed(place: AgreedPlace, agreed: readonly string[]): void {
  const folder = makeStateFolder();
  const draft = join(folder, `agreed-${randomBytes(8).toString('hex')}.tmp`);
  try {
    writeFileSync(draft, JSON.stringify({ version: 1, agreed }), { mode: 0o600, flag: 'wx' });
    renameSync(draft, fileOf(folder, place));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function fileOf(folder: string, { region, root, stage, tableName }: AgreedPlace): string {
  const key = JSON.stringify([region, tableName, stage, root]);
  return join(folder, `agreed-${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
}
