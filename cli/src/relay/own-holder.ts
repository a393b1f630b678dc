// [3] Who this livectl is, as other developers read it in the directory.
import packageJson from 'embedded:package.json';
import { hostname, userInfo } from 'node:os';
import type { Holder } from './lease.ts';

/** Without what differs from run to run. `caller`: the ARN of the AWS principal, if known. */
export function ownHolder(caller: string | undefined): Omit<Holder, 'session' | 'publicKey'> {
  const holder = { user: userName(), host: hostname(), version: packageJson.version };
  return caller === undefined ? holder : { ...holder, caller };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry in the password file, e.g. in a container run with an arbitrary user id.
    return 'unknown';
  }
}
