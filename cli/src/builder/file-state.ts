// What is on the disk at a path, in a comparable form: the build's notion of "has it changed".
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync, type Stats, statSync } from 'node:fs';
import { isNoise } from './source-folder.ts';

/** Kernels stamp files with a clock that is up to one tick behind: 10 ms at the slowest (HZ=100). */
export const clockLagMs = 10;

/** A path's content at one moment. */
export interface FileState {
  readonly kind: 'file' | 'folder' | 'missing';
  /** Cheap to read; differs after every write, even one that changes nothing. */
  readonly stamp: string;
  /** Hash of the content, or of a folder's names; equal for equal content. */
  readonly digest: string;
  /** When content or place last changed, in milliseconds since the epoch on the file system's clock; 0 if missing. */
  readonly changedAt: number;
  readonly empty: boolean;
}

const missing: FileState = {
  kind: 'missing',
  stamp: 'missing',
  digest: 'missing',
  changedAt: 0,
  empty: true,
};

/** For files above this many bytes the stamp stands for the content: reading would cost more than a needless build. */
const largestRead = 8 * 1024 * 1024;

/** Reads the state of a path. Never throws: what cannot be read counts as missing. */
export function readState(path: string): FileState {
  const stats = statOf(path);
  if (!stats) return missing;
  const stamp = stampOfStats(stats);
  // A rename or a restored time leaves mtime in the past, but not ctime.
  const changedAt = Math.max(stats.mtimeMs, stats.ctimeMs);
  try {
    if (stats.isDirectory()) {
      const names = readdirSync(path).filter((name) => !isNoise(name));
      return { kind: 'folder', stamp, digest: `folder:${names.sort().join('/')}`, changedAt, empty: false };
    }
    // Reading a pipe or a device would never end.
    const digest = stats.isFile() && stats.size <= largestRead ? hash(readFileSync(path)) : stamp;
    return { kind: 'file', stamp, digest, changedAt, empty: stats.size === 0 };
  } catch {
    return missing;
  }
}

/** When a path's content or place last changed, in milliseconds since the epoch; undefined if it does not exist. */
export function changedAt(path: string): number | undefined {
  const stats = statOf(path);
  return stats && Math.max(stats.mtimeMs, stats.ctimeMs);
}

/** Only the stamp, without reading the content. */
export function readStamp(path: string): string {
  const stats = statOf(path);
  return stats ? stampOfStats(stats) : missing.stamp;
}

/** One digest for the content of all these paths. */
export function contentOf(paths: Iterable<string>): string {
  return hash(
    Buffer.from(
      [...paths]
        .sort()
        .map((path) => `${path}\0${readState(path).digest}\0`)
        .join(''),
    ),
  );
}

/** Whether a file is binary, decided as git does: by a NUL among its first bytes. */
export function isBinary(path: string): boolean {
  let file: number | undefined;
  try {
    // Opening a pipe would wait for its other end.
    if (!statSync(path).isFile()) return false;
    file = openSync(path, 'r');
    const start = Buffer.alloc(8000);
    return start.subarray(0, readSync(file, start)).includes(0);
  } catch {
    return false;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function stampOfStats(stats: Stats): string {
  return `${stats.mtimeMs}:${stats.ctimeMs}:${stats.size}:${stats.ino}`;
}

function hash(content: Uint8Array): string {
  return createHash('sha1').update(content).digest('base64');
}
