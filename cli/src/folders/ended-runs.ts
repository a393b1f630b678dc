// Removes what livectls that ended without cleaning up, such as killed ones, left in a private folder.
import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { removeFolder } from './remove-folder.ts';
import { hasEnded, lockFile, runIdPattern, silenceMs } from './run-lock.ts';

/**
 * Removes everything in the folder named for a run that has ended: `<id>` and `<id>.<anything>`. The folder must be private.
 * Never rejects.
 */
export async function removeEnded(folder: string): Promise<void> {
  for (const [id, names] of byRun(folder)) {
    const [first = ''] = names;
    if (!(await hasEnded(folder, id, join(folder, first)).catch(() => false))) continue;
    for (const name of names) if (name !== `${id}.lock`) remove(join(folder, name));
    remove(lockFile(folder, id));
  }
}

function byRun(folder: string): Map<string, string[]> {
  const runs = new Map<string, string[]>();
  for (const name of namesIn(folder)) {
    const [id = '', kind] = name.split('.', 2);
    if (!runIdPattern.test(id)) continue;
    // A lock in creation. One that was never taken is removed once it is old.
    if (kind === 'new' && !isOld(join(folder, name))) continue;
    runs.set(id, [...(runs.get(id) ?? []), name]);
  }
  return runs;
}

function isOld(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.mtimeMs < systemClock.now() - silenceMs;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function remove(path: string): void {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) removeFolder(path);
    else if (stats !== undefined) unlinkSync(path);
  } catch {
    // Gone in the meantime.
  }
}
