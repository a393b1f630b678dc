// The receiving end of a streamed response: gathers, counts or holds back what comes.
import type { ResponseSink } from '../../src/worker/contract.ts';

export class ReceivedStream {
  contentType: string | undefined;
  bytes = 0;
  readonly #chunks: Uint8Array[] = [];
  #keep = true;
  #held: Promise<void> | undefined;
  #release: () => void = () => {};
  #waiting: (() => void)[] = [];

  readonly sink: ResponseSink = (bytes, contentType) => {
    this.contentType = contentType;
    this.bytes += bytes.length;
    if (this.#keep) this.#chunks.push(bytes);
    for (const wake of this.#waiting.splice(0)) wake();
    return this.#held;
  };

  get data(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.data.toString();
  }

  /** From now on the sink is full. */
  hold(): void {
    this.#held = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#held = undefined;
    this.#release();
  }

  /** From now on bytes are counted and not kept. */
  count(): void {
    this.#keep = false;
  }

  /** Resolves when the text so far is this. */
  async until(text: string): Promise<void> {
    while (this.text !== text) await this.#next();
  }

  async untilBytes(bytes: number): Promise<void> {
    while (this.bytes < bytes) await this.#next();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
