// Who serves or observes, as others read it.
import { userInfo } from 'node:os';

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry in the password file, e.g. in a container run with an arbitrary user id.
    return 'unknown';
  }
}
