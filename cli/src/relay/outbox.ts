// [3] Outgoing messages: sealed as memory allows, cut as the line allows, and queued for the relay.
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
  /** Has its own connections for large messages; without it they share those of the poster. */
  readonly bulkHttp: HttpClient | undefined;
  readonly clock: Clock;
}

/** The texts of a message, and how it was cut. */
export interface Sealed {
  readonly texts: readonly string[];
  readonly cut: Cut;
}

export interface PostOptions {
  /** The cut of an earlier sending of the same message; default: as the line allows. */
  readonly cut?: Cut;
  /** Send only these chunks, by index. */
  readonly chunks?: ReadonlySet<number>;
  /** Called before anything is posted. */
  readonly onSealed?: (sealed: Sealed) => void;
}

/**
 * Messages with larger bodies than this are sealed as memory allows, at most five of the largest at once: on a slow line,
 * livectl must not hold each answer a second time.
 */
const smallBytes = 64 * 1024;
const maxSealedBytes = 32 * 1024 * 1024;

/** Maximum number of connections opened for a message with many chunks. */
const bulkConnections = 8;

/** Receipts are numbered above any message of the session, since a stub accepts each number of a type once. */
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

  /** Seals and posts one message to a stub's connection, cut as the line allows; rejects only with LD_TOO_LARGE. */
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

  /** Posts a message to another client, which learns the sender's key from it. */
  async postToClient<T extends MessageType>(
    connectionId: string,
    channel: Channel,
    message: Message<T>,
    untilMs: number,
  ): Promise<PostOutcome> {
    return this.#post(connectionId, await encodeMessage(message, channel, true), untilMs);
  }

  /** Tells a stub, for the `count`th time, that its invocation is arriving. Never rejects. */
  async postReceipt(id: string, count: number, replyTo: string, channel: Channel): Promise<void> {
    const attempt = firstReceipt + count;
    const receipt = { type: 'ack', id, attempt, head: { receiving: true }, body: nothing } as const;
    await this.post(replyTo, channel, receipt, this.#options.clock.now() + receiptBoundMs);
  }

  /** Discards what is known of the line, since the network may have changed. */
  forgetLine(): void {
    this.#queue.line.forget();
  }

  /** The relay is reachable again after an outage, see `PostQueue`. */
  renew(): void {
    this.#queue.renew();
  }

  /** Sends nothing more and retries no post. */
  close(): void {
    this.#closed = true;
    this.#queue.close();
    this.#room.close();
  }

  /** Opens connections beside the first chunks: later chunks find them open, and show the line's capacity. */
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
