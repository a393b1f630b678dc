// Where a stage's relay was last time: a private file (0600), so that the way there can be opened before the manifest has
// been read. What the manifest says counts.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isPrivateFolder } from '../folders/private-folder.ts';
import { makeStateFolder, stateFolder } from '../folders/state-folder.ts';

/** Whose relay it is. */
export interface RelayOwner {
  readonly region: string;
  /** DynamoDB's, or an emulator's. */
  readonly endpoint: string;
  readonly tableName: string;
  readonly stage: string;
}

const fileSchema = v.object({ version: v.literal(1), url: v.pipe(v.string(), v.maxLength(2048), v.url()) });

/** Its stage URL; undefined where it isn't known, or the file can't be trusted. */
export function readKnownRelay(owner: RelayOwner): string | undefined {
  try {
    // What another user could have written says nothing.
    if (!isPrivateFolder(stateFolder())) return undefined;
    const parsed = v.safeParse(fileSchema, JSON.parse(readFileSync(fileOf(stateFolder(), owner), 'utf8')));
    return parsed.success ? parsed.output.url : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers it. Does nothing where that is not possible: the next start takes longer. */
export function writeKnownRelay(owner: RelayOwner, url: string): void {
  let draft: string | undefined;
  try {
    const folder = makeStateFolder();
    draft = join(folder, `relay-${randomBytes(8).toString('hex')}.tmp`);
    writeFileSync(draft, JSON.stringify({ version: 1, url }), { mode: 0o600, flag: 'wx' });
    renameSync(draft, fileOf(folder, owner));
  } catch {
    if (draft !== undefined) rmSync(draft, { force: true });
  }
}

function fileOf(folder: string, { endpoint, region, stage, tableName }: RelayOwner): string {
  const key = JSON.stringify([region, endpoint, tableName, stage]);
  return join(folder, `relay-${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
}
