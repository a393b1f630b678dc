// [1] One invocation's conversation with the client: sent, acknowledged, answered; or given up with a reason.
import type { Clock } from '../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../protocol/live-debug-error.ts';
import { type AnyMessage, abilities, type Message, type MessageHead } from '../../protocol/message.ts';
import { Reassembler } from '../../protocol/reassembly.ts';
import type { RelayPoster } from '../../protocol/relay-post.ts';
import { decodeMessage, type SealedChunk } from '../../protocol/wire.ts';
import type { Client, ClientDirectory } from './client-directory.ts';
import { lostError, noAckError } from './exchange-errors.ts';
import { type IncomingParts, partBytes } from './incoming-parts.ts';
import { noClientError } from './no-client-answer.ts';
import { Outgoing, type Sending } from './outgoing.ts';
import { type Patience, patienceOf } from './patience.ts';
import { Recipients } from './recipients.ts';
import { type Signal, Signals } from './signals.ts';
import type { StubSocket } from './stub-socket.ts';

export interface ExchangeOptions {
  readonly clients: ClientDirectory;
  readonly socket: StubSocket;
  readonly poster: RelayPoster;
  readonly clock: Clock;
  readonly stage: string;
  readonly functionName: string;
  readonly id: string;
  /** All of the invocation's head but what each sending fills in. */
  readonly head: Omit<MessageHead<'invoke'>, 'replyTo' | 'sentAt' | 'streams' | 'ackBy' | 'understands'>;
  readonly event: Uint8Array;
  /** Where a streamed response goes; without it only whole answers are asked for. */
  readonly parts: IncomingParts | undefined;
  /** Told of everything that arrived and was not taken, in a few words. */
  readonly onDrop: (reason: string) => void;
}

export type Answer = Message<'result'> | Message<'error'>;

/** An invocation follows a client that reconnects, or another that takes over, this many times at most. */
const maxSendings = 4;

/** A socket that has been silent this long (a frozen instance's, mostly) is checked while the invocation goes out. */
const doubtfulAfterMs = 30_000;

/** A client that need not run an invocation after all is informed within this; the caller does not wait for it. */
const informMs = 5000;

const streams = { streams: true } as const;

/** Messages are unpacked one after the other, and so much waits for it: functions may have 128 MB. */
const maxWaitingBytes = 16 * 1024 * 1024;

/** Sends one invocation and waits for its answer; the deadline is the caller's to keep, by `cancel`. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #signals: Signals;
  readonly #reassembler: Reassembler;
  readonly #outgoing: Outgoing;
  readonly #recipients = new Recipients();
  #unpacking: Promise<unknown> = Promise.resolve();
  #waitingBytes = 0;
  readonly #patience: Patience;
  #acknowledging = false;
  /** The answer, once it is there; some of its parts may not be. */
  #answer: Answer | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    if (options.parts) options.parts.onPassedOn = () => void this.#acknowledge();
    this.#signals = new Signals(options.clock);
    this.#outgoing = new Outgoing(options.poster, options.clock, options.id);
    this.#patience = patienceOf(options.head.deadline - options.clock.now(), options.event.length);
    this.#reassembler = new Reassembler(options.clock, (header, reason) =>
      options.onDrop(`unfinished ${header.type}: ${reason}`),
    );
  }

  get id(): string {
    return this.#options.id;
  }

  /** A chunk that names this exchange has arrived; whether it is genuine shows here. */
  async receive({ header, headerText, sealed }: SealedChunk): Promise<void> {
    const { onDrop } = this.#options;
    const opened = this.#recipients.open(headerText, sealed);
    if (opened === undefined) return onDrop(`${header.type} that does not open with the client's key`);
    const { from, chunk } = opened;
    const bytes = this.#reassembler.accept(from.channel.enc, header, chunk);
    if (bytes === undefined) return;
    if (this.#waitingBytes + bytes.length > maxWaitingBytes)
      return onDrop(`${header.type}: too many at once`);
    this.#waitingBytes += bytes.length;
    const before = this.#unpacking;
    this.#unpacking = before
      .then(() => decodeMessage(header, bytes))
      .then(
        (message) => this.#take(message, from),
        (error: unknown) => onDrop(messageOf(error)),
      );
    await this.#unpacking;
    this.#waitingBytes -= bytes.length;
  }

  #take(message: AnyMessage, from: Client): void {
    const { parts, onDrop } = this.#options;
    const wasTaken = this.#recipients.isTaken;
    // Of one that was sent it before another, it is no news.
    if (message.type === 'moved') {
      const isAwaited = this.#recipients.current?.item.publicKey === from.item.publicKey;
      if (!wasTaken && isAwaited) this.#signals.put({ kind: 'moved' });
      return;
    }
    if (!this.#recipients.hear(from)) {
      if (message.type === 'ack' && message.head.asks) void this.#inform(this.#recipients.latest(from));
      return onDrop(`${message.type} of a client that was too late`);
    }
    // One that was silent may still have it before it, e.g. on a laptop that sleeps.
    if (!wasTaken) for (const other of this.#recipients.others) void this.#inform(other);
    if (message.type === 'ack' && message.head.asks) void this.#probe().catch(() => undefined);
    if (message.type === 'part' && parts) {
      const { index } = message.head;
      if (message.body.length > partBytes) return onDrop(`part ${index} of ${message.body.length} bytes`);
      if (!parts.isWithinReach(index)) return onDrop(`part ${index} where part ${parts.received} is next`);
      // One that waits for another is no news: the other may be lost.
      if (!parts.take(message) && wasTaken) return;
    } else if (message.type === 'result' || message.type === 'error') this.#answer ??= message;
    else if (message.type !== 'ack') return onDrop(`${message.type}, which nobody asked a client for`);
    const answer = this.#answer;
    const isWhole = answer !== undefined && (answer.head.parts ?? 0) <= (parts?.received ?? 0);
    this.#signals.put(isWhole ? { kind: 'answer', answer } : { kind: 'ack' });
  }

  /** Tells the client how much was passed on, where that is due; one at a time. */
  async #acknowledge(): Promise<void> {
    const { parts } = this.#options;
    const client = this.#recipients.current;
    if (this.#acknowledging || client === undefined || !parts?.isAckDue) return;
    this.#acknowledging = true;
    const ack = { type: 'ack', head: { parts: parts.acknowledge() } } as const;
    const posted = await this.#post(client, ack, this.#patience.probeMs).catch(() => 'gone' as const);
    this.#acknowledging = false;
    // The client waits for this: it is looked for, and told by a probe.
    if (posted === 'gone') this.#signals.put({ kind: 'socket-lost' });
    else await this.#acknowledge();
  }

  /** The stub's socket is gone: answers may have been lost with it. */
  socketLost(): void {
    this.#signals.put({ kind: 'socket-lost' });
  }

  /** Nobody waits any more: `run` sends nothing from here on and ends with an error that nobody reads. */
  close(): void {
    this.#signals.close();
    this.#reassembler.close();
  }

  /**
   * Resolves with the client's answer. Throws LD_NO_CLIENT when nobody serves, LD_NO_ACK when the client stays
   * silent, LD_LOST when it went away after it had begun.
   */
  async run(): Promise<Answer> {
    const answer = (await this.#untilAcknowledged()) ?? (await this.#untilAnswered());
    await this.#options.parts?.written();
    return answer;
  }

  /**
   * Ends the exchange and tells everybody who may have the invocation that nobody waits for it any more; at most
   * `boundMs`. `code` is the error that the caller gets, undefined at the deadline. Never rejects.
   */
  async cancel(code: string | undefined, boundMs: number): Promise<void> {
    this.close();
    const reason = code === undefined ? 'deadline' : 'shutdown';
    const cancel = { type: 'cancel', head: { reason, ...(code === undefined ? {} : { code }) } } as const;
    // A client that can't be informed finds its answer unwanted, and asks before it begins what is old.
    const told = this.#recipients.reachable.map((client) => this.#outgoing.post(client, cancel, boundMs));
    const { clock } = this.#options;
    const bound = new Promise<void>((resolve) => clock.after(boundMs, resolve, { background: true }));
    await Promise.race([Promise.allSettled(told), bound]);
  }

  /** Informs a client, beside everything else, that it need not begin: another one has. */
  async #inform(client: Client): Promise<void> {
    const cancel = { type: 'cancel', head: { reason: 'shutdown', code: 'LD_DISPLACED' } } as const;
    await this.#outgoing.post(client, cancel, informMs).catch(() => undefined);
  }

  /** Undefined once acknowledged; the answer itself when that came first. */
  async #untilAcknowledged(): Promise<Answer | undefined> {
    const { clients, stage, functionName } = this.#options;
    let client = await clients.current();
    for (let sending = 1; client !== undefined; sending += 1) {
      const posted = await this.#sendInvoke(client);
      const signal = posted === 'delivered' ? await this.#untilHeard(client) : undefined;
      if (signal?.kind === 'ack') return undefined;
      if (signal?.kind === 'answer') return signal.answer;
      const before: Client = client;
      client = await clients.refresh();
      if (this.#recipients.isTaken) {
        // The ack came during the look-up; a lost socket is still to be looked after.
        if (signal) this.#signals.put(signal);
        return undefined;
      }
      const refused = posted === 'gone' || signal?.kind === 'moved';
      // The same connection that is gone, that refused, or that stayed silent twice, will not do better again.
      const same = client?.item.connectionId === before.item.connectionId;
      if (refused && (same || sending >= maxSendings)) client = undefined;
      else if (!refused && sending >= 2 && (same || sending >= maxSendings))
        throw noAckError(before, this.#patience.ackMs);
    }
    clients.forget();
    throw noClientError(stage, functionName, 'no live lease, or its connection is gone');
  }

  /** What comes first of a client that was sent the invocation; undefined when its time for an ack is up. */
  async #untilHeard({ item }: Client): Promise<Signal | undefined> {
    const { ackMs, silenceMs } = this.#patience;
    const first = await this.#signals.next(silenceMs);
    if (first !== undefined) return first;
    const look = async () => {
      const now = await this.#options.clients.refresh();
      if (now?.item.connectionId !== item.connectionId) this.#signals.put({ kind: 'elsewhere' });
    };
    // Beside the wait: a directory that can't be reached must not end it.
    void look().catch(() => undefined);
    return this.#signals.next(ackMs - silenceMs);
  }

  async #untilAnswered(): Promise<Answer> {
    const { clock, parts, socket } = this.#options;
    const { pingMs, probeMs, reconnectMs } = this.#patience;
    /** When a client whose connection is gone is asked once more. */
    let secondAskAt: number | undefined;
    for (;;) {
      const waitMs = secondAskAt === undefined ? probeMs : Math.max(0, secondAskAt - clock.now());
      const signal = await this.#signals.next(waitMs);
      if (signal?.kind === 'answer') return signal.answer;
      if (signal !== undefined && signal.kind !== 'socket-lost') continue;
      // Time to reconnect is the client's, whatever is lost besides; the second question names the stub's new socket.
      if (signal !== undefined && secondAskAt !== undefined) continue;
      // It is the caller who is waited for, and the client has nothing to say until then.
      const callerIsSlow = parts !== undefined && parts.passedOn < parts.received;
      if (signal === undefined && secondAskAt === undefined && callerIsSlow) continue;
      try {
        if (signal === undefined) await socket.isAlive(pingMs);
        const state = await this.#probe();
        if (state === 'lost' || (state === 'gone' && secondAskAt !== undefined)) {
          throw lostError(this.#recipients.current);
        }
        secondAskAt = state === 'gone' ? clock.now() + reconnectMs : undefined;
      } catch (error) {
        // The client goes on; a relay or table that can't be reached now may be in ten seconds. The deadline ends this.
        const code = error instanceof LiveDebugError ? error.code : undefined;
        if (code !== 'LD_RELAY' && code !== 'LD_DIRECTORY') throw error;
        if (secondAskAt !== undefined) secondAskAt = clock.now() + reconnectMs;
      }
    }
  }

  /**
   * Asks the client that has begun this invocation whether it still works on it, with today's reply address.
   * `gone`: its connection is, while its lease holds; `lost`: it serves no more.
   */
  async #probe(): Promise<'delivered' | 'gone' | 'lost'> {
    const { clients, clock, head, parts, socket } = this.#options;
    const probe = async (client: Client) => {
      const { connectionId } = await socket.get();
      const boundMs = Math.min(this.#patience.probeMs, head.deadline - clock.now());
      const probed = { replyTo: connectionId, ...(parts ? { parts: parts.acknowledge() } : {}) };
      return this.#post(client, { type: 'probe', head: probed }, boundMs);
    };
    const began = this.#recipients.current;
    if (began === undefined) return 'lost';
    if ((await probe(began)) === 'delivered') return 'delivered';
    // The same process may have reconnected; another one must not run what this one has begun.
    const now = await clients.refresh();
    if (now?.item.publicKey !== began.item.publicKey) return 'lost';
    this.#recipients.add(now);
    return now.item.connectionId === began.item.connectionId ? 'gone' : probe(now);
  }

  async #sendInvoke(client: Client): Promise<'delivered' | 'gone'> {
    const { clock, event, head, parts, socket } = this.#options;
    const { ackMs, pingMs } = this.#patience;
    const doubtful = socket.idleMs() > doubtfulAfterMs;
    const { connectionId } = await socket.get();
    // Beside the post, at no cost to it; a socket found dead is replaced and the invocation sent again.
    if (doubtful) void socket.isAlive(pingMs);
    this.#recipients.add(client);
    const sentAt = clock.now();
    const ackBy = Math.min(head.deadline, Math.round(sentAt + ackMs));
    const own = { replyTo: connectionId, sentAt, ackBy, understands: [...abilities] };
    const message = {
      type: 'invoke',
      head: { ...head, ...own, ...(parts ? streams : {}) },
      body: event,
    } as const;
    return this.#post(client, message, head.deadline - clock.now());
  }

  /** Nothing goes out any more once nobody waits. */
  async #post(
    client: Client,
    sending: Sending<'invoke'> | Sending<'ack'> | Sending<'probe'>,
    boundMs: number,
  ): Promise<'delivered' | 'gone'> {
    this.#signals.throwIfClosed();
    const posted = await this.#outgoing.post(client, sending, boundMs);
    if (posted === 'gone') this.#recipients.lose(client);
    return posted;
  }
}
