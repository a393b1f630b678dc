// Small private files (0600) that are written atomically, and those in the state folder that carry something over from one
// start to the next.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as v from 'valibot';
import { parseJsonAs } from '../../../protocol/json.ts';
import { isPrivateFolder } from './private-folder.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';

/** A reader sees either the old content or all of the new. On failure throws the file system's error and leaves no file. */
export function writePrivateFile(file: string, text: string): void {
  const draft = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** What a file in the state folder is about: its name begins with `kind` and ends with a hash of `key`. */
export interface Memory {
  readonly kind: string;
  readonly key: readonly string[];
}

/** Undefined if there is none, if it does not fit the schema, or if another user could have written it. */
export function recall<Content>(
  memory: Memory,
  schema: v.GenericSchema<unknown, Content>,
): Content | undefined {
  try {
    if (!isPrivateFolder(stateFolder())) return undefined;
    const text = readFileSync(fileOf(stateFolder(), memory), 'utf8');
    return parseJsonAs(schema, text);
  } catch {
    return undefined;
  }
}

/** Replaces the previous content. Throws the file system's error. */
export function remember(memory: Memory, content: object): void {
  writePrivateFile(fileOf(makeStateFolder(), memory), JSON.stringify(content));
}

function fileOf(folder: string, { key, kind }: Memory): string {
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32);
  return join(folder, `${kind}-${hash}.json`);
}
