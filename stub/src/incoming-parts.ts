// [1] The parts of a streamed response: ordered and written to Lambda's response stream, each once.
import type { Message } from '../../protocol/message.ts';

/** The part of the stream from Lambda's Node runtime that a stub uses. */
export interface LambdaStream {
  setContentType(contentType: string): void;
  write(bytes: Uint8Array): boolean;
  end(bytes: Uint8Array): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

/** Maximum size of a part; no livectl sends a larger one (cli/src/session/outgoing-parts.ts). */
export const partBytes = 64 * 1024;

/** A quarter of what the client keeps (cli/src/session/outgoing-parts.ts), so that its writer need not wait. */
const acknowledgedBytes = 256 * 1024;
const acknowledgedParts = 64;
/** Twice what the client may send before an acknowledgement: it never sends parts further ahead. */
const reachParts = 8 * acknowledgedParts;

export class IncomingParts {
  /** Called whenever a part was passed on. */
  onPassedOn: () => void = () => undefined;
  readonly #stream: LambdaStream;
  /** Parts that arrived before their turn. */
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

  /** Number of parts that arrived, without a gap. */
  get received(): number {
    return this.#received;
  }

  /** Number of parts written to Lambda's stream, which had room for them. */
  get passedOn(): number {
    return this.#passedOn;
  }

  /** Whether the client should be told how many were passed on. */
  get isAckDue(): boolean {
    const { bytes, parts } = this.#acknowledged;
    return this.#bytes - bytes >= acknowledgedBytes || this.#passedOn - parts >= acknowledgedParts;
  }

  /** Whether a part with this index can have been sent by now. */
  isWithinReach(index: number): boolean {
    return index < this.#passedOn + reachParts;
  }

  /** Keeps a part until its turn; returns false if it is early or a duplicate. */
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

  /** Returns how many were passed on, and records that the client will know. */
  acknowledge(): number {
    this.#acknowledged = { parts: this.#passedOn, bytes: this.#bytes };
    return this.#passedOn;
  }

  /** Resolves when everything received was passed on. */
  written(): Promise<void> {
    return this.#writing;
  }

  /** Writes nothing more: the stream ends in another way. */
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
