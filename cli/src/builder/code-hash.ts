// Identifies what was built, so that a recording can say which code answered.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { relative, sep } from 'node:path';
import type { Compilation } from './contract.ts';

/** More is not read for this. */
const mostFiles = 300;
const mostBytes = 8 * 1024 * 1024;
const digits = 12;

/** The same code has the same one; undefined if that is not known, or would take long. `further` are files that it loads. */
export function codeHash(
  { fingerprint, guesses, inputs }: Extract<Compilation, { ok: true }>,
  further: Iterable<string>,
  taskRoot: string,
): string | undefined {
  const hash = createHash('sha256');
  if (fingerprint !== undefined) return hash.update(fingerprint).digest('hex').slice(0, digits);
  const paths = [...new Set([...inputs, ...(guesses ?? []), ...further])].sort();
  if (paths.length > mostFiles) return undefined;
  let left = mostBytes;
  for (const path of paths) {
    const name = relative(taskRoot, path).split(sep).join('/');
    const stats = statSync(path, { throwIfNoEntry: false });
    // Folders, and places where a file would matter.
    if (!stats?.isFile()) continue;
    left -= stats.size;
    if (left < 0) return undefined;
    try {
      hash.update(`${name}\0${stats.size}\0`).update(readFileSync(path));
    } catch {
      return undefined;
    }
  }
  return hash.digest('hex').slice(0, digits);
}
