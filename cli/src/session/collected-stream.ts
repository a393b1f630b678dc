// [4] A streamed response that is not passed on: its first bytes, its length and, over HTTP, its status.
import { StreamHead } from './stream-head.ts';
import { StreamedStart } from './streamed-start.ts';

export class CollectedStream {
  readonly #head = new StreamHead();
  readonly #start: StreamedStart;
  #written = 0;

  /** Keeps at most so many bytes. */
  constructor(most: number) {
    this.#start = new StreamedStart(most);
  }

  /** Number of bytes written. */
  get written(): number {
    return this.#written;
  }

  /** As {@link StreamHead.status}. */
  get status(): number | undefined {
    return this.#head.status;
  }

  /** As {@link StreamHead.fault}. */
  get fault(): string | undefined {
    return this.#head.fault;
  }

  /** Takes the next bytes. */
  write(bytes: Uint8Array, contentType: string): undefined {
    this.#head.take(bytes, contentType);
    this.add(bytes);
  }

  /** The same without a look at its beginning. */
  add(bytes: Uint8Array): void {
    this.#written += bytes.length;
    this.#start.add(bytes);
  }

  /** What is kept. */
  bytes(): Uint8Array {
    return this.#start.bytes();
  }
}
