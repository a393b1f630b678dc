// Removes a folder of livectl's own: nothing outside of it, whatever links, other users' folders or mounts it holds.
import { chmodSync, lstatSync, readdirSync, rmdirSync, rmSync, type Stats, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { currentUser, type FolderUser } from './folder-user.ts';

/** A process that is being ended may still write: what it leaves after the first time is removed at the second. */
const rounds = 3;

/**
 * Removes a real folder of this user's and all in it; anything else of that name is left as it is. Links are removed,
 * never followed; folders of other users and other file systems are not entered. The folder above must be one that no
 * other user can write to: each folder is closed to them (0700) before it is read, so that nobody can put a link in the
 * place of what has just been looked at. Never throws; false where something is left.
 *
 * `rmSync` is not used: where a link can't be removed, as in a sticky folder, that of Node 20 and 22 goes through it.
 */
export function removeFolder(folder: string, user: FolderUser | undefined = currentUser()): boolean {
  try {
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) return true;
    if (!stats.isDirectory()) return false;
    // Windows: the folder is in its user's own profile.
    if (user === undefined) {
      rmSync(folder, { recursive: true, force: true });
      return true;
    }
    for (let round = 0; round < rounds; round++) {
      if (removed(folder, stats, user, stats.dev)) return true;
    }
  } catch {
    // Gone meanwhile, or not this user's to remove.
  }
  return false;
}

function removed(folder: string, stats: Stats, user: FolderUser, device: number): boolean {
  if (stats.uid !== user.uid || stats.dev !== device) return false;
  if ((stats.mode & 0o7777) !== 0o700) chmodSync(folder, 0o700);
  let isEmpty = true;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    try {
      const inner = lstatSync(path);
      if (inner.isDirectory()) isEmpty = removed(path, inner, user, device) && isEmpty;
      else unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') isEmpty = false;
    }
  }
  if (!isEmpty) return false;
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
