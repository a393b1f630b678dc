// livectl's end of a tunnel for tests, of the protocol's parts alone: an item in the table, a socket, a link.
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../../protocol/clock.ts';
import type { ClientItem } from '../../../protocol/directory.ts';
import { tunnelItemPrefix } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { openRelaySocket, type RelaySocket } from '../../../protocol/relay-socket.ts';
import { type ClientKeys, generateClientKeys } from '../../../protocol/sealing.ts';
import { clientItem, type DirectoryTable, testCredentials } from '../../../protocol/test/directory-table.ts';
import type { FakeRelay } from '../../../protocol/test/fake-relay.ts';
import { stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { envelopeOfFirstText, type TunnelEnvelope } from '../../../protocol/tunnel/envelope.ts';
import { type Hello, TunnelLink } from '../../../protocol/tunnel/link.ts';
import { TunnelPoster } from '../../../protocol/tunnel/poster.ts';
import type { TunnelStream } from '../../../protocol/tunnel/stream.ts';
import { stage } from '../harness/lambda.ts';

export class TunnelClient {
  readonly id = randomBytes(16).toString('base64url');
  /** Resolves with the function's hello. */
  readonly hello: Promise<Hello>;
  /** Resolves when the link has ended: `end` of the function, or why it was lost. */
  readonly ended: Promise<string>;
  /** Milliseconds of the function's `drain`. */
  readonly drained: Promise<number>;
  readonly link: TunnelLink;
  /** Texts that arrived, for a test that repeats them. */
  readonly texts: string[] = [];
  /** Texts from the relay that did not open. */
  unopened = 0;
  readonly #relay: FakeRelay;
  readonly #table: DirectoryTable;
  readonly #keys: ClientKeys;
  readonly #fields: Partial<ClientItem>;
  readonly #http = new HttpClient();
  readonly #posts: TunnelPoster;
  #poster: RelayPoster;
  #socket: RelaySocket | undefined;
  #item: ClientItem | undefined;
  #envelope: TunnelEnvelope | undefined;
  /** Texts are opened one after the other. */
  #last: Promise<void> = Promise.resolve();

  /** Connects and writes its item. */
  static async start(
    relay: FakeRelay,
    table: DirectoryTable,
    fields: Partial<ClientItem> = {},
  ): Promise<TunnelClient> {
    const client = new TunnelClient(relay, table, await generateClientKeys(), fields);
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
    this.#posts = new TunnelPoster({
      poster: this.#poster,
      envelope: { seal: (batch) => this.seal(batch) },
      clock: systemClock,
    });
    const settle: {
      hello: (hello: Hello) => void;
      ended: (reason: string) => void;
      drained: (ms: number) => void;
    } = { hello: () => undefined, ended: () => undefined, drained: () => undefined };
    this.hello = new Promise((resolve) => {
      settle.hello = resolve;
    });
    this.ended = new Promise((resolve) => {
      settle.ended = resolve;
    });
    this.drained = new Promise((resolve) => {
      settle.drained = resolve;
    });
    this.link = new TunnelLink({
      side: 'client',
      clock: systemClock,
      post: this.#posts.post,
      batchBytes: 80_000,
      onHello: (hello) => settle.hello(hello),
      onPeer: (connectionId) => {
        this.#posts.connectionId = connectionId;
      },
      onDrain: (ms) => settle.drained(ms),
      onEnd: () => settle.ended('end'),
      onLost: (reason) => settle.ended(reason),
    });
  }

  get connectionId(): string {
    return this.#socket?.connectionId ?? '';
  }

  /** Where the function is reached. */
  get functionConnection(): string {
    return this.#posts.connectionId ?? '';
  }

  /** The text of a batch for the function. */
  seal(batch: Uint8Array): Buffer {
    if (this.#envelope === undefined) throw new Error('the function has not said hello');
    return this.#envelope.seal(batch);
  }

  /** Opens a new connection; the table and the function are told of it. */
  async connect(): Promise<void> {
    this.#socket = await openRelaySocket({
      url: this.#relay.url(),
      region: 'eu-west-1',
      credentials: testCredentials,
      clock: systemClock,
      timeoutMs: 4000,
      onText: (text) => {
        this.texts.push(text);
        this.#last = this.#last.then(() => this.#receive(text));
      },
      onClose: () => undefined,
    });
    await this.write({});
    if (this.#envelope) this.link.resumed(this.connectionId);
  }

  /** Writes its item, with other fields if the test says so. */
  async write(fields: Partial<ClientItem>): Promise<void> {
    const { connectionId } = this;
    this.#item = clientItem({
      stage,
      item: tunnelItemPrefix + this.id,
      connectionId,
      publicKey: this.#keys.publicKey,
      ...this.#fields,
      ...fields,
    });
    await this.#table.put(this.#item);
  }

  /** The relay ends its connection; it opens another one. */
  async reconnect(): Promise<void> {
    this.link.lost();
    this.#relay.disconnect(this.connectionId);
    await this.connect();
  }

  /** Opens a stream; one that is reset is not an uncaught error. */
  begin(host: string, port: number): TunnelStream {
    return this.link.open(host, port).on('error', () => undefined);
  }

  /** The same, and resolves when the function has connected it. */
  async open(host: string, port: number): Promise<TunnelStream> {
    const stream = this.begin(host, port);
    await stream.opened;
    return stream;
  }

  /** Removes its item. */
  async leave(): Promise<void> {
    if (this.#item) await this.#table.remove(this.#item);
  }

  /** Ends its connection without a word. */
  vanish(): void {
    this.#socket?.close();
  }

  async close(): Promise<void> {
    this.link.close('the test is over');
    this.vanish();
    this.#http.close();
    await this.leave();
  }

  /** A text from the relay. */
  async #receive(text: string): Promise<void> {
    this.#envelope ??= await envelopeOfFirstText(text, {
      id: this.id,
      stage,
      keys: this.#keys,
      secret: stageSecret,
      isSeptets: false,
    });
    const batch = this.#envelope?.open(text);
    if (batch) this.link.receive(batch);
    else this.unopened += 1;
  }
}
