// [4] The first bytes of a streamed answer, for the recording.

/** A small piece may be a view of a much larger buffer, so it is copied. */
const smallBytes = 4096;

export class StreamedStart {
  readonly #most: number;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** Keeps at most so many bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  add(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, this.#most - this.#bytes);
    if (kept.length === 0) return;
    this.#pieces.push(kept.length < smallBytes ? Uint8Array.from(kept) : kept);
    this.#bytes += kept.length;
  }

  /** What is kept. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
