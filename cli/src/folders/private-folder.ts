// Folders that no other user of this machine can read, write or replace.
import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { currentUser, type FolderUser } from './folder-user.ts';
import { unsafePart } from './safe-path.ts';

/**
 * Creates the folder or uses an existing one, and makes it private (0700). A link is followed if both it and its target
 * belong to this user. Throws if the folder is another user's, if another user could replace it, or the file system's error.
 * Windows has no such modes: there a folder is as private as its parent.
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

/** Whether the path is a real folder (not a link) of this user's that is closed to all others. Never throws. */
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
