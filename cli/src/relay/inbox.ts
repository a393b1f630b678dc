// [3] From texts to messages: opened by their sender's channel, put together, parsed; all else dropped and counted.
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { AnyMessage, MessageHead, MessageHeader, MessageType } from '../../../protocol/message.ts';
import { Reassembler } from '../../../protocol/reassembly.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { Unpacker } from '../../../protocol/unpacker.ts';
import { parseWire } from '../../../protocol/wire.ts';
import { invokeHeadOf } from './first-chunk.ts';
import { Receipts, type ReceiptsOptions } from './receipts.ts';
import { Senders, type SendersOptions } from './senders.ts';

/** What a client may be sent; the other messages are its own. */
export type InboundMessage = Extract<
  AnyMessage,
  { type: 'invoke' | 'ack' | 'probe' | 'cancel' | 'displaced' }
>;

/** An invocation that is not run, since its sender does not have the secret: from a stub of module 0.1, or forged. */
export interface UnprovenInvoke {
  readonly id: string;
  readonly head: MessageHead<'invoke'>;
}

interface InboxOptions extends SendersOptions {
  readonly clock: Clock;
  /** A whole message, and the channel by which its sender can be answered. */
  readonly onMessage: (message: InboundMessage, channel: Channel) => void;
  /** Called a few times a second at most. */
  readonly onUnproven: (invoke: UnprovenInvoke, channel: Channel) => void;
  /** An invocation is still arriving, which its stub should know; `count` from 1. */
  readonly onReceiving: ReceiptsOptions['tell'];
  /** Why one was dropped, in a few words without its payload, and how many were so far. */
  readonly onDrop: (reason: string, dropped: number) => void;
}

/** Everything that arrives at one client, over all of its connections. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #reassembler: Reassembler;
  readonly #senders: Senders;
  readonly #unpacker = new Unpacker();
  readonly #receipts: Receipts;
  #closed = false;
  #dropped = 0;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#senders = new Senders(options);
    this.#receipts = new Receipts({ clock: options.clock, tell: options.onReceiving });
    this.#reassembler = new Reassembler(options.clock, (header, reason) =>
      this.#drop(`unfinished ${header.type} of ${header.id}: ${reason}`),
    );
  }

  /** Takes one text from the relay. Never rejects. */
  async receive(text: string): Promise<void> {
    if (this.#closed) return;
    const chunk = parseWire(text);
    if (typeof chunk === 'string') return this.#drop(chunk);
    const opened = await this.#senders.open(chunk);
    if (typeof opened === 'string') return this.#drop(opened);
    if (this.#closed || opened === undefined) return;
    const { header } = chunk;
    const { channel } = opened;
    if (opened.isUnproven) return this.#refuse(header, opened.chunk, channel);
    const bytes = this.#reassembler.accept(channel.enc, header, opened.chunk);
    if (bytes === undefined) return this.#receipts.chunk(header, opened.chunk, channel);
    this.#receipts.done(header, channel);
    let message: AnyMessage;
    try {
      message = await this.#unpacker.unpack(channel.enc, header, bytes);
    } catch (error) {
      return this.#drop(messageOf(error));
    }
    if (this.#closed) return;
    if (isInbound(message)) this.#options.onMessage(message, channel);
    else this.#drop(`${message.type}, which only clients send`);
  }

  /** Nothing is taken or reported any more. */
  close(): void {
    this.#closed = true;
    this.#reassembler.close();
    this.#receipts.close();
    this.#unpacker.close();
  }

  /** An old stub is told why; everything else from a sender without the secret is dropped. */
  async #refuse(header: MessageHeader, chunk: Buffer, channel: Channel): Promise<void> {
    const head = await invokeHeadOf(header, chunk);
    if (head === undefined) return this.#drop(`${header.type} of a sender that does not prove itself`);
    if (!this.#closed) this.#options.onUnproven({ id: header.id, head }, channel);
  }

  #drop(reason: string): void {
    if (this.#closed) return;
    this.#dropped += 1;
    this.#options.onDrop(reason, this.#dropped);
  }
}

/** What only clients send to stubs. */
const ownTypes: ReadonlySet<MessageType> = new Set(['part', 'result', 'error', 'moved']);

function isInbound(message: AnyMessage): message is InboundMessage {
  return !ownTypes.has(message.type);
}
