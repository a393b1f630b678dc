// [5] What outlives its idle time: the last used worker (or stub instance of the local cloud) of each function that was
// used of late, so that a quiet spell costs no cold start. Pure rules, without processes or time.

/**
 * Functions that keep one, at most: the work of an hour mostly, and with Node.js workers of 45 to 60 MB each within the
 * bound on bytes.
 */
export const mostKept = 8;
/** What the processes that are kept may hold in memory together, in bytes, where the system says what they hold. */
export const keptBytes = 512 * 1024 * 1024;

/** The input of the rules. */
export interface Keepable {
  readonly functionName: string;
  /** When it was used last, on any clock. */
  readonly lastUsed: number;
  /** Of its processes; 0 where that is not known. */
  readonly bytes: number;
}

/** The last used of each function, of the functions used last, within both bounds; the order is that of their use. */
export function keptWarm<T extends Keepable>(idle: readonly T[], most = mostKept): T[] {
  const kept: T[] = [];
  let bytes = 0;
  for (const each of idle.toSorted((one, two) => two.lastUsed - one.lastUsed)) {
    if (kept.some(({ functionName }) => functionName === each.functionName)) continue;
    // One that is too large does not push out the others.
    if (kept.length >= most || bytes + each.bytes > keptBytes) continue;
    bytes += each.bytes;
    kept.push(each);
  }
  return kept;
}
