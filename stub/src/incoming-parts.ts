// [1] The parts of a streamed response: put in order and written to Lambda's response stream, each once.
import type { Message } from '../../protocol/message.ts';

/** What a stub uses of the stream that Lambda's Node runtime hands to a streaming handler. */
export interface LambdaStream {
  setContentType(contentType: string): void;
  write(bytes: Uint8Array): boolean;
  end(bytes: Uint8Array): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

/** Of one part; no livectl sends a larger one (cli/src/session/outgoing-parts.ts). */
export const partBytes = 64 * 1024;

/** A quarter of what the client keeps (cli/src/session/outgoing-parts.ts), so that its writer needs not wait. */
const acknowledgedBytes = 256 * 1024;
const acknowledgedParts = 64;
/** Twice what the client may send ahead of an acknowledgement: nothing of its own is further ahead. */
const reachParts = 8 * acknowledgedParts;

export class IncomingParts {
  /** Told whenever a part was passed on. */
  onPassedOn: () => void = () => undefined;
  readonly #stream: LambdaStream;
  /** Came before their turn. */
  readonly #early = new Map<number, Message<'part'>>();
  #received = 0;
  #passedOn = 0;
  #bytes = 0;
  #acknowledged = { parts: 0, bytes: 0 };
  #begun = false;
  #closed = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(stream: LambdaStream) {
    this.#stream = stream;
  }

  /** So many came, without a gap. */
  get received(): number {
    return this.#received;
  }

  /** So many were written to Lambda's stream, which had room for them. */
  get passedOn(): number {
    return this.#passedOn;
  }

  /** Whether it is time to tell the client how many were passed on. */
  get isAckDue(): boolean {
    const { bytes, parts } = this.#acknowledged;
    return this.#bytes - bytes >= acknowledgedBytes || this.#passedOn - parts >= acknowledgedParts;
  }

  /** Whether a part of this index can have been sent by now. */
  isWithinReach(index: number): boolean {
    return index < this.#passedOn + reachParts;
  }

  /** Keeps a part until its turn comes; false where that isn't now. */
  take(part: Message<'part'>): boolean {
    const before = this.#received;
    if (part.head.index < before) return false;
    this.#early.set(part.head.index, part);
    for (;;) {
      const next = this.#early.get(this.#received);
      if (next === undefined) return this.#received > before;
      this.#early.delete(this.#received);
      this.#received += 1;
      this.#writing = this.#writing.then(() => this.#write(next));
    }
  }

  /** How many were passed on, which the client will know. */
  acknowledge(): number {
    this.#acknowledged = { parts: this.#passedOn, bytes: this.#bytes };
    return this.#passedOn;
  }

  /** Resolves when all that was received is passed on. */
  written(): Promise<void> {
    return this.#writing;
  }

  /** Nothing received is written any more: the stream ends otherwise. */
  close(): void {
    this.#closed = true;
  }

  /** The response's last bytes, or all of them. */
  end(contentType: string, bytes: Uint8Array): void {
    this.#begin(contentType);
    this.#stream.end(bytes);
  }

  async #write({ head, body }: Message<'part'>): Promise<void> {
    if (this.#closed) return;
    this.#begin(head.contentType);
    if (!this.#stream.write(body)) await new Promise<void>((resolve) => this.#stream.once('drain', resolve));
    this.#passedOn += 1;
    this.#bytes += body.length;
    this.onPassedOn();
  }

  #begin(contentType: string): void {
    if (!this.#begun) this.#stream.setContentType(contentType);
    this.#begun = true;
  }
}
