// Keeps recordings in the project's folder, the newest within bounds. What cannot be written stays in memory.
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { MemoryStore } from './memory-store.ts';
import type { InvocationDetail, InvocationSummary, RecordedBody } from './recording.ts';
import { encodeRecording, writeRecording } from './recording-file.ts';
import { timeOfKey } from './recording-keys.ts';
import type { Recording, RecordingStore } from './recording-store.ts';
import type { RecordingsFolder } from './recordings-folder.ts';

/** Bounds of the folder, for all livectls that write to it. */
export const mostRecordings = 1000;
export const mostBytes = 64 * 1024 * 1024;
export const longestMs = 7 * 86_400_000;

/** Other livectls write to the same folder: what they wrote is looked up after so many own recordings. */
const lookEvery = 50;
/** After a failure nothing is written for so long, in milliseconds. */
const pauseMs = 60_000;

interface FolderStoreOptions {
  readonly folder: RecordingsFolder;
  readonly clock: Clock;
  readonly onNotice: (message: string) => void;
}

export class FolderStore implements RecordingStore {
  readonly #options: FolderStoreOptions;
  readonly #memory = new MemoryStore();
  /** Files with their sizes, oldest first. */
  #files = new Map<string, number>();
  #bytes = 0;
  #untilLook = 0;
  #failedMs: number | undefined;

  constructor(options: FolderStoreOptions) {
    this.#options = options;
  }

  async earlier(): Promise<readonly InvocationSummary[]> {
    const rows = await this.#options.folder.list({ limit: mostRecordings }).catch(() => []);
    return [...rows].reverse();
  }

  async put(recording: Recording): Promise<void> {
    const { clock, folder, onNotice } = this.#options;
    const isPaused = this.#failedMs !== undefined && clock.now() - this.#failedMs < pauseMs;
    if (isPaused) return this.#memory.put(recording);
    try {
      // Each time, since it may have been removed or replaced, e.g. with everything that git ignores.
      await folder.create();
      const { key } = recording.summary;
      if (this.#untilLook-- <= 0) await this.#look();
      const size = await writeRecording(folder.fileOf(key), encodeRecording(recording));
      this.#files.set(key, size);
      this.#bytes += size;
      await this.#prune();
    } catch (error) {
      if (this.#failedMs === undefined)
        onNotice(`recordings cannot be written and stay in memory: ${messageOf(error)}`);
      this.#failedMs = clock.now();
      return this.#memory.put(recording);
    }
  }

  async get(key: string): Promise<InvocationDetail | undefined> {
    return (await this.#memory.get(key)) ?? this.#options.folder.get(key).catch(() => undefined);
  }

  async body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined> {
    return (
      (await this.#memory.body(key, part)) ?? this.#options.folder.body(key, part).catch(() => undefined)
    );
  }

  /** Counts what is in the folder. */
  async #look(): Promise<void> {
    const { folder } = this.#options;
    this.#untilLook = lookEvery;
    const files = new Map<string, number>();
    this.#bytes = 0;
    for (const key of await folder.keys()) {
      const size = this.#files.get(key) ?? (await folder.sizeOf(key)) ?? 0;
      files.set(key, size);
      this.#bytes += size;
    }
    this.#files = files;
  }

  async #prune(): Promise<void> {
    const { clock, folder } = this.#options;
    const oldestMs = clock.now() - longestMs;
    for (const [key, size] of this.#files) {
      const isTooMuch = this.#files.size > mostRecordings || this.#bytes > mostBytes;
      if (!isTooMuch && timeOfKey(key) >= oldestMs) return;
      await folder.removeFile(key);
      this.#files.delete(key);
      this.#bytes -= size;
    }
  }
}
