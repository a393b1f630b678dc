// A stream of the tunnel as a Duplex: what `net.Socket` is to a TCP connection.
import { Duplex } from 'node:stream';
import { type RefusalCode, TunnelRefused, type TunnelReset } from './codes.ts';
import { Flow, type FlowLink, type FlowStream } from './flow.ts';
import { maxAddressBytes } from './limits.ts';

/** At most this many bytes are read ahead of the reader, and taken from the writer beyond the link's own bound. */
const highWaterMark = 64 * 1024;

/** 333 characters have at most 999 bytes in UTF-8. */
const maxReasonCharacters = 333;

export interface StreamTarget {
  readonly id: number;
  /** As the opener wrote it: a name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * A connection through the tunnel, half-open until both ends have ended it.
 *
 * - `end()` is a half-close: the other end reads `end`, and may go on writing. `finish` comes when the other end has all bytes.
 * - `destroy()` before both directions have ended resets the stream at the other end, whose Duplex is destroyed with a
 *   {@link TunnelReset} (`code` `ECONNRESET`); with an error given its `reason` is `failed`, else `closed`.
 * - `write` returns false while the other end's reader is slow: memory is bounded by the window.
 * - A stream that is refused is destroyed without an error: `opened` says why.
 */
export class TunnelStream extends Duplex {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  /**
   * Of the client's streams: resolves with the address that the function has connected to, e.g. `10.0.3.17:5432`. Rejects with
   * {@link TunnelRefused}, also if the stream is destroyed or the link is lost before. It need not be awaited. On the
   * function's side it resolves with `accept`.
   */
  readonly opened: Promise<{ readonly address: string }>;
  /** For the link. */
  readonly flow: Flow;
  #settle: { resolve: (opened: { address: string }) => void; reject: (error: Error) => void } | undefined;
  #pending: { chunk: Buffer; callback: (error?: Error | null) => void } | undefined;
  #finished: (() => void) | undefined;
  #bytesRead = 0;

  /** Streams are created by `TunnelLink` only. */
  constructor(link: FlowLink, target: StreamTarget, isOpener: boolean) {
    super({ allowHalfOpen: true, highWaterMark });
    this.id = target.id;
    this.host = target.host;
    this.port = target.port;
    this.opened = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.opened.catch(() => undefined);
    const stream = this;
    const ends: FlowStream = {
      deliver(bytes) {
        stream.#bytesRead += bytes.length;
        return stream.push(bytes);
      },
      finish: () => void stream.push(null),
      get unread() {
        return stream.readableLength;
      },
      onOpened: (address) => stream.#settle?.resolve({ address }),
      onRefused: (error) => stream.#refused(error),
      onReset: (error) => stream.#reset(error),
      onRoom: () => stream.#write(),
      onFinished: () => stream.#onFinished(),
    };
    this.flow = new Flow(link, ends, target, isOpener);
  }

  /** Bytes that have arrived, read or not. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Bytes that were taken from the writer. */
  get bytesWritten(): number {
    return this.flow.out.taken;
  }

  /** On the function's side: it has connected, to this address (at most 64 printable characters, such as `10.0.3.17:5432`). */
  accept(address: string): void {
    if (!/^[\x21-\x7e]+$/.test(address) || address.length > maxAddressBytes)
      throw new RangeError('the address must be 1 to 64 printable characters');
    this.flow.accept(address);
    this.#settle?.resolve({ address });
  }

  /** On the function's side: it has not connected. The text is for the user, and cut at 333 characters. */
  refuse(code: RefusalCode, text: string): void {
    this.flow.refuse(code, text.slice(0, maxReasonCharacters));
    this.#settle?.reject(new TunnelRefused(code, text));
    this.destroy();
  }

  // Node calls `_read` before it takes bytes out, and not after the last ones: the window would not learn of them.
  override read(size?: number): Buffer | null {
    const bytes: Buffer | null = super.read(size);
    if (bytes !== null) this.flow.consumed();
    return bytes;
  }

  override _read(): void {
    this.flow.read();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#pending = { chunk, callback };
    this.#write();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#finished = callback;
    this.flow.finish();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.flow.destroyed(error ?? undefined);
    this.#settle?.reject(new TunnelRefused('lost', 'the stream was closed before it was opened'));
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.callback(error ?? Object.assign(new Error('the stream was closed'), { code: 'ECONNRESET' }));
    callback(error);
  }

  /** Gives the pending bytes to the flow, as far as it takes them. */
  #write(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    const taken = this.flow.take(pending.chunk);
    if (taken < pending.chunk.length) {
      pending.chunk = pending.chunk.subarray(taken);
      return;
    }
    this.#pending = undefined;
    pending.callback();
  }

  #onFinished(): void {
    const finished = this.#finished;
    this.#finished = undefined;
    finished?.();
  }

  #refused(error: TunnelRefused): void {
    this.#settle?.reject(error);
    this.destroy();
  }

  #reset(error: TunnelReset): void {
    this.destroy(error);
  }
}
