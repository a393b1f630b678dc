// [4] The first bytes of a streamed answer, for whoever records it.
import { mostStreamedBytes } from './invocation-watcher.ts';

/** A small piece may be a view of a much larger buffer, so it is copied. */
const smallBytes = 4096;

export class StreamedStart {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  add(bytes: Uint8Array): void {
    const room = mostStreamedBytes - this.#bytes;
    if (room <= 0) return;
    const kept = bytes.subarray(0, room);
    this.#pieces.push(kept.length < smallBytes ? Uint8Array.from(kept) : kept);
    this.#bytes += kept.length;
  }

  /** At most {@link mostStreamedBytes}. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
