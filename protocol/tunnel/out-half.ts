// One direction of a stream at its sender: bytes from the writer until the other end has acknowledged them.
import { ByteQueue } from './byte-queue.ts';
import { type BatchWriter, dataHeadBytes } from './frames.ts';
import { firstWindowBytes, unsentBytes } from './limits.ts';
import { Ranges } from './ranges.ts';

/** Keeps the bytes that may have to be sent again; memory is bounded by the receiver's window and {@link unsentBytes}. */
export class OutHalf {
  readonly #held = new ByteQueue();
  /** Sent, and lost on the way. */
  readonly #lost = new Ranges();
  /** Acknowledged, from {@link #released} on. */
  readonly #acked = new Ranges();
  #released = 0;
  #next = 0;
  #end = 0;
  #limit = firstWindowBytes;
  #final: 'open' | 'due' | 'sent' | 'acked' = 'open';

  /** Bytes taken from the writer. */
  get taken(): number {
    return this.#end;
  }

  /** Bytes that are held. */
  get held(): number {
    return this.#end - this.#released;
  }

  /** Whether the other end has all bytes and the end of them. */
  get isDone(): boolean {
    return this.#final === 'acked' && this.#released === this.#end;
  }

  /** How many bytes can be sent now. */
  get sendable(): number {
    return this.#lost.total + Math.max(0, Math.min(this.#end, this.#limit) - this.#next);
  }

  /** Whether the end of the bytes can be announced now: all were sent, though not all may have arrived. */
  get isFinalDue(): boolean {
    return this.#final === 'due' && this.#next === this.#end;
  }

  /** Whether the writer has ended. */
  get isEnding(): boolean {
    return this.#final !== 'open';
  }

  /** Whether bytes of the writer can be taken. */
  get hasRoom(): boolean {
    return this.#end - this.#next < unsentBytes;
  }

  /** Copies as many bytes as there is room for, and returns their number. */
  take(bytes: Uint8Array): number {
    const length = Math.min(bytes.length, Math.max(0, unsentBytes - (this.#end - this.#next)));
    if (length === 0) return 0;
    this.#held.write(this.#end, length === bytes.length ? bytes : bytes.subarray(0, length));
    this.#end += length;
    return length;
  }

  /** The writer has ended. */
  finish(): void {
    if (this.#final === 'open') this.#final = 'due';
  }

  /** The other end accepts bytes up to `limit`; one that came late changes nothing. */
  grant(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
  }

  /** Writes one `data` frame of at most `most` bytes, the lost ones first; returns which, or undefined if none fits. */
  write(
    writer: BatchWriter,
    stream: number,
    most: number,
  ): readonly [start: number, end: number] | undefined {
    const [start, until] = this.#lost.first ?? [this.#next, Math.min(this.#end, this.#limit)];
    const end = Math.min(until, start + most, start + writer.room - dataHeadBytes);
    if (end <= start) return undefined;
    writer.data(stream, start, end - start, (target, at) => this.#held.copyTo(target, at, start, end));
    if (start === this.#next) this.#next = end;
    else this.#lost.remove(start, end);
    return [start, end];
  }

  /** Announces the end; false if it does not fit. */
  writeFinal(writer: BatchWriter, stream: number): boolean {
    if (!writer.write({ type: 'half-close', stream, offset: this.#end })) return false;
    this.#final = 'sent';
    return true;
  }

  acked(start: number, end: number): void {
    this.#lost.remove(start, end);
    this.#acked.add(Math.max(start, this.#released), end);
    const [from, to] = this.#acked.first ?? [];
    if (from !== this.#released || to === undefined) return;
    this.#acked.removeFirst();
    this.#released = to;
    this.#held.dropBefore(to, to === this.#end);
  }

  lost(start: number, end: number): void {
    this.#lost.add(Math.max(start, this.#released), end);
    for (const [from, to] of this.#acked.highest(Number.POSITIVE_INFINITY)) this.#lost.remove(from, to);
  }

  finalAcked(): void {
    this.#final = 'acked';
  }

  finalLost(): void {
    if (this.#final === 'sent') this.#final = 'due';
  }
}
