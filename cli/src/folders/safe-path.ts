// Whether another user of this machine could replace a folder, by renaming it or any folder above it.
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { currentUser, type FolderUser } from './folder-user.ts';

/** The kernel's limit: longer chains of links are loops. */
const maxLinks = 40;

/**
 * What is wrong with a path, worded to continue a sentence; undefined if nothing. Each folder on the way, also through links,
 * must belong to this user or root, and must not be writable for others unless it is sticky, as `/tmp` is. Parts that do not
 * exist yet are not checked. Throws the file system's error if a part cannot be checked.
 */
export function unsafePart(path: string, user: FolderUser | undefined = currentUser()): string | undefined {
  if (user === undefined) return undefined;
  let at: string = sep;
  let links = 0;
  const rest = resolve(path).split(sep).filter(Boolean);
  const problem = problemOf(at, lstatSync(at), user);
  if (problem !== undefined) return problem;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '.') continue;
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isSymbolicLink()) {
      if (!user.isTrusted(stats.uid)) return `${next} is a link of another user's`;
      links += 1;
      if (links > maxLinks) return `${next} is a link to itself`;
      const target = readlinkSync(next);
      if (target.startsWith(sep)) at = sep;
      rest.unshift(...target.split(sep).filter(Boolean));
      continue;
    }
    if (!stats.isDirectory()) return `${next} is not a folder`;
    const wrong = problemOf(next, stats, user);
    if (wrong !== undefined) return wrong;
    at = next;
  }
  return undefined;
}

function problemOf(folder: string, { gid, mode, uid }: Stats, user: FolderUser): string | undefined {
  if (!user.isTrusted(uid)) return `${folder} is another user's`;
  const byGroup = (mode & 0o020) !== 0 && !user.isPrivateGroup(gid);
  const byAll = (mode & 0o002) !== 0;
  const isSticky = (mode & 0o1000) !== 0;
  return (byGroup || byAll) && !isSticky ? `other users may write to ${folder}` : undefined;
}
