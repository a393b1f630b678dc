// Unpacks whole messages a few at a time, alternating between senders, with a bound on what waits.
import type { AnyMessage, MessageHeader } from './message.ts';
import { decodeMessage } from './wire.ts';

interface UnpackerLimits {
  /** Messages unpacked at once. zlib advances them together, 16 KB at a time, so all of them grow at once. */
  readonly atOnce: number;
  /** Bytes of waiting messages; beyond it the newest one of the sender with the most bytes is dropped. */
  readonly maxWaitingBytes: number;
}

/** Two keep both cores of a small machine busy, and take 14 MiB at most. */
const defaultUnpackerLimits: UnpackerLimits = { atOnce: 2, maxWaitingBytes: 64 * 1024 * 1024 };

/** Overhead of a waiting message beside its bytes, so that many small ones are bounded as well. */
const waitingOverheadBytes = 1024;

interface Waiting {
  readonly header: MessageHeader;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly resolve: (message: Promise<AnyMessage>) => void;
}

/** Handles all messages that arrive at a client or a stub. */
export class Unpacker {
  readonly #limits: UnpackerLimits;
  /** By sender, in the order of their turns. */
  readonly #queues = new Map<string, { readonly waiting: Waiting[]; bytes: number }>();
  #waitingBytes = 0;
  #underWay = 0;

  constructor(limits: UnpackerLimits = defaultUnpackerLimits) {
    this.#limits = limits;
  }

  /** Bytes of waiting messages, with 1 KB of overhead each. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Rejects with a short reason, as `decodeMessage` does, and also if there is no room for the message. */
  async unpack(sender: string, header: MessageHeader, bytes: Uint8Array): Promise<AnyMessage> {
    // Uncompressed, it takes no more memory than it does already.
    if (!header.gzip && !header.br) return decodeMessage(header, bytes);
    if (this.#underWay < this.#limits.atOnce) return this.#begin(header, bytes);
    return new Promise((resolve) => {
      this.#push(sender, { header, bytes, size: bytes.length + waitingOverheadBytes, resolve });
      while (this.#waitingBytes > this.#limits.maxWaitingBytes) this.#dropOne();
    });
  }

  /** Forgets all waiting messages: their promises never settle. */
  close(): void {
    this.#queues.clear();
    this.#waitingBytes = 0;
  }

  async #begin(header: MessageHeader, bytes: Uint8Array): Promise<AnyMessage> {
    this.#underWay += 1;
    try {
      return await decodeMessage(header, bytes);
    } finally {
      this.#underWay -= 1;
      const next = this.#shift();
      if (next) next.resolve(this.#begin(next.header, next.bytes));
    }
  }

  #push(sender: string, waiting: Waiting): void {
    const queue = this.#queues.get(sender) ?? { waiting: [], bytes: 0 };
    queue.waiting.push(waiting);
    queue.bytes += waiting.size;
    this.#waitingBytes += waiting.size;
    this.#queues.set(sender, queue);
  }

  /** The first message of the sender whose turn it is; that sender then moves to the end. */
  #shift(): Waiting | undefined {
    const [next] = this.#queues;
    if (next === undefined) return undefined;
    const [sender, queue] = next;
    this.#queues.delete(sender);
    const waiting = queue.waiting.shift();
    if (waiting === undefined) return undefined;
    queue.bytes -= waiting.size;
    this.#waitingBytes -= waiting.size;
    if (queue.waiting.length > 0) this.#queues.set(sender, queue);
    return waiting;
  }

  /** A sender that floods only loses its own messages, unless another one has sent as much. */
  #dropOne(): void {
    let most: [sender: string, queue: { readonly waiting: Waiting[]; bytes: number }] | undefined;
    for (const each of this.#queues) if (each[1].bytes > (most?.[1].bytes ?? 0)) most = each;
    if (most === undefined) return;
    const [sender, queue] = most;
    const newest = queue.waiting.pop();
    if (newest === undefined) return;
    queue.bytes -= newest.size;
    this.#waitingBytes -= newest.size;
    if (queue.waiting.length === 0) this.#queues.delete(sender);
    newest.resolve(Promise.reject(new Error(`${newest.header.type}: more than can be unpacked in time`)));
  }
}
