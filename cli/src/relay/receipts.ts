// [3] Confirms to stubs that their invocation is arriving when that takes long, so that they send no second copy.
import type { Clock } from '../../../protocol/clock.ts';
import type { MessageHeader } from '../../../protocol/message.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { invokeHeadOf } from './first-chunk.ts';

export interface ReceiptsOptions {
  readonly clock: Clock;
  /** `count` is the number of the receipt, from 1. */
  readonly tell: (id: string, count: number, replyTo: string, channel: Channel) => void;
}

/** A stub waits at least 3 s for an ack; a message that is whole by then needs no receipt. */
export const receiptAfterMs = 500;

/** Maximum number of invocations arriving at once; beyond it the oldest get no receipt. */
const maxEntries = 256;

interface Entry {
  /** Undefined until the first chunk has arrived. */
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

  /** A chunk of an authenticated sender's message has arrived, and others are missing. Never rejects. */
  async chunk(header: MessageHeader, chunk: Buffer, channel: Channel): Promise<void> {
    // A message of a single chunk is whole: it arrived again because its post was repeated.
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
