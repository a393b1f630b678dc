// What is at a path of the manifest, which may be anything that somebody wrote there.
import { statSync } from 'node:fs';

/** Links are followed. Undefined where nothing is, or nothing that can be looked at; never throws. */
export function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isFile()) return 'file';
    return stats?.isDirectory() ? 'folder' : undefined;
  } catch {
    // Too long for a name, with a NUL in it, a loop of links, or in a folder that can't be read.
    return undefined;
  }
}
