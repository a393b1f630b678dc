// A client for tests, made of the protocol's parts alone: opens what stubs send and answers as told.
import { systemClock } from '../../../protocol/clock.ts';
import type { ClientItem } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { AnyMessage, Message, MessageType } from '../../../protocol/message.ts';
import { Reassembler } from '../../../protocol/reassembly.ts';
import { type PostOutcome, RelayPoster } from '../../../protocol/relay-post.ts';
import { openRelaySocket, type RelaySocket } from '../../../protocol/relay-socket.ts';
import {
  type Channel,
  type ClientKeys,
  channelFromSender,
  channelToClient,
  generateClientKeys,
} from '../../../protocol/sealing.ts';
import { clientItem, type DirectoryTable, testCredentials } from '../../../protocol/test/directory-table.ts';
import type { FakeRelay } from '../../../protocol/test/fake-relay.ts';
import { stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { decodeMessage, encodeMessage, parseWire } from '../../../protocol/wire.ts';
import { stage } from './lambda.ts';

/** A message from a stub, and how to answer it. */
export interface Received {
  readonly message: AnyMessage;
  readonly channel: Channel;
}

export class FakeClient {
  /** Everything that arrived, in the order it became whole. */
  readonly received: Received[] = [];
  /** Called for each message; the default leaves it to the test to answer. */
  onMessage: (received: Received) => void = () => undefined;
  readonly #relay: FakeRelay;
  readonly #table: DirectoryTable;
  readonly #fields: Partial<ClientItem>;
  readonly #keys: ClientKeys;
  readonly #http = new HttpClient();
  readonly #poster: RelayPoster;
  readonly #reassembler = new Reassembler(systemClock, () => undefined);
  readonly #channels = new Map<string, Promise<Channel>>();
  readonly #watchers = new Set<() => void>();
  #socket: RelaySocket | undefined;
  #parts = 1000;
  #item: ClientItem | undefined;

  /** Connects and registers itself. */
  static async serve(
    relay: FakeRelay,
    table: DirectoryTable,
    fields: Partial<ClientItem> = {},
  ): Promise<FakeClient> {
    const client = new FakeClient(relay, table, await generateClientKeys(), fields);
    await client.connect();
    return client;
  }

  private constructor(
    relay: FakeRelay,
    table: DirectoryTable,
    keys: ClientKeys,
    fields: Partial<ClientItem>,
  ) {
    this.#relay = relay;
    this.#table = table;
    this.#keys = keys;
    this.#fields = fields;
    this.#poster = new RelayPoster({
      url: relay.url(),
      region: 'eu-west-1',
      http: this.#http,
      credentials: () => testCredentials,
      clock: systemClock,
    });
  }

  get connectionId(): string {
    return this.#socket?.connectionId ?? '';
  }

  /** Opens a new connection with the same keys and tells the table of it. */
  async connect(): Promise<void> {
    this.#socket = await openRelaySocket({
      url: this.#relay.url(),
      region: 'eu-west-1',
      credentials: testCredentials,
      clock: systemClock,
      timeoutMs: 4000,
      onText: (text) => void this.#receive(text),
      onClose: () => undefined,
    });
    const { connectionId } = this.#socket;
    this.#item = clientItem({ stage, connectionId, publicKey: this.#keys.publicKey, ...this.#fields });
    await this.#table.put(this.#item);
  }

  /** The next message of a type that no earlier call has returned. */
  async next<T extends MessageType>(type: T): Promise<{ message: Message<T>; channel: Channel }> {
    return new Promise((resolve) => {
      const look = () => {
        const index = this.received.findIndex(({ message }) => message.type === type);
        const [found] = index < 0 ? [] : this.received.splice(index, 1);
        if (found === undefined) return;
        this.#watchers.delete(look);
        resolve(found as { message: Message<T>; channel: Channel });
      };
      this.#watchers.add(look);
      look();
    });
  }

  async send(to: string, channel: Channel, message: Message): Promise<PostOutcome> {
    const texts = await encodeMessage(message, channel, false);
    return this.#poster.post(to, texts, Date.now() + 5000);
  }

  acknowledge({
    message,
    channel,
  }: {
    message: Message<'invoke' | 'probe'>;
    channel: Channel;
  }): Promise<PostOutcome> {
    const { attempt, id } = message;
    return this.send(message.head.replyTo, channel, {
      type: 'ack',
      id,
      attempt,
      head: {},
      body: new Uint8Array(0),
    });
  }

  /** Sends the function's answer as the bytes it is. */
  answer(
    { message, channel }: { message: Message<'invoke' | 'probe'>; channel: Channel },
    body: Uint8Array | string,
  ): Promise<PostOutcome> {
    const { attempt, id } = message;
    const head = { contentType: 'application/json', codeMs: 1 };
    return this.send(message.head.replyTo, channel, {
      type: 'result',
      id,
      attempt,
      head,
      body: Buffer.from(body),
    });
  }

  /** Sends a piece of a streamed response. */
  part(
    { message, channel }: { message: Message<'invoke' | 'probe'>; channel: Channel },
    index: number,
    body: Uint8Array | string,
  ): Promise<PostOutcome> {
    this.#parts += 1;
    return this.send(message.head.replyTo, channel, {
      type: 'part',
      id: message.id,
      attempt: this.#parts,
      head: { index, contentType: 'text/plain' },
      body: Buffer.from(body),
    });
  }

  /** Ends a streamed response of so many parts. */
  end(
    { message, channel }: { message: Message<'invoke' | 'probe'>; channel: Channel },
    parts: number,
    body: Uint8Array | string = '',
  ): Promise<PostOutcome> {
    this.#parts += 1;
    return this.send(message.head.replyTo, channel, {
      type: 'result',
      id: message.id,
      attempt: this.#parts,
      head: { contentType: 'text/plain', codeMs: 1, parts },
      body: Buffer.from(body),
    });
  }

  /** Sends the Runtime API's error JSON. */
  fail(
    { message, channel }: { message: Message<'invoke'>; channel: Channel },
    error: unknown,
    parts?: number,
  ): Promise<PostOutcome> {
    const { attempt, id } = message;
    const body = Buffer.from(typeof error === 'string' ? error : JSON.stringify(error));
    return this.send(message.head.replyTo, channel, {
      type: 'error',
      id,
      attempt,
      head: { codeMs: 1, ...(parts === undefined ? {} : { parts }) },
      body,
    });
  }

  /** A channel of its own making to another client, whose public key is no secret. */
  channelTo(other: FakeClient): Promise<Channel> {
    return channelToClient(other.#keys.publicKey, stage, stageSecret);
  }

  /** Leaves the table. */
  async leave(): Promise<void> {
    if (this.#item) await this.#table.remove(this.#item);
  }

  /** Ends the connection; a post to it gets 410 from here on, since one that reaches a closing socket is lost. */
  close(): void {
    this.#socket?.close();
    this.#relay.peers.delete(this.connectionId);
    this.#http.close();
    this.#reassembler.close();
  }

  async #receive(text: string): Promise<void> {
    const chunk = parseWire(text);
    if (typeof chunk === 'string') throw new Error(chunk);
    const { header, headerText, sealed } = chunk;
    const enc = header.enc ?? '';
    const agreed =
      this.#channels.get(enc) ??
      channelFromSender(this.#keys, enc, stage, header.psk === stageSecret.id ? stageSecret : undefined);
    this.#channels.set(enc, agreed);
    const channel = await agreed;
    const opened = channel.open(headerText, sealed);
    if (opened === undefined) throw new Error(`${header.type} does not open`);
    const bytes = this.#reassembler.accept(enc, header, opened);
    if (bytes === undefined) return;
    const received = { message: await decodeMessage(header, bytes), channel };
    this.received.push(received);
    this.onMessage(received);
    for (const watcher of [...this.#watchers]) watcher();
  }
}
