// Whole messages are unpacked a few at a time, their senders in turn, under a bound on what waits for it.
import type { AnyMessage, MessageHeader } from './message.ts';
import { decodeMessage } from './wire.ts';

interface UnpackerLimits {
  /** Inflations under way. zlib's advance together, 16 KB at a time: all that are under way grow at once. */
  readonly atOnce: number;
  /** Bytes of messages that wait for their turn; beyond it the newest of anyone who has most is dropped. */
  readonly maxWaitingBytes: number;
}

/** Two keep both of a small machine's cores busy, and are 14 MiB at most. */
const defaultUnpackerLimits: UnpackerLimits = { atOnce: 2, maxWaitingBytes: 64 * 1024 * 1024 };

/** What a message that waits takes besides its bytes, so that many small ones have a bound too. */
const waitingOverheadBytes = 1024;

interface Waiting {
  readonly header: MessageHeader;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly resolve: (message: Promise<AnyMessage>) => void;
}

/** One for all that arrives at a client or a stub. */
export class Unpacker {
  readonly #limits: UnpackerLimits;
  /** By sender, in the order of their next turn. */
  readonly #queues = new Map<string, { readonly waiting: Waiting[]; bytes: number }>();
  #waitingBytes = 0;
  #underWay = 0;

  constructor(limits: UnpackerLimits = defaultUnpackerLimits) {
    this.#limits = limits;
  }

  /** Bytes that wait for their turn, with 1 KB of overhead each. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Rejects in a few words, as `decodeMessage` does, also for a message that there is no room for. */
  async unpack(sender: string, header: MessageHeader, bytes: Uint8Array): Promise<AnyMessage> {
    // As it is, it takes no more than it has taken already.
    if (!header.gzip && !header.br) return decodeMessage(header, bytes);
    if (this.#underWay < this.#limits.atOnce) return this.#begin(header, bytes);
    return new Promise((resolve) => {
      this.#push(sender, { header, bytes, size: bytes.length + waitingOverheadBytes, resolve });
      while (this.#waitingBytes > this.#limits.maxWaitingBytes) this.#dropOne();
    });
  }

  /** Forgets whatever waits: its promises never settle. */
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

  /** The first of the sender whose turn it is, who then is the last. */
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

  /** A sender that floods drops its own messages only, as long as no other has sent as much. */
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
