// [3] Invocations that take their time to arrive: their stubs are told that they do, and send no second copy.
import type { Clock } from '../../../protocol/clock.ts';
import type { MessageHeader } from '../../../protocol/message.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { invokeHeadOf } from './first-chunk.ts';

export interface ReceiptsOptions {
  readonly clock: Clock;
  /** `count` is how often that happened, from 1. */
  readonly tell: (id: string, count: number, replyTo: string, channel: Channel) => void;
}

/** A stub waits 3 s for an ack at least; a message that is whole by then is acknowledged as a whole. */
export const receiptAfterMs = 500;

/** Invocations arriving at one time; beyond that, the oldest get no receipt. */
const maxEntries = 256;

interface Entry {
  /** Undefined until its first chunk is there. */
  replyTo: string | undefined;
  isTimed: boolean;
  count: number;
}

export class Receipts {
  readonly #options: ReceiptsOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: ReceiptsOptions) {
    this.#options = options;
  }

  /** A chunk of a proven sender's message has come, and some are missing. Never rejects. */
  async chunk(header: MessageHeader, chunk: Buffer, channel: Channel): Promise<void> {
    // A single one that was whole is here again: its post went out twice.
    if (header.type !== 'invoke' || header.total === 1) return;
    const key = keyOf(header, channel);
    const entry = this.#entries.get(key) ?? { replyTo: undefined, isTimed: false, count: 0 };
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.size > maxEntries ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    if (!entry.isTimed) {
      entry.isTimed = true;
      this.#options.clock.after(receiptAfterMs, () => this.#tell(key, entry, header.id, channel), {
        background: true,
      });
    }
    const head = await invokeHeadOf(header, chunk);
    if (head?.understands?.includes('receiving')) entry.replyTo = head.replyTo;
  }

  /** The message is whole. */
  done(header: MessageHeader, channel: Channel): void {
    this.#entries.delete(keyOf(header, channel));
  }

  close(): void {
    this.#entries.clear();
  }

  #tell(key: string, entry: Entry, id: string, channel: Channel): void {
    entry.isTimed = false;
    if (this.#entries.get(key) !== entry || entry.replyTo === undefined) return;
    entry.count += 1;
    this.#options.tell(id, entry.count, entry.replyTo, channel);
  }
}

function keyOf({ attempt, id }: MessageHeader, channel: Channel): string {
  return `${channel.enc} ${id} ${attempt}`;
}
