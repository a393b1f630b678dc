// The folder in a project for what livectl writes there: builds, and recordings of invocations.
import { chmodSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

/**
 * `.livectl`, or `.livectl-<uid>` if that is another user's, as in a project shared by two users or by a container and its
 * host. Throws LD_CONFIG if neither is a real folder of this user's.
 */
export function projectFolder(root: string): string {
  const names = ['.livectl', `.livectl-${process.getuid?.() ?? 0}`];
  const paths = names.map((name) => join(root, name));
  const usable = paths.find((path) => isOwnFolder(path) || !lstatSync(path, { throwIfNoEntry: false }));
  if (usable !== undefined) return usable;
  throw new LiveDebugError('LD_CONFIG', `${paths.join(' and ')} are not folders of this user`, {
    remedy: 'remove one of them: livectl creates it again',
  });
}

/** From now on nobody else may put anything in it, so that only our own files are removed later. */
export function makeProjectFolder(parent: string): void {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  if (!isOwnFolder(parent)) {
    throw new LiveDebugError('LD_CONFIG', `${parent} is not a folder of this user`, {
      remedy: 'remove it: livectl creates it again',
    });
  }
  if (process.platform !== 'win32' && (lstatSync(parent).mode & 0o777) !== 0o700) chmodSync(parent, 0o700);
  const ignoreFile = join(parent, '.gitignore');
  if (!lstatSync(ignoreFile, { throwIfNoEntry: false })) writeFileSync(ignoreFile, '*\n', { flag: 'wx' });
}

/** A real folder, not a link to one. */
export function isOwnFolder(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && (process.getuid === undefined || stats.uid === process.getuid());
}
