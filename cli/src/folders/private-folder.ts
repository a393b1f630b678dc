// Folders that no other user of this machine can read, write, or put another one in the place of.
import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { currentUser, type FolderUser } from './folder-user.ts';
import { unsafePart } from './safe-path.ts';

/**
 * Creates the folder, or takes the one that is there, and makes it private (0700). A link is followed where it and what
 * it leads to are this user's. Throws where it is another user's, where one could replace it, or what the file system
 * says. Windows has no such modes: there a folder is as private as the one above it.
 */
export function makePrivateFolder(folder: string, user: FolderUser | undefined = currentUser()): void {
  const before = unsafePart(dirname(folder), user);
  if (before !== undefined) throw new Error(before);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user === undefined) return;
  const real = realpathSync(folder);
  const { mode, uid } = lstatSync(real);
  if (uid !== user.uid) throw new Error(`${folder} is another user's`);
  if ((mode & 0o077) !== 0) chmodSync(real, 0o700);
  const problem = unsafePart(folder, user);
  if (problem !== undefined) throw new Error(problem);
}

/** Whether a folder is there, real and not a link, this user's, and closed to all others. Never throws. */
export function isPrivateFolder(folder: string, user: FolderUser | undefined = currentUser()): boolean {
  try {
    const stats = lstatSync(folder);
    if (!stats.isDirectory()) return false;
    if (user === undefined) return true;
    return (
      stats.uid === user.uid && (stats.mode & 0o077) === 0 && unsafePart(dirname(folder), user) === undefined
    );
  } catch {
    return false;
  }
}
