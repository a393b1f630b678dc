// The newest recordings, in the memory of this process only: `--no-record`.
import type { InvocationDetail, InvocationSummary, RecordedBody } from './recording.ts';
import type { Recording, RecordingStore } from './recording-store.ts';

/** Bounds of what is kept. */
const mostRecordings = 1000;
const mostBytes = 32 * 1024 * 1024;

export class MemoryStore implements RecordingStore {
  /** Oldest first. */
  readonly #recordings = new Map<string, Recording>();
  #bytes = 0;

  async earlier(): Promise<readonly InvocationSummary[]> {
    return [];
  }

  async put(recording: Recording): Promise<void> {
    this.#recordings.set(recording.summary.key, recording);
    this.#bytes += heldBytes(recording);
    for (const [key, oldest] of this.#recordings) {
      if (this.#recordings.size <= mostRecordings && this.#bytes <= mostBytes) return;
      this.#recordings.delete(key);
      this.#bytes -= heldBytes(oldest);
    }
  }

  async get(key: string): Promise<InvocationDetail | undefined> {
    return this.#recordings.get(key)?.detail;
  }

  async body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined> {
    return this.#recordings.get(key)?.[part];
  }
}

/** About the memory that it takes. */
export function heldBytes({ detail, event, result }: Recording): number {
  const lines = detail.lines.reduce((sum, { message }) => sum + message.length, 0);
  return event.bytes.length + result.bytes.length + 2 * lines + 4096;
}
