// Masks and writes recordings after the answers have gone out: when nothing runs, or after a while if something always does.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { Recording, RecordingStore } from './recording-store.ts';
import { type Draft, finished, sealed } from './sealed.ts';

interface BackgroundWriterOptions {
  readonly store: RecordingStore;
  readonly clock: Clock;
  /** Whether an invocation runs, which would wait for what is done here. */
  readonly isBusy: () => boolean;
  readonly onSealed: (recording: Recording) => void;
  /** One could not be masked, and is not kept. */
  readonly onFault: (error: unknown) => void;
}

/** After an invocation's end this long nothing is done: the next one may follow at once. Milliseconds. */
export const quietMs = 20;
/** After this long it is done all the same. */
const longestWaitMs = 500;
/** Others get a turn after so many milliseconds of masking. */
const turnMs = 3;

/** Bounds of what waits. Older ones would be deleted as soon as they were written: the folder has the same bounds. */
const mostWaiting = 1000;
const mostWaitingBytes = 64 * 1024 * 1024;

interface Waiting {
  readonly draft: Draft;
  /** Once it is masked. */
  recording: Recording | undefined;
}

export class BackgroundWriter {
  readonly #options: BackgroundWriterOptions;
  /** By key, oldest first. */
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;
  #timer: Timer | undefined;
  /** When the oldest of those that wait came. */
  #sinceMs = 0;
  #writing: Promise<void> | undefined;

  constructor(options: BackgroundWriterOptions) {
    this.#options = options;
  }

  put(draft: Draft): void {
    if (this.#waiting.size === 0) this.#sinceMs = this.#options.clock.now();
    this.#waiting.set(draft.summary.key, { draft, recording: undefined });
    this.#bytes += bytesOf(draft);
    for (const [key, { draft: oldest }] of this.#waiting) {
      if (this.#waiting.size <= mostWaiting && this.#bytes <= mostWaitingBytes) break;
      if (key === draft.summary.key) break;
      this.#forget(key, oldest);
    }
    this.#wait();
  }

  /** One that waits to be written, masked now. */
  find(key: string): Recording | undefined {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return undefined;
    waiting.recording ??= finished(sealed(waiting.draft));
    return waiting.recording;
  }

  /** Writes everything at once. */
  async drain(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#write();
  }

  #wait(): void {
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    const { clock, isBusy } = this.#options;
    this.#timer = clock.after(
      quietMs,
      () => {
        this.#timer = undefined;
        if (isBusy() && clock.now() - this.#sinceMs < longestWaitMs) this.#wait();
        else void this.#write();
      },
      { background: true },
    );
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#waiting.size === 0) return;
      this.#sinceMs = this.#options.clock.now();
      this.#wait();
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (const [key, waiting] of this.#waiting) {
      try {
        const recording = waiting.recording ?? (await inTurns(sealed(waiting.draft)));
        await this.#options.store.put(recording);
        this.#options.onSealed(recording);
      } catch (error) {
        this.#options.onFault(error);
      }
      this.#forget(key, waiting.draft);
    }
  }

  #forget(key: string, draft: Draft): void {
    if (this.#waiting.delete(key)) this.#bytes -= bytesOf(draft);
  }
}

function bytesOf({ event, result }: Draft): number {
  return event.bytes.length + result.bytes.length;
}

async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  let since = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - since < turnMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  }
}
