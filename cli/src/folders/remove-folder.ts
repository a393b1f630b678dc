// Removes one of livectl's folders, and nothing outside of it, whatever links, other users' folders or mounts it contains.
import { chmodSync, lstatSync, readdirSync, rmdirSync, rmSync, type Stats, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { currentUser, type FolderUser } from './folder-user.ts';

/** A process that is being ended may still write; a later round removes what it leaves. */
const rounds = 3;

/**
 * Removes a real folder of this user's with its contents; anything else of that name is left as it is. Links are removed,
 * never followed; folders of other users and other file systems are not entered. No other user may be able to write to the
 * parent folder. Each folder is closed to others (0700) before it is read, so that nobody can replace what was just checked
 * by a link. Never throws; returns false if something is left.
 *
 * `rmSync` is not used: if it cannot remove a link, as in a sticky folder, that of Node 20 and 22 follows it.
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
    // Gone in the meantime, or not this user's to remove.
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
