// [1] One invocation's conversation with the client: sent, acknowledged, answered; or given up with a reason.
import type { Clock } from '../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../protocol/live-debug-error.ts';
import { type AnyMessage, abilities, type MessageHead } from '../../protocol/message.ts';
import { Reassembler } from '../../protocol/reassembly.ts';
import type { Journey, RelayPoster } from '../../protocol/relay-post.ts';
import { decodeMessage, type SealedChunk } from '../../protocol/wire.ts';
import { within } from '../../protocol/within.ts';
import type { Client } from './client-directory.ts';
import { lostError, noAckError } from './exchange-errors.ts';
import { type IncomingParts, partBytes } from './incoming-parts.ts';
import { noClientError } from './no-client-answer.ts';
import { Outgoing, type Sending } from './outgoing.ts';
import { type Patience, patienceOf } from './patience.ts';
import { Recipients } from './recipients.ts';
import { type Answer, type Signal, Signals } from './signals.ts';
import type { StubSocket } from './stub-socket.ts';
import type { WhoAnswers } from './who-answers.ts';

export interface ExchangeOptions {
  readonly clients: WhoAnswers;
  readonly socket: StubSocket;
  readonly poster: RelayPoster;
  readonly clock: Clock;
  readonly stage: string;
  readonly functionName: string;
  readonly id: string;
  /** The invocation's head, without what each sending adds. */
  readonly head: Omit<
    MessageHead<'invoke'>,
    'replyTo' | 'sentAt' | 'stubMs' | 'streams' | 'ackBy' | 'instead' | 'filter' | 'understands'
  >;
  readonly event: Uint8Array;
  /** Receives a streamed response; without it only whole answers are requested. */
  readonly parts: IncomingParts | undefined;
  /** Called with a short reason for everything that arrived but was dropped. */
  readonly onDrop: (reason: string) => void;
  /** Waits for no client that may be reconnecting. */
  readonly isHasty?: boolean;
}

/** An invocation follows a client that reconnects, or another that takes over, at most this many times. */
const maxOffers = 10;

/**
 * Maximum for one connection, each with twice the time of the previous one: 45 s in total, since an outage of 30 s, or a dead
 * connection, which a client notices within 30 s, must not cost an invocation that has the time.
 */
const maxSendings = 4;

/** A client that may be reconnecting is looked up after this, and then less often; milliseconds. */
const shortestPauseMs = 50;
const longestPauseMs = 500;
const longer = (pauseMs: number) => Math.min(longestPauseMs, Math.max(shortestPauseMs, 2 * pauseMs));

/** A socket that has been silent for this long (mostly a frozen instance's) is checked while the invocation is sent. */
const doubtfulAfterMs = 30_000;

/** How long informing a client that it need not run an invocation may take; the caller does not wait for it. */
const informMs = 5000;

const streams = { streams: true } as const;

/** Messages are unpacked one after another; this many bytes may wait for that, since functions may have 128 MB. */
const maxWaitingBytes = 16 * 1024 * 1024;

/** The sendings to one connection. */
interface Offered {
  readonly client: Client;
  /** Milliseconds since the epoch. */
  readonly since: number;
  sendings: number;
}

/** One sending of the invocation, and how many of its texts there are. */
interface Sent extends Journey {
  readonly client: Client;
  texts: number;
}

/** Sends one invocation and waits for its answer; the caller watches the deadline and calls `cancel`. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly signals: Signals;
  readonly #reassembler: Reassembler;
  readonly outgoing: Outgoing;
  readonly peers = new Recipients();
  #unpacking: Promise<unknown> = Promise.resolve();
  #waitingBytes = 0;
  readonly #patience: Patience;
  /** Milliseconds since the epoch. */
  readonly #begunAt: number;
  readonly #posts = new AbortController();
  /** Sendings to clients that have not refused it. */
  sent: Sent[] = [];
  /** Clients have been told that nobody waits. */
  isCancelled = false;
  /** What the relay refuses is not sent again. */
  #isLast = false;
  #acknowledging = false;
  #offered: Offered | undefined;
  /** The answer, once it is here; parts of it may be missing. */
  #answer: Answer | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#begunAt = options.clock.now();
    if (options.parts) options.parts.onPassedOn = () => void this.#acknowledge();
    this.signals = new Signals(options.clock);
    this.outgoing = new Outgoing(options.poster, options.clock, options.id);
    const patience = patienceOf(options.head.deadline - options.clock.now(), options.event.length);
    this.#patience = options.isHasty ? { ...patience, graceMs: 0 } : patience;
    this.#reassembler = new Reassembler(options.clock, (header, reason) =>
      options.onDrop(`unfinished ${header.type}: ${reason}`),
    );
  }

  get id(): string {
    return this.#options.id;
  }

  /** Why there is no result so far, if it was sent more than once and no client has confirmed that it has it. */
  get silence(): LiveDebugError | undefined {
    return this.peers.isTaken || !this.#offered || this.#offered.sendings < 2
      ? undefined
      : this.#noAck(this.#offered);
  }

  /** A chunk for this exchange has arrived; checks whether it is genuine. */
  async receive({ header, headerText, sealed }: SealedChunk): Promise<void> {
    const { onDrop } = this.#options;
    const opened = this.peers.open(headerText, sealed);
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
    const wasTaken = this.peers.isTaken;
    // From a client that was tried before, this is irrelevant.
    if (message.type === 'moved') {
      this.sent = this.sent.filter(({ client }) => client.item.publicKey !== from.item.publicKey);
      const isAwaited = this.peers.current?.item.publicKey === from.item.publicKey;
      if (!wasTaken && isAwaited) this.signals.put({ kind: 'moved' });
      return;
    }
    // It has not begun, and may be displaced before it does.
    if (message.type === 'ack' && message.head.receiving) return this.signals.put({ kind: 'receiving' });
    if (!this.peers.hear(from)) {
      if (message.type === 'ack' && message.head.asks) void this.#inform(this.peers.latest(from));
      return onDrop(`${message.type} of a client that was too late`);
    }
    // A silent client may still have it queued, e.g. on a laptop that sleeps.
    if (!wasTaken) for (const other of this.peers.others) void this.#inform(other);
    if (message.type === 'ack' && message.head.asks) void this.#probe().catch(() => undefined);
    if (message.type === 'part' && parts) {
      const { index } = message.head;
      if (message.body.length > partBytes) return onDrop(`part ${index} of ${message.body.length} bytes`);
      if (!parts.isWithinReach(index)) return onDrop(`part ${index} where part ${parts.received} is next`);
      // A part that waits for another does not count as progress: the other may be lost.
      if (!parts.take(message) && wasTaken) return;
    } else if (message.type === 'result' || message.type === 'error') this.#answer ??= message;
    else if (message.type !== 'ack') return onDrop(`${message.type}, which nobody asked a client for`);
    const answer = this.#answer;
    const isWhole = answer !== undefined && (answer.head.parts ?? 0) <= (parts?.received ?? 0);
    this.signals.put(isWhole ? { kind: 'answer', answer } : { kind: 'ack' });
  }

  /** Tells the client how many parts were passed on, if that is due; one message at a time. */
  async #acknowledge(): Promise<void> {
    const { parts } = this.#options;
    const client = this.peers.current;
    if (this.#acknowledging || client === undefined || !parts?.isAckDue) return;
    this.#acknowledging = true;
    const ack = { type: 'ack', head: { parts: parts.acknowledge() } } as const;
    const posted = await this.#post(client, ack, this.#patience.probeMs).catch(() => 'gone' as const);
    this.#acknowledging = false;
    // The client waits for this: look for it, and tell it by a probe.
    if (posted === 'gone') this.signals.put({ kind: 'socket-lost' });
    else await this.#acknowledge();
  }

  /** The stub's socket is gone: answers may have been lost with it. */
  socketLost(): void {
    this.signals.put({ kind: 'socket-lost' });
  }

  /** Nobody waits any more: `run` sends nothing from here on, and ends with an error that nobody reads. */
  close(): void {
    this.signals.close();
    this.#reassembler.close();
  }

  /**
   * Resolves with the client's answer. Throws LD_NO_CLIENT if nobody serves, LD_NO_ACK if the client stays silent, and LD_LOST if it
   * went away after it had begun.
   */
  async run(): Promise<Answer> {
    const answer = (await this.#untilAcknowledged()) ?? (await this.#untilAnswered());
    await this.#options.parts?.written();
    return answer;
  }

  /**
   * Ends the exchange and tells every client that may have the invocation that nobody waits for it any more, within `boundMs`.
   * `code` is the error that the caller gets, undefined at the deadline. Never rejects.
   */
  async cancel(code: string | undefined, boundMs: number): Promise<void> {
    if (this.isCancelled) return;
    this.isCancelled = true;
    this.close();
    const reason = code === undefined ? 'deadline' : 'shutdown';
    const cancel = { type: 'cancel', head: { reason, ...(code === undefined ? {} : { code }) } } as const;
    // A client that cannot be informed finds its answer unwanted, and asks before it begins an old invocation.
    const told = this.peers.reachable.map((client) => this.outgoing.post(client, cancel, boundMs));
    await within(this.#options.clock, boundMs, Promise.allSettled(told));
  }

  /** Whether a client may have begun it: one has confirmed it, or all of it may have reached one. */
  get mayHaveBegun(): boolean {
    return this.peers.isTaken || this.sent.some(({ left, texts }) => texts > 0 && left.size >= texts);
  }

  get isOver(): boolean {
    return this.signals.isClosed;
  }

  /** What is under way may still arrive; what the relay refuses from now on is not sent again. */
  sendNoMore(): void {
    this.#isLast = true;
  }

  /** Sends nothing more of it, including what has no connection yet. */
  abandon(): void {
    this.#posts.abort();
    this.close();
  }

  /** Informs a client, in the background, that it need not begin: another one has. */
  async #inform(client: Client): Promise<void> {
    const cancel = { type: 'cancel', head: { reason: 'shutdown', code: 'LD_DISPLACED' } } as const;
    await this.outgoing.post(client, cancel, informMs).catch(() => undefined);
  }

  /**
   * Undefined once acknowledged; the answer itself if that came first. Offers it to one client after another in the directory's order;
   * one whose connection is gone while its lease is valid gets a grace period to come back.
   */
  async #untilAcknowledged(): Promise<Answer | undefined> {
    const { clients, functionName, stage } = this.#options;
    const { graceMs } = this.#patience;
    let client = await clients.current();
    let offers = 0;
    let pauseMs = shortestPauseMs;
    while (offers < maxOffers && (client !== undefined || clients.isAwaited(graceMs))) {
      if (client) offers += 1;
      const signal = await (client ? this.#offer(client) : this.signals.next(pauseMs));
      pauseMs = longer(client ? 0 : pauseMs);
      if (signal?.kind === 'ack') return undefined;
      if (signal?.kind === 'answer') return signal.answer;
      const before: Client | undefined = client;
      client = await clients.refresh(this.peers.gone, graceMs);
      if (this.peers.isTaken) {
        // The ack came during the look-up; a lost socket still needs attention.
        if (signal) this.signals.put(signal);
        return undefined;
      }
      // A client that refuses it will not accept it when asked again.
      if (signal?.kind === 'moved' && before && client?.item.connectionId === before.item.connectionId) break;
    }
    const { holder } = clients;
    // If a client only wants other invocations, its lease is known.
    if (holder) clients.forget();
    throw noClientError(
      stage,
      functionName,
      holder && this.peers.gone.has(holder.connectionId) ? holder : undefined,
    );
  }

  /**
   * Sends it to one connection, and again if nothing is heard, until there is a result; undefined if the connection is gone. Throws
   * LD_NO_ACK.
   */
  async #offer(client: Client): Promise<Signal | undefined> {
    const offered = { client, since: this.#options.clock.now(), sendings: 1 };
    this.#offered = offered;
    for (let waitMs = this.#patience.ackMs; ; waitMs *= 2) {
      if ((await this.#sendInvoke(client, waitMs, offered.sendings > 1)) === 'gone') return undefined;
      const signal = await this.#untilHeard(client, waitMs);
      if (signal !== undefined && (signal.kind !== 'socket-lost' || this.peers.isTaken)) return signal;
      // Losing the stub's own connections one after the other takes no time.
      if (offered.sendings >= (signal ? 2 * maxSendings : maxSendings)) throw this.#noAck(offered);
      offered.sendings += 1;
    }
  }

  #noAck({ client, sendings, since }: Offered): LiveDebugError {
    return noAckError(client, this.#options.clock.now() - since, sendings);
  }

  /** The first signal about a client that was sent the invocation; undefined if its time for an ack is up. */
  async #untilHeard({ item }: Client, boundMs: number): Promise<Signal | undefined> {
    const { lookEveryMs, graceMs } = this.#patience;
    const look = async () => {
      const now = await this.#options.clients.refresh(this.peers.gone, graceMs);
      const isLatest = this.peers.current?.item.connectionId === item.connectionId;
      if (isLatest && now?.item.connectionId !== item.connectionId) this.signals.put({ kind: 'elsewhere' });
    };
    for (let leftMs = boundMs; leftMs > 0; leftMs -= lookEveryMs) {
      const signal = await this.signals.next(Math.min(leftMs, lookEveryMs));
      if (signal?.kind === 'receiving') {
        // On a slow line a large event takes time: send no second copy.
        leftMs = boundMs + lookEveryMs;
        continue;
      }
      if (signal !== undefined) return signal;
      // In parallel with the wait: an unreachable directory must not end it.
      void look().catch(() => undefined);
    }
    return undefined;
  }

  async #untilAnswered(): Promise<Answer> {
    const { clock, parts, socket } = this.#options;
    const { pingMs, probeMs, reconnectMs } = this.#patience;
    /** Until when a client whose connection is gone may come back, and when it is asked next. */
    let awaitedUntil: number | undefined;
    let askAt = 0;
    let pauseMs = 0;
    for (;;) {
      const waitMs = awaitedUntil === undefined ? probeMs : Math.max(0, askAt - clock.now());
      const signal = await this.signals.next(waitMs);
      if (signal?.kind === 'answer') return signal.answer;
      // While the client is away there is nobody to tell of a lost socket; the next question has the new address.
      if (signal !== undefined && (signal.kind !== 'socket-lost' || awaitedUntil !== undefined)) continue;
      // The caller is the one that is slow, and the client has nothing to say until it catches up.
      const callerIsSlow = parts !== undefined && parts.passedOn < parts.received;
      if (signal === undefined && awaitedUntil === undefined && callerIsSlow) continue;
      try {
        if (signal === undefined && awaitedUntil === undefined) await socket.isAlive(pingMs);
        const state = await this.#probe();
        const now = clock.now();
        if (state === 'lost' || (state === 'gone' && awaitedUntil !== undefined && now >= awaitedUntil)) {
          throw lostError(this.peers.current);
        }
        awaitedUntil = state === 'gone' ? (awaitedUntil ?? now + reconnectMs) : undefined;
        pauseMs = awaitedUntil === undefined ? 0 : longer(pauseMs);
        askAt = now + pauseMs;
      } catch (error) {
        // The client continues; a relay or table that cannot be reached now may be reachable in ten seconds. The deadline ends this.
        const code = error instanceof LiveDebugError ? error.code : undefined;
        if (code !== 'LD_RELAY' && code !== 'LD_DIRECTORY') throw error;
        askAt = clock.now() + longestPauseMs;
        if (awaitedUntil !== undefined) awaitedUntil = askAt + reconnectMs;
      }
    }
  }

  /**
   * Asks the client that has begun this invocation whether it still works on it, with the current reply address. `gone`: its
   * connection is gone while its lease is valid; `lost`: it no longer serves.
   */
  async #probe(): Promise<'delivered' | 'gone' | 'lost'> {
    const { clients, clock, head, parts, socket } = this.#options;
    const probe = async (client: Client) => {
      const { connectionId } = await socket.get();
      const boundMs = Math.min(this.#patience.probeMs, head.deadline - clock.now());
      const probed = {
        replyTo: connectionId,
        parts: parts?.acknowledge(),
        lacks: this.#reassembler.unfinished(client.channel.enc, 'result', 'error'),
      };
      return this.#post(client, { type: 'probe', head: probed }, boundMs);
    };
    const began = this.peers.current;
    if (began === undefined) return 'lost';
    const { gone } = this.peers;
    if (!gone.has(began.item.connectionId) && (await probe(began)) === 'delivered') return 'delivered';
    // The same process may have reconnected; another one must not run what this one has begun.
    const now = await clients.again(began.item.publicKey);
    if (now === undefined) return 'lost';
    if (gone.has(now.item.connectionId)) return 'gone';
    this.peers.add(now);
    return probe(now);
  }

  /** `wasSilent`: the previous sending got no answer, which may be the fault of the stub's own socket. */
  async #sendInvoke(client: Client, ackMs: number, wasSilent: boolean): Promise<'delivered' | 'gone'> {
    const { clock, event, head, parts, socket } = this.#options;
    const doubtful = wasSilent || socket.idleMs() > doubtfulAfterMs;
    const { connectionId } = await socket.get();
    // In parallel with the post, which it does not delay; a dead socket is replaced and the invocation sent again.
    if (doubtful) void socket.isAlive(this.#patience.pingMs);
    this.peers.add(client);
    const sentAt = clock.now();
    const ackBy = Math.min(head.deadline, Math.round(sentAt + ackMs));
    const isNext = this.#options.clients.holder?.item !== client.item.item;
    const instead = isNext ? ({ instead: true } as const) : {};
    const filter = client.item.filter === undefined ? {} : { filter: client.item.item };
    // The clock may have been set back.
    const stubMs = Math.max(0, sentAt - this.#begunAt);
    const own = {
      replyTo: connectionId,
      sentAt,
      stubMs,
      ackBy,
      understands: [...abilities],
      ...instead,
      ...filter,
    };
    const message = {
      type: 'invoke',
      head: { ...head, ...own, ...(parts ? streams : {}) },
      body: event,
    } as const;
    const sent: Sent = {
      client,
      left: new Set(),
      texts: 0,
      signal: this.#posts.signal,
      isDone: () => this.peers.isTaken || (this.#isLast && !this.mayHaveBegun),
    };
    this.sent.push(sent);
    return this.#post(client, message, head.deadline - clock.now(), sent);
  }

  /** Sends nothing once nobody waits any more. */
  async #post(
    client: Client,
    sending: Sending<'invoke'> | Sending<'ack'> | Sending<'probe'>,
    boundMs: number,
    sent?: Sent,
  ): Promise<'delivered' | 'gone'> {
    this.signals.throwIfClosed();
    const posted = await this.outgoing.post(client, sending, boundMs, sent).catch((error: unknown) => {
      // It has arrived, whatever the relay answered.
      if (sent !== undefined && this.peers.isTaken) return 'delivered' as const;
      throw error;
    });
    if (posted === 'gone') {
      this.peers.gone.add(client.item.connectionId);
      this.#options.clients.lose(client.item.connectionId);
    }
    return posted;
  }
}
