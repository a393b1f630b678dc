// [3] From texts to messages: opened by their sender's channel, put together and parsed; everything else is dropped and counted.
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type {
  AnyMessage,
  Message,
  MessageHead,
  MessageHeader,
  MessageType,
} from '../../../protocol/message.ts';
import { Reassembler } from '../../../protocol/reassembly.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { Unpacker } from '../../../protocol/unpacker.ts';
import { parseWire } from '../../../protocol/wire.ts';
import { invokeHeadOf } from './first-chunk.ts';
import { Receipts, type ReceiptsOptions } from './receipts.ts';
import { Senders, type SendersOptions } from './senders.ts';

/** Whether a client may receive a type; the others are those that only clients send, to stubs. */
const isInboundType = {
  invoke: true,
  ack: true,
  part: false,
  result: false,
  error: false,
  probe: true,
  cancel: true,
  moved: false,
  displaced: true,
  observed: true,
} as const satisfies Record<MessageType, boolean>;

/** The messages that a client may receive. */
export type InboundMessage = {
  [T in MessageType]: (typeof isInboundType)[T] extends true ? Message<T> : never;
}[MessageType];

/** An invocation that is not run, since its sender lacks the secret: from a stub of module 0.1, or forged. */
export interface UnprovenInvoke {
  readonly id: string;
  readonly head: MessageHead<'invoke'>;
}

interface InboxOptions extends SendersOptions {
  readonly clock: Clock;
  /** Receives each whole message, and the channel for answers to its sender. */
  readonly onMessage: (message: InboundMessage, channel: Channel) => void;
  /** Called at most a few times per second. */
  readonly onUnproven: (invoke: UnprovenInvoke, channel: Channel) => void;
  /** An invocation is still arriving, which its stub should be told; `count` starts at 1. */
  readonly onReceiving: ReceiptsOptions['tell'];
  /** Receives a short reason without the payload, and the number of messages dropped so far. */
  readonly onDrop: (reason: string, dropped: number) => void;
}

/** Everything that arrives at one client, on all of its connections. */
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

  /** Stops processing and reporting. */
  close(): void {
    this.#closed = true;
    this.#reassembler.close();
    this.#receipts.close();
    this.#unpacker.close();
  }

  /** Answers an outdated stub with the reason; drops everything else from a sender without the secret. */
  async #refuse(header: MessageHeader, chunk: Buffer, channel: Channel): Promise<void> {
    const head = await invokeHeadOf(header, chunk);
    if (head === undefined) return this.#drop(`${header.type} of an unauthenticated sender`);
    if (!this.#closed) this.#options.onUnproven({ id: header.id, head }, channel);
  }

  #drop(reason: string): void {
    if (this.#closed) return;
    this.#dropped += 1;
    this.#options.onDrop(reason, this.#dropped);
  }
}

function isInbound(message: AnyMessage): message is InboundMessage {
  return isInboundType[message.type];
}
