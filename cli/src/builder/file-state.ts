// What is on the disk at a path, in a form that can be compared: the build's notion of "has it changed".
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync, type Stats, statSync } from 'node:fs';
import { isNoise } from './source-folder.ts';

/** Kernels stamp files with a clock that lags behind by up to one tick: 10 ms at the slowest (HZ=100). */
export const clockLagMs = 10;

/** A path's content at one moment. */
export interface FileState {
  readonly kind: 'file' | 'folder' | 'missing';
  /** Cheap to get; differs after every write, also one that changes nothing. */
  readonly stamp: string;
  /** The content's hash, or a folder's names; equal as long as the content is. */
  readonly digest: string;
  /** When content or place last changed, in milliseconds since the epoch on the file system's clock; 0 when missing. */
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

/** Above this many bytes a file's stamp stands for its content: reading it would cost more than a needless build. */
const largestRead = 8 * 1024 * 1024;

/** Reads the state of a path. Never throws: what can't be read is missing. */
export function readState(path: string): FileState {
  const stats = statOf(path);
  if (!stats) return missing;
  const stamp = stampOfStats(stats);
  // A rename or a restored time leaves mtime in the past; ctime tells.
  const changedAt = Math.max(stats.mtimeMs, stats.ctimeMs);
  try {
    if (stats.isDirectory()) {
      const names = readdirSync(path).filter((name) => !isNoise(name));
      return { kind: 'folder', stamp, digest: `folder:${names.sort().join('/')}`, changedAt, empty: false };
    }
    // A pipe or a device would never end.
    const digest = stats.isFile() && stats.size <= largestRead ? hash(readFileSync(path)) : stamp;
    return { kind: 'file', stamp, digest, changedAt, empty: stats.size === 0 };
  } catch {
    return missing;
  }
}

/** When a path's content or place last changed, in milliseconds since the epoch; undefined where nothing is. */
export function changedAt(path: string): number | undefined {
  const stats = statOf(path);
  return stats && Math.max(stats.mtimeMs, stats.ctimeMs);
}

/** The stamp only, without reading the content. */
export function readStamp(path: string): string {
  const stats = statOf(path);
  return stats ? stampOfStats(stats) : missing.stamp;
}

/** Stands for the content of all these paths together. */
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

/** Whether a file is no text: as git does, by a NUL among its first bytes. */
export function isBinary(path: string): boolean {
  let file: number | undefined;
  try {
    // To open a pipe would wait for its other end.
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
