// Whose folders livectl trusts: its own user's and root's.
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/** The user that checks of folders are made for. */
export interface FolderUser {
  readonly uid: number;
  /** Whether the user with this id may change everything of this user's anyway: the user itself and root. */
  isTrusted(uid: number): boolean;
  /** Whether the group has no other members than this user and root. */
  isPrivateGroup(gid: number): boolean;
}

/** The user of this process; undefined on Windows, where access lists protect a profile's folders. */
export function currentUser(): FolderUser | undefined {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  return {
    uid,
    isTrusted: (other) => other === uid || other === 0 || other === unmappedUser(),
    isPrivateGroup: (gid) => gid === 0 || (gid === process.getgid?.() && isOwnGroup(gid, uid)),
  };
}

/**
 * In a user namespace, as of `unshare --user`, the folders of all users outside, including root's, appear as those of this id
 * (65534). Nobody inside can be that user, unless the namespace itself has that id.
 */
function unmappedUser(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const unmapped = Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'));
    const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
    const isMapped = ranges.some((range) => {
      const [first = 0, , count = 0] = range.trim().split(/ +/).map(Number);
      return unmapped >= first && unmapped < first + count;
    });
    return isMapped ? undefined : unmapped;
  } catch {
    return undefined;
  }
}

/** Where each user has a group of the same name, folders are often writable for it. It must have no other members. */
function isOwnGroup(gid: number, uid: number): boolean {
  try {
    const { username } = userInfo();
    const groups = readFileSync('/etc/group', 'utf8').split('\n');
    const line = groups.find((each) => each.split(':')[2] === String(gid));
    if (line === undefined) return gid === uid;
    const [name, , , members = ''] = line.split(':');
    return name === username && members.split(',').every((member) => member === '' || member === username);
  } catch {
    return gid === uid;
  }
}
