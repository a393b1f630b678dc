// [3] From texts to messages: opened by their sender's channel, put together, parsed; all else dropped and counted.
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { AnyMessage, MessageType } from '../../../protocol/message.ts';
import { Reassembler } from '../../../protocol/reassembly.ts';
import { type Channel, type ClientKeys, channelFromSender } from '../../../protocol/sealing.ts';
import { decodeMessage, parseWire } from '../../../protocol/wire.ts';

/** What a client may be sent; the other messages are its own. */
export type InboundMessage = Extract<
  AnyMessage,
  { type: 'invoke' | 'ack' | 'probe' | 'cancel' | 'displaced' }
>;

export interface InboxOptions {
  readonly keys: ClientKeys;
  readonly stage: string;
  readonly clock: Clock;
  /** A whole message, and the channel by which its sender can be answered. */
  readonly onMessage: (message: InboundMessage, channel: Channel) => void;
  /** Why one was dropped, in a few words without its payload, and how many were so far. */
  readonly onDrop: (reason: string, dropped: number) => void;
}

/** Senders are stub instances; each costs two keys. */
const keptChannels = 512;

/** Everything that arrives at one client, over all of its connections. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #reassembler: Reassembler;
  // A promise per sender, so that chunks arriving together share one key agreement.
  readonly #channels = new Map<string, Promise<Channel | undefined>>();
  #closed = false;
  #dropped = 0;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#reassembler = new Reassembler(options.clock, (header, reason) =>
      this.#drop(`unfinished ${header.type} of ${header.id}: ${reason}`),
    );
  }

  /** Takes one text from the relay. Never rejects. */
  async receive(text: string): Promise<void> {
    if (this.#closed) return;
    const chunk = parseWire(text);
    if (typeof chunk === 'string') return this.#drop(chunk);
    const { header, headerText, sealed } = chunk;
    if (header.enc === undefined) return this.#drop(`${header.type} without a sender's key`);
    const channel = await this.#channel(header.enc);
    const opened = channel?.open(headerText, sealed);
    if (channel === undefined || opened === undefined) {
      return this.#drop(`${header.type} that does not open with this client's key`);
    }
    if (this.#closed) return;
    const bytes = this.#reassembler.accept(channel.enc, header, opened);
    if (bytes === undefined) return;
    let message: AnyMessage;
    try {
      message = await decodeMessage(header, bytes);
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
  }

  #channel(enc: string): Promise<Channel | undefined> {
    const { keys, stage } = this.#options;
    const known = this.#channels.get(enc);
    const channel = known ?? channelFromSender(keys, enc, stage).catch(() => undefined);
    // Least recently used first, so that the oldest goes.
    this.#channels.delete(enc);
    this.#channels.set(enc, channel);
    const [oldest] = this.#channels.size > keptChannels ? this.#channels.keys() : [];
    if (oldest !== undefined) this.#channels.delete(oldest);
    return channel;
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
