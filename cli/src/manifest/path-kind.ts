// What is at a path from the manifest, which may be anything.
import { statSync } from 'node:fs';

/** Follows links. Undefined if nothing is there, or nothing that can be read; never throws. */
export function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isFile()) return 'file';
    return stats?.isDirectory() ? 'folder' : undefined;
  } catch {
    // A name that is too long or contains a NUL, a loop of links, or a folder that cannot be read.
    return undefined;
  }
}
