// [3] Messages out: sealed as memory allows, cut as the line takes them, and queued for the relay.
import type { Clock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import type { Message, MessageType } from '../../../protocol/message.ts';
import type { PostOutcome, RelayPoster } from '../../../protocol/relay-post.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { type Cut, encodeMessage } from '../../../protocol/wire.ts';
import { Destination } from './destination.ts';
import { PostQueue } from './post-queue.ts';
import { Room } from './room.ts';
import { openAhead } from './warm-connections.ts';

interface OutboxOptions {
  /** The relay's stage URL. */
  readonly url: string;
  readonly poster: RelayPoster;
  /** With connections of its own for large messages; without it they share those of the poster. */
  readonly bulkHttp: HttpClient | undefined;
  readonly clock: Clock;
}

/** The texts of a message, and how it was cut into them. */
export interface Sealed {
  readonly texts: readonly string[];
  readonly cut: Cut;
}

export interface PostOptions {
  /** As an earlier sending of the same message was cut, default: as the line takes it. */
  readonly cut?: Cut;
  /** Send only these chunks, by number. */
  readonly chunks?: ReadonlySet<number>;
  /** Called before anything is posted. */
  readonly onSealed?: (sealed: Sealed) => void;
}

/**
 * Messages with larger bodies than this are sealed as memory allows: five of the largest at one time. A thin line must not
 * have livectl hold each answer a second time.
 */
const smallBytes = 64 * 1024;
const maxSealedBytes = 32 * 1024 * 1024;

/** A message of so many chunks has as many connections opened for it. */
const bulkConnections = 8;

/** Receipts have numbers that no message of the session reaches: a stub takes each number of a type once. */
const firstReceipt = 1_000_000;
const receiptBoundMs = 3000;
const nothing = new Uint8Array(0);

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queue: PostQueue;
  readonly #room = new Room(maxSealedBytes);
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#queue = new PostQueue(options);
  }

  /** Seals and posts one message to a stub's connection, cut as the line takes it; never rejects but for LD_TOO_LARGE. */
  async post<T extends MessageType>(
    to: Destination | string,
    channel: Channel,
    message: Message<T>,
    untilMs: number,
    { chunks, cut = this.#queue.line.cut, onSealed }: PostOptions = {},
  ): Promise<PostOutcome> {
    const { length } = message.body;
    const giveBack = length > smallBytes ? await this.#room.take(length) : undefined;
    try {
      const texts = await encodeMessage(message, channel, false, cut);
      onSealed?.({ texts, cut });
      this.#openForBulk(texts.length);
      return await this.#post(to, chunks ? texts.filter((_, seq) => chunks.has(seq)) : texts, untilMs);
    } finally {
      giveBack?.();
    }
  }

  /** A message towards another client, which learns the sender's key from the message. */
  async postToClient<T extends MessageType>(
    connectionId: string,
    channel: Channel,
    message: Message<T>,
    untilMs: number,
  ): Promise<PostOutcome> {
    return this.#post(connectionId, await encodeMessage(message, channel, true), untilMs);
  }

  /** Tells a stub, for the `count`th time, that its invocation is on its way in. Never rejects. */
  async postReceipt(id: string, count: number, replyTo: string, channel: Channel): Promise<void> {
    const attempt = firstReceipt + count;
    const receipt = { type: 'ack', id, attempt, head: { receiving: true }, body: nothing } as const;
    await this.post(replyTo, channel, receipt, this.#options.clock.now() + receiptBoundMs);
  }

  /** The network is another one, perhaps: what was learnt of the line is forgotten. */
  forgetLine(): void {
    this.#queue.line.forget();
  }

  /** The way to the relay was cut and is open again, see `PostQueue`. */
  renew(): void {
    this.#queue.renew();
  }

  /** Sends nothing more, tries no post again. */
  close(): void {
    this.#closed = true;
    this.#queue.close();
    this.#room.close();
  }

  /** Handshakes beside the first chunks: those after them find connections open, and show what the line takes. */
  #openForBulk(texts: number): void {
    const { bulkHttp, url } = this.#options;
    if (this.#closed || bulkHttp === undefined) return;
    if (texts >= bulkConnections && this.#queue.largeUnderWay === 0)
      openAhead(bulkHttp, url, bulkConnections);
  }

  #post(to: Destination | string, texts: readonly string[], untilMs: number): Promise<PostOutcome> {
    return this.#queue.post(typeof to === 'string' ? new Destination(to) : to, texts, untilMs);
  }
}
