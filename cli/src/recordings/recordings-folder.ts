// The recordings of a project, in `.livectl/recordings`: a file for each, those of several livectls together.
import { lstat, mkdir, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isOwnFolder, makeProjectFolder, projectFolder } from '../folders/project-folder.ts';
import type {
  InvocationDetail,
  InvocationSummary,
  RecordedBody,
  RecordingQuery,
  Recordings,
} from './recording.ts';
import { readBody, readDetail, readSummary } from './recording-file.ts';
import { keyPattern } from './recording-keys.ts';
import { matcher } from './recording-query.ts';

const extension = '.recording';
/** Files that are read at once. */
const readsAtOnce = 16;

export class RecordingsFolder implements Recordings {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Where it is, whether it exists or not. Throws LD_CONFIG if it cannot be this user's. */
  get path(): string {
    return join(projectFolder(this.#root), 'recordings');
  }

  fileOf(key: string): string {
    return join(this.path, key + extension);
  }

  /** Creates it (0700). Throws if it is not this user's own folder, or the file system's error. */
  async create(): Promise<void> {
    const { path } = this;
    makeProjectFolder(projectFolder(this.#root));
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!isOwnFolder(path)) throw new Error(`${path} is not a folder of this user`);
  }

  /** Keys of the files, oldest first; nothing of what has another name. Never rejects. */
  async keys(): Promise<string[]> {
    try {
      const { path } = this;
      if (!isOwnFolder(path)) return [];
      const names = await readdir(path);
      return names
        .filter((name) => name.endsWith(extension) && keyPattern.test(name.slice(0, -extension.length)))
        .map((name) => name.slice(0, -extension.length))
        .sort();
    } catch {
      return [];
    }
  }

  /** Length of a file in bytes; undefined if the file does not exist. */
  async sizeOf(key: string): Promise<number | undefined> {
    const stats = await lstat(this.fileOf(key)).catch(() => undefined);
    return stats?.isFile() ? stats.size : undefined;
  }

  async list(query: RecordingQuery): Promise<readonly InvocationSummary[]> {
    const { limit = 100 } = query;
    const rows: InvocationSummary[] = [];
    for await (const row of this.#matching(query)) {
      if (rows.length >= limit) break;
      rows.push(row);
    }
    return rows;
  }

  async get(key: string): Promise<InvocationDetail | undefined> {
    return keyPattern.test(key) && isOwnFolder(this.path) ? readDetail(this.fileOf(key)) : undefined;
  }

  async body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined> {
    return keyPattern.test(key) && isOwnFolder(this.path) ? readBody(this.fileOf(key), part) : undefined;
  }

  /** Deletes what a query matches, whatever its limit; returns how many. Rejects with the file system's error. */
  async remove(query: RecordingQuery): Promise<number> {
    let removed = 0;
    for await (const { key } of this.#matching(query)) {
      await this.removeFile(key);
      removed += 1;
    }
    return removed;
  }

  async removeFile(key: string): Promise<void> {
    await unlink(this.fileOf(key)).catch((error: NodeJS.ErrnoException) => {
      // Another livectl was faster.
      if (error.code !== 'ENOENT') throw error;
    });
  }

  /** Newest first. */
  async *#matching(query: RecordingQuery): AsyncGenerator<InvocationSummary> {
    const matches = matcher(query);
    const { before } = query;
    const keys = (await this.keys()).reverse().filter((key) => before === undefined || key < before);
    for (let at = 0; at < keys.length; at += readsAtOnce) {
      const some = keys.slice(at, at + readsAtOnce);
      const rows = await Promise.all(some.map((key) => readSummary(this.fileOf(key))));
      for (const [index, row] of rows.entries())
        if (row?.key === some[index] && row && matches(row)) yield row;
    }
  }
}

/** The recordings of a project's folder, for commands. */
export function openRecordings(root: string): RecordingsFolder {
  return new RecordingsFolder(root);
}
