// The far end for tests: a stub made of the protocol's parts, which sends what a test wants and records what it receives.
import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import { servingClient } from '../../../protocol/directory.ts';
import type {
  AnyMessage,
  Message,
  MessageHead,
  MessageHeader,
  MessageType,
} from '../../../protocol/message.ts';
import { Reassembler } from '../../../protocol/reassembly.ts';
import { type PostOutcome, RelayPoster } from '../../../protocol/relay-post.ts';
import { openRelaySocket, type RelaySocket } from '../../../protocol/relay-socket.ts';
import { type Channel, channelToClient } from '../../../protocol/sealing.ts';
import type { StageSecret } from '../../../protocol/stage-secret.ts';
import { receive } from '../../../protocol/test/receiver.ts';
import { stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { encodeMessage, parseWire } from '../../../protocol/wire.ts';
import { type LocalAws, region, stage } from './local-aws.ts';
import { Recorder } from './recorder.ts';

const nothing = new Uint8Array(0);

/** An invocation as a stub would describe it. */
export interface Sending {
  readonly id: string;
  readonly attempt?: number;
  readonly body?: string | Uint8Array;
  readonly head?: Partial<MessageHead<'invoke'>>;
}

export class StubPeer {
  /** Whole messages in the order they arrived, and the reasons for texts that were none. */
  readonly heard = new Recorder<AnyMessage | string>();
  /** The headers of all texts that arrived. */
  readonly headers: MessageHeader[] = [];
  /** The secret it authenticates with from the next look-up on; undefined as a stub of module 0.1. */
  secret: StageSecret | undefined = stageSecret;
  readonly #aws: LocalAws;
  readonly #clock: Clock;
  readonly #poster: RelayPoster;
  readonly #reassembler: Reassembler;
  #socket: RelaySocket | undefined;
  #channel: Channel | undefined;
  #client = '';

  static async connect(aws: LocalAws, clock: Clock = systemClock): Promise<StubPeer> {
    const peer = new StubPeer(aws, clock);
    await peer.reconnect();
    return peer;
  }

  private constructor(aws: LocalAws, clock: Clock) {
    this.#aws = aws;
    this.#clock = clock;
    const { relayUrl: url, http, stubRole } = aws;
    this.#poster = new RelayPoster({ url, region, http, credentials: () => stubRole, clock });
    this.#reassembler = new Reassembler(clock, (header, reason) =>
      this.heard.add(`unfinished ${header.type}: ${reason}`),
    );
  }

  get connectionId(): string {
    return this.#socket?.connectionId ?? '';
  }

  /** The client's connection, as the last look-up gave it. */
  get client(): string {
    return this.#client;
  }

  /** Another connection; the one before is closed. */
  async reconnect(): Promise<void> {
    const { relayUrl: url, stubRole: credentials } = this.#aws;
    this.#socket?.close();
    this.#socket = await openRelaySocket({
      url,
      region,
      credentials,
      clock: this.#clock,
      timeoutMs: 4000,
      onText: (text) => void this.#receive(text),
      onClose: () => undefined,
    });
  }

  /** Reads the directory: who serves a function now. */
  async find(functionName = 'hello'): Promise<Channel> {
    const client = servingClient(await this.#aws.directory.clients(stage), functionName, this.#clock.now());
    if (client === undefined) throw new Error('nobody serves');
    this.#client = client.connectionId;
    this.#channel = await channelToClient(client.publicKey, stage, this.secret);
    return this.#channel;
  }

  async invoke({ id, attempt = 1, body = '{}', head = {} }: Sending): Promise<PostOutcome> {
    const whole = this.headOf(id, head);
    return this.send({ type: 'invoke', id, attempt, head: whole, body: Buffer.from(body) });
  }

  headOf(id: string, head: Partial<MessageHead<'invoke'>>): MessageHead<'invoke'> {
    const now = this.#clock.now();
    return {
      requestId: `request-${id}`,
      function: 'hello',
      instance: 'instance-1',
      replyTo: this.connectionId,
      sentAt: now,
      deadline: now + 30_000,
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:hello',
      environment: { GREETING: 'hi' },
      ...head,
    };
  }

  probe(id: string, attempt: number): Promise<PostOutcome> {
    return this.send({ type: 'probe', id, attempt, head: { replyTo: this.connectionId }, body: nothing });
  }

  cancel(id: string, attempt: number): Promise<PostOutcome> {
    return this.send({ type: 'cancel', id, attempt, head: { reason: 'deadline' }, body: nothing });
  }

  /** Seals and posts any message to the client. */
  async send<T extends MessageType>(message: Message<T>): Promise<PostOutcome> {
    const channel = this.#channel ?? (await this.find());
    return this.post(await encodeMessage(message, channel, true));
  }

  /** Posts texts as they are. */
  post(texts: readonly string[], untilMs = this.#clock.now() + 20_000): Promise<PostOutcome> {
    return this.#poster.post(this.#client, texts, untilMs);
  }

  /** The next message, which must be of this type. */
  async expect<T extends MessageType>(type: T): Promise<Message<T>> {
    const message = await this.heard.next();
    if (typeof message === 'string' || message.type !== type) {
      throw new Error(`expected ${type}, heard ${typeof message === 'string' ? message : message.type}`);
    }
    return message as Message<T>;
  }

  close(): void {
    this.#socket?.close();
    this.#reassembler.close();
  }

  async #receive(text: string): Promise<void> {
    const chunk = parseWire(text);
    if (typeof chunk !== 'string') this.headers.push(chunk.header);
    const message = await receive(text, this.#channel ?? (await this.find()), this.#reassembler);
    if (message !== undefined) this.heard.add(message);
  }
}

export function newId(): string {
  return randomUUID();
}

export function textOf(message: { readonly body: Uint8Array }): string {
  return Buffer.from(message.body).toString('utf8');
}
