// Puts chunks together into messages, in any order, with bounds on memory and time.
import type { Clock, Timer } from './clock.ts';
import { type MessageHeader, type MessageType, maxMessageBytes } from './message.ts';

export interface ReassemblyLimits {
  /** Bytes of all unfinished messages. Beyond it the sender with the most bytes loses its oldest ones. */
  readonly maxPendingBytes: number;
  /** A message is dropped when its next chunk takes longer than this, in milliseconds. */
  readonly chunkTimeoutMs: number;
  /** How many finished messages are remembered, so that a late duplicate starts nothing. */
  readonly rememberedMessages: number;
}

export const defaultReassemblyLimits: ReassemblyLimits = {
  maxPendingBytes: 64 * 1024 * 1024,
  chunkTimeoutMs: 30_000,
  rememberedMessages: 4096,
};

/** Overhead of an unfinished message beside its chunks, so that many small ones are bounded as well. */
const pendingOverheadBytes = 1024;

/** Why an unfinished message was dropped. */
type DropReason = 'timeout' | 'memory' | 'size' | 'contradiction';

interface Pending {
  readonly source: string;
  readonly header: MessageHeader;
  readonly chunks: (Uint8Array | undefined)[];
  received: number;
  bytes: number;
  timer: Timer;
}

/** Puts opened chunks together. One per socket; its chunks are authenticated already. */
export class Reassembler {
  readonly #clock: Clock;
  readonly #limits: ReassemblyLimits;
  readonly #onDrop: (header: MessageHeader, reason: DropReason) => void;
  readonly #pending = new Map<string, Pending>();
  readonly #finished = new Set<string>();
  /** By source; the message that has waited longest for its next chunk comes first. */
  readonly #bySource = new Map<string, { readonly keys: Set<string>; bytes: number }>();
  #pendingBytes = 0;

  constructor(
    clock: Clock,
    onDrop: (header: MessageHeader, reason: DropReason) => void,
    limits: ReassemblyLimits = defaultReassemblyLimits,
  ) {
    this.#clock = clock;
    this.#onDrop = onDrop;
    this.#limits = limits;
  }

  /** Bytes held for unfinished messages, with 1 KB of overhead each. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Takes one chunk of `source` (its sender); returns the whole message's bytes once the last chunk is here. */
  accept(source: string, header: MessageHeader, chunk: Uint8Array): Uint8Array | undefined {
    const key = `${source} ${header.type} ${header.id} ${header.attempt}`;
    if (this.#finished.has(key)) return undefined;
    if (header.total === 1) {
      this.#remember(key);
      return chunk;
    }
    const pending = this.#pending.get(key) ?? this.#begin(key, source, header);
    const { br, gzip, total } = pending.header;
    if (total !== header.total || gzip !== header.gzip || br !== header.br) {
      this.#drop(key, pending, 'contradiction');
      return undefined;
    }
    if (pending.chunks[header.seq] !== undefined) return undefined;
    pending.chunks[header.seq] = chunk;
    pending.received += 1;
    pending.bytes += chunk.length;
    this.#count(source, chunk.length);
    if (pending.bytes > maxMessageBytes + pendingOverheadBytes) {
      this.#drop(key, pending, 'size');
      return undefined;
    }
    if (pending.received === header.total) {
      this.#forget(key, pending);
      this.#remember(key);
      return Buffer.concat(pending.chunks as Uint8Array[]);
    }
    this.#renew(key, pending);
    this.#makeRoom();
    return undefined;
  }

  /** The latest unfinished message of `from` with one of `types`, and the chunks it lacks. */
  unfinished(from: string, ...types: MessageType[]): { attempt: number; chunks: number[] } | undefined {
    const begun = [...this.#pending.values()].findLast(
      ({ header, source }) => source === from && types.includes(header.type),
    );
    if (begun === undefined) return undefined;
    const { chunks, header } = begun;
    return { attempt: header.attempt, chunks: [...chunks.keys()].filter((seq) => !chunks[seq]) };
  }

  /** Drops everything unfinished, without a report. */
  close(): void {
    for (const [key, pending] of this.#pending) this.#forget(key, pending);
  }

  #begin(key: string, source: string, header: MessageHeader): Pending {
    const pending: Pending = {
      source,
      header,
      chunks: new Array<Uint8Array | undefined>(header.total).fill(undefined),
      received: 0,
      bytes: pendingOverheadBytes,
      timer: this.#startTimer(key),
    };
    this.#pending.set(key, pending);
    const its = this.#bySource.get(source) ?? { keys: new Set<string>(), bytes: 0 };
    this.#bySource.set(source, its);
    its.keys.add(key);
    this.#count(source, pending.bytes);
    return pending;
  }

  #renew(key: string, pending: Pending): void {
    pending.timer.cancel();
    pending.timer = this.#startTimer(key);
    const keys = this.#bySource.get(pending.source)?.keys;
    keys?.delete(key);
    keys?.add(key);
  }

  #startTimer(key: string): Timer {
    const onTimeout = () => {
      const pending = this.#pending.get(key);
      if (pending) this.#drop(key, pending, 'timeout');
    };
    return this.#clock.after(this.#limits.chunkTimeoutMs, onTimeout, { background: true });
  }

  /** A sender that floods only loses its own messages; the one that has waited longest goes first. */
  #makeRoom(): void {
    while (this.#pendingBytes > this.#limits.maxPendingBytes) {
      let most: { readonly keys: Set<string>; bytes: number } | undefined;
      for (const each of this.#bySource.values()) if (each.bytes > (most?.bytes ?? 0)) most = each;
      const [oldest] = most?.keys ?? [];
      const pending = oldest === undefined ? undefined : this.#pending.get(oldest);
      if (oldest === undefined || pending === undefined) return;
      this.#drop(oldest, pending, 'memory');
    }
  }

  #count(source: string, bytes: number): void {
    this.#pendingBytes += bytes;
    const its = this.#bySource.get(source);
    if (its) its.bytes += bytes;
  }

  #drop(key: string, pending: Pending, reason: DropReason): void {
    this.#forget(key, pending);
    // Chunks of it that still arrive are useless without those dropped.
    this.#remember(key);
    this.#onDrop(pending.header, reason);
  }

  #forget(key: string, pending: Pending): void {
    pending.timer.cancel();
    if (!this.#pending.delete(key)) return;
    this.#count(pending.source, -pending.bytes);
    const its = this.#bySource.get(pending.source);
    its?.keys.delete(key);
    if (its?.keys.size === 0) this.#bySource.delete(pending.source);
  }

  #remember(key: string): void {
    this.#finished.add(key);
    if (this.#finished.size > this.#limits.rememberedMessages) {
      for (const oldest of this.#finished) {
        this.#finished.delete(oldest);
        break;
      }
    }
  }
}
