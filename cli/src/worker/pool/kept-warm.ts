// [5] What outlives its idle time: the last used worker (or stub instance of the local cloud) of each recently used function,
// so that a pause costs no cold start. Pure rules, without processes or time.

/**
 * Maximum number of functions that keep one: usually an hour's work, and with Node.js workers of 45 to 60 MB each within the
 * limit on bytes.
 */
export const mostKept = 8;
/** Maximum memory of all kept processes, in bytes, if the system reports it. */
export const keptBytes = 512 * 1024 * 1024;

/** The input of the rules. */
export interface Keepable {
  readonly functionName: string;
  /** When it was last used, on any clock. */
  readonly lastUsed: number;
  /** Memory of its processes; 0 if unknown. */
  readonly bytes: number;
}

/** The last used of each function, most recent first, within both limits. */
export function keptWarm<T extends Keepable>(idle: readonly T[], most = mostKept): T[] {
  const kept: T[] = [];
  let bytes = 0;
  for (const each of idle.toSorted((one, two) => two.lastUsed - one.lastUsed)) {
    if (kept.some(({ functionName }) => functionName === each.functionName)) continue;
    // One that is too large does not displace the others.
    if (kept.length >= most || bytes + each.bytes > keptBytes) continue;
    bytes += each.bytes;
    kept.push(each);
  }
  return kept;
}
