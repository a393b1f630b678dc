// [3] The client's link to the relay: one socket kept up, sealed chunks in, whole messages out to the session.
import type { Agent } from 'node:http';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { AnyMessage, Message, MessageType } from '../../../protocol/message.ts';
import { Reassembler } from '../../../protocol/reassembly.ts';
import { type PostOutcome, RelayPoster } from '../../../protocol/relay-post.ts';
import { openRelaySocket, type RelaySocket } from '../../../protocol/relay-socket.ts';
import { type Channel, type ClientKeys, channelFromSender } from '../../../protocol/sealing.ts';
import type { AwsCredentials } from '../../../protocol/signature.ts';
import { decodeMessage, encodeMessage, parseWire } from '../../../protocol/wire.ts';

/** What the link reports besides messages. */
export type LinkEvent =
  | { readonly type: 'lost'; readonly reason: string }
  /** Still trying; said once per spell, with the first failure. */
  | { readonly type: 'retrying'; readonly reason: string }
  | { readonly type: 'reconnected'; readonly ms: number }
  | { readonly type: 'dropped'; readonly reason: string; readonly dropped: number };

export interface RelayLinkOptions {
  /** The relay's stage URL. */
  readonly url: string;
  readonly region: string;
  readonly stage: string;
  readonly keys: ClientKeys;
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** A whole message, and the channel by which its sender can be answered. */
  readonly onMessage: (message: AnyMessage, channel: Channel) => void;
  /** Before a new connection id counts: the directory must carry it. A rejection makes the link try again. */
  readonly onConnected: (connectionId: string) => Promise<void>;
  readonly onEvent: (event: LinkEvent) => void;
  readonly agent?: Agent | undefined;
}

const connectTimeoutMs = 10_000;

/** API Gateway ends a connection after 2 h (platform facts); a new one is made ready before that. */
const renewAfterMs = 110 * 60_000;

/** Stubs learn of the new connection by a 410, so the old one may go soon; posts under way still reach it. */
const oldSocketGraceMs = 30_000;

const longestRetryMs = 5000;

/** Senders are stub instances; each costs two keys. */
const keptChannels = 512;

/** Keeps a connection id that the directory knows, for as long as it is not closed. */
export class RelayLink {
  readonly #options: RelayLinkOptions;
  readonly #poster: RelayPoster;
  readonly #reassembler: Reassembler;
  // A promise per sender, so that chunks arriving together share one key agreement.
  readonly #channels = new Map<string, Promise<Channel | undefined>>();
  #socket: RelaySocket | undefined;
  #renewal: Timer | undefined;
  #closed = false;
  #dropped = 0;

  constructor(options: RelayLinkOptions) {
    this.#options = options;
    const { url, region, http, credentials, clock } = options;
    this.#poster = new RelayPoster({ url, region, http, credentials, clock });
    this.#reassembler = new Reassembler(clock, (header, reason) =>
      this.#drop(`unfinished ${header.type} of ${header.id}: ${reason}`),
    );
  }

  /** Connects for the first time. Rejects with LD_RELAY or what `onConnected` rejected with. */
  async start(): Promise<void> {
    await this.#connect();
    void this.#poster.warm();
  }

  /** Messages dropped so far, for whatever reason. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Seals and posts one message to a stub's connection; never rejects but for LD_TOO_LARGE. */
  async post<T extends MessageType>(
    connectionId: string,
    channel: Channel,
    message: Message<T>,
    untilMs: number,
  ): Promise<PostOutcome> {
    return this.#poster.post(connectionId, await encodeMessage(message, channel, false), untilMs);
  }

  /** The same towards another client, which learns the sender's key from the message. */
  async postToClient<T extends MessageType>(
    connectionId: string,
    channel: Channel,
    message: Message<T>,
    untilMs: number,
  ): Promise<PostOutcome> {
    return this.#poster.post(connectionId, await encodeMessage(message, channel, true), untilMs);
  }

  /** Takes no more messages and closes the socket; posting still works until the HTTP client is closed. */
  close(): void {
    this.#closed = true;
    this.#renewal?.cancel();
    this.#reassembler.close();
    this.#socket?.close();
  }

  async #connect(): Promise<void> {
    const { url, region, credentials, clock, agent } = this.#options;
    const socket: RelaySocket = await openRelaySocket({
      url,
      region,
      credentials: await credentials(),
      clock,
      timeoutMs: connectTimeoutMs,
      onText: (text) => void this.#receive(text),
      onClose: (reason) => this.#onClose(socket, reason),
      agent,
    });
    try {
      await this.#options.onConnected(socket.connectionId);
    } catch (error) {
      socket.close();
      throw error;
    }
    if (this.#closed) return socket.close();
    const old = this.#socket;
    this.#socket = socket;
    if (old) clock.after(oldSocketGraceMs, () => old.close(), { background: true });
    this.#renewal?.cancel();
    this.#renewal = clock.after(renewAfterMs, () => void this.#reconnect(), { background: true });
  }

  #onClose(socket: RelaySocket, reason: string): void {
    if (this.#closed || this.#socket !== socket) return;
    this.#socket = undefined;
    this.#options.onEvent({ type: 'lost', reason });
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    const { clock, onEvent } = this.#options;
    const startedAt = clock.now();
    const wasLost = this.#socket === undefined;
    let ceiling = 100;
    for (let failures = 0; !this.#closed; failures += 1) {
      try {
        await this.#connect();
        if (wasLost) onEvent({ type: 'reconnected', ms: clock.now() - startedAt });
        return;
      } catch (error) {
        if (failures === 0) onEvent({ type: 'retrying', reason: messageOf(error) });
        const wait = Math.random() * ceiling;
        ceiling = Math.min(ceiling * 2, longestRetryMs);
        await new Promise<void>((resolve) => clock.after(wait, resolve));
      }
    }
  }

  async #receive(text: string): Promise<void> {
    const chunk = parseWire(text);
    if (typeof chunk === 'string') return this.#drop(chunk);
    const { header, headerText, sealed } = chunk;
    if (header.enc === undefined) return this.#drop(`${header.type} without a sender's key`);
    const channel = await this.#channel(header.enc);
    const opened = channel?.open(headerText, sealed);
    if (channel === undefined || opened === undefined) {
      return this.#drop(`${header.type} that does not open with this client's key`);
    }
    const bytes = this.#reassembler.accept(channel.enc, header, opened);
    if (bytes === undefined || this.#closed) return;
    try {
      this.#options.onMessage(await decodeMessage(header, bytes), channel);
    } catch (error) {
      this.#drop(messageOf(error));
    }
  }

  #channel(enc: string): Promise<Channel | undefined> {
    const { keys, stage } = this.#options;
    const known = this.#channels.get(enc);
    const channel = known ?? channelFromSender(keys, enc, stage).catch(() => undefined);
    // Least recently used first, so that the oldest goes.
    this.#channels.delete(enc);
    this.#channels.set(enc, channel);
    if (this.#channels.size > keptChannels) {
      for (const oldest of this.#channels.keys()) {
        this.#channels.delete(oldest);
        break;
      }
    }
    return channel;
  }

  #drop(reason: string): void {
    this.#dropped += 1;
    this.#options.onEvent({ type: 'dropped', reason, dropped: this.#dropped });
  }
}
