// [4] A streamed response that is not passed on: its first bytes, its length and, over HTTP, its status.
import {
  preludeContentType,
  readPrelude,
  unfinishedPrelude,
} from '../worker/runtime-api/response-prelude.ts';

/** A small piece may be a view of a much larger buffer, so it is copied. */
const smallBytes = 4096;

export class CollectedStream {
  readonly #most: number;
  readonly #pieces: Uint8Array[] = [];
  #kept = 0;
  #written = 0;
  /** What has arrived of the metadata; undefined once it is known, or if there is none. */
  #start: Buffer | undefined = Buffer.alloc(0);
  #status: number | undefined;
  #fault: string | undefined;
  #contentType: string | undefined;

  /** Keeps at most so many bytes. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Number of bytes written. */
  get written(): number {
    return this.#written;
  }

  /** HTTP status of a response that began with one. */
  get status(): number | undefined {
    return this.#status;
  }

  /** What is wrong with the status, headers or cookies at the beginning of a response that has ended. */
  get fault(): string | undefined {
    const isUnfinished = this.#contentType === preludeContentType && this.#start !== undefined;
    return isUnfinished ? unfinishedPrelude : this.#fault;
  }

  /** Takes the next bytes. */
  write(bytes: Uint8Array, contentType: string): undefined {
    this.#contentType = contentType;
    if (this.#start !== undefined) this.#findStatus(this.#start, bytes);
    this.add(bytes);
  }

  /** The same without a look at its beginning. */
  add(bytes: Uint8Array): void {
    this.#written += bytes.length;
    const kept = bytes.subarray(0, this.#most - this.#kept);
    if (kept.length === 0) return;
    this.#pieces.push(kept.length < smallBytes ? Uint8Array.from(kept) : kept);
    this.#kept += kept.length;
  }

  /** What is kept. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }

  #findStatus(start: Buffer, bytes: Uint8Array): void {
    if (this.#contentType !== preludeContentType) {
      this.#start = undefined;
      return;
    }
    const longer = Buffer.concat([start, bytes]);
    const read = readPrelude(longer);
    this.#start = read === undefined ? longer : undefined;
    if (read === undefined) return;
    if ('fault' in read) this.#fault = read.fault;
    else this.#status = read.prelude.statusCode;
  }
}
