// The project that the current folder is a part of, as git and npm find theirs: the nearest livectl.json above it.
import { type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';

/** The manifest's usual name. */
const manifestName = 'livectl.json';

/**
 * The folder with livectl.json that is nearest above `folder`; undefined if the folder has one itself, or there is none up to the
 * repository's root or the home folder. A folder that others own or may write to ends the search: its livectl.json could
 * start programs here.
 */
export function projectAbove(folder: string): string | undefined {
  const home = homedir();
  let one = resolve(folder);
  if (statsOf(join(one, manifestName)) !== undefined) return undefined;
  while (statsOf(join(one, '.git')) === undefined && one !== home && dirname(one) !== one) {
    one = dirname(one);
    if (!isOwn(statsOf(one))) return undefined;
    const manifest = statsOf(join(one, manifestName));
    if (manifest !== undefined) return manifest.isFile() && isOwn(manifest) ? one : undefined;
  }
  return undefined;
}

/** Of this user, and not for everybody to write to. Windows has no such numbers. */
function isOwn(stats: Stats | undefined): boolean {
  const user = process.getuid?.();
  if (stats === undefined) return false;
  return user === undefined || (stats.uid === user && (stats.mode & 0o002) === 0);
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
