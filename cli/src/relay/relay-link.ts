// [3] The client's link to the relay: one socket kept up, sealed chunks in, whole messages out to the session.
import type { Agent, ClientRequest } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { Message, MessageType } from '../../../protocol/message.ts';
import { type PostOutcome, RelayPoster } from '../../../protocol/relay-post.ts';
import {
  type ConnectOptions,
  isThrottled,
  openRelaySocket,
  type RelaySocket,
} from '../../../protocol/relay-socket.ts';
import type { Channel, ClientKeys } from '../../../protocol/sealing.ts';
import type { AwsCredentials } from '../../../protocol/signature.ts';
import { type Cut, encodeMessage } from '../../../protocol/wire.ts';
import { Destination } from './destination.ts';
import { dial } from './dial.ts';
import { type InboundMessage, Inbox, type UnprovenInvoke } from './inbox.ts';
import { PostQueue } from './post-queue.ts';
import { Room } from './room.ts';
import type { StageSecrets } from './stage-secrets.ts';
import { WarmConnections } from './warm-connections.ts';

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
  /** What senders prove themselves with. */
  readonly secrets: StageSecrets;
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
  readonly http: HttpClient;
  /** Another one, with connections of its own for large messages; without it they share those of `http`. */
  readonly bulkHttp?: HttpClient | undefined;
  readonly clock: Clock;
  /** A whole message, and the channel by which its sender can be answered. */
  readonly onMessage: (message: InboundMessage, channel: Channel) => void;
  /** An invocation that must not be run, and the channel by which its sender can be told so. */
  readonly onUnproven: (invoke: UnprovenInvoke, channel: Channel) => void;
  /**
   * Before a new connection id counts: the directory must carry it. A rejection makes the link try again, but for
   * LD_DISPLACED, after which there is nothing to connect for.
   */
  readonly onConnected: (connectionId: string) => Promise<void>;
  /** The way to the relay is open again, a connection will follow: time to have others ready that it needs. */
  readonly onReached?: () => void;
  readonly onEvent: (event: LinkEvent) => void;
  readonly agent?: Agent | undefined;
  /** Opens sockets; default `openRelaySocket`. */
  readonly open?: typeof openRelaySocket | undefined;
  /** Instead of the system's look-up of the relay's name. */
  readonly lookup?: LookupFunction | undefined;
}

/** The texts of a message, and how they were cut. */
export interface Sealed {
  readonly texts: readonly string[];
  readonly cut: Cut;
}

export interface PostOptions {
  /** As an earlier sending of the same message was cut, default: as the line takes it. */
  readonly cut?: Cut;
  /** Of all chunks only these, by their numbers. */
  readonly chunks?: ReadonlySet<number>;
  /** Called before anything is posted. */
  readonly onSealed?: (sealed: Sealed) => void;
}

/** Once the relay is reached: for each of TLS, the handshake and `hello`. */
export const connectTimeoutMs = 10_000;

/** API Gateway ends a connection after 2 h (docs/platform-notes.md); a new one is made ready before that. */
export const renewAfterMs = 110 * 60_000;

/** Stubs learn of the new connection by a 410, so the old one may go soon; posts under way still reach it. */
export const oldSocketGraceMs = 30_000;

/**
 * A connection silent for this long is pinged. After sleep or a change of network it is dead without a word, and
 * until that is noticed every invocation is lost; two messages every 20 s cost a third of a cent in 8 h. So 30 s after
 * the last message at most it is known; without a proxy mostly after 15 s, by TCP's own means (protocol/relay-socket.ts).
 */
export const heartbeatMs = 20_000;
export const pongBoundMs = 10_000;
/** The same where this machine slept or its network changed: the connection is most likely dead. */
export const doubtedPongBoundMs = 5000;

/** Between two attempts where the way to the relay is not open: they cost a packet at most, and the relay nothing. */
export const unreachedRetryMs = 500;
/**
 * Where the relay is reached and says no, or the directory does: full jitter below a bound that grows up to this, and
 * after five minutes further. API Gateway takes 500 connections a second for all of an account (AWS: WebSocket quotas).
 */
export const refusedRetryMs = 1000;
const recentMs = 5 * 60_000;
/** The same where it says that it is asked too often (429). */
const longestRetryMs = 5000;

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

/** Keeps a connection id that the directory knows, for as long as it is not closed. */
export class RelayLink {
  readonly #options: RelayLinkOptions;
  readonly #poster: RelayPoster;
  readonly #queue: PostQueue;
  readonly #room = new Room(maxSealedBytes);
  readonly #inbox: Inbox;
  readonly #warm: WarmConnections;
  #socket: RelaySocket | undefined;
  /** Replaced, but open until posts under way have reached them. */
  readonly #retiring = new Set<RelaySocket>();
  readonly #closedBecause = new WeakMap<RelaySocket, string>();
  #renewal: Timer | undefined;
  #heartbeat: Timer | undefined;
  /** There is one attempt at a time, whatever asks for a new connection. */
  #reconnecting: Promise<void> | undefined;
  #lostAt: number | undefined;
  #endWait: () => void = () => undefined;
  #closed = false;
  /** Aborted by `close`. */
  readonly #end = new AbortController();

  constructor(options: RelayLinkOptions) {
    this.#options = options;
    const { url, region, http, clock, keys, secrets, stage, onMessage, onEvent, onUnproven } = options;
    const credentials = () => this.#credentials();
    this.#poster = new RelayPoster({ url, region, http, credentials, clock });
    this.#warm = new WarmConnections({ url, http, clock });
    this.#queue = new PostQueue({ poster: this.#poster, bulkHttp: options.bulkHttp, clock });
    const onDrop = (reason: string, dropped: number) => onEvent({ type: 'dropped', reason, dropped });
    const onReceiving = (id: string, count: number, replyTo: string, channel: Channel) => {
      const attempt = firstReceipt + count;
      const receipt = { type: 'ack', id, attempt, head: { receiving: true }, body: nothing } as const;
      void this.post(replyTo, channel, receipt, clock.now() + receiptBoundMs);
    };
    this.#inbox = new Inbox({ keys, secrets, stage, clock, onMessage, onUnproven, onReceiving, onDrop });
  }

  /** Connects for the first time. Rejects with LD_RELAY or what `onConnected` rejected with. */
  async start(): Promise<void> {
    // Beside the socket: an invocation may come as soon as that is there.
    this.#warm.start();
    await this.#use(await this.#open());
    this.#options.secrets.watch();
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

  /** This machine slept, or stood still: connections may be dead. */
  wake(): void {
    this.#warm.renew();
    this.doubt();
  }

  /** The network has changed: the connection may be dead, or there may be one at last. */
  doubt(): void {
    this.#endWait();
    if (this.#socket) void this.#check(this.#socket, doubtedPongBoundMs);
  }

  /** Takes no more messages, sends none, tries no post again and closes the sockets. */
  close(): void {
    this.#closed = true;
    this.#warm.close();
    this.#options.secrets.close();
    this.#renewal?.cancel();
    this.#heartbeat?.cancel();
    this.#end.abort();
    this.#endWait();
    this.#queue.close();
    this.#room.close();
    this.#inbox.close();
    this.#socket?.close();
    for (const socket of this.#retiring) socket.close();
  }

  /**
   * Handshakes beside the first chunks: those after them find connections open, and show what the line takes. AWS refuses
   * such a request, which reaches nobody, and does not charge for it.
   */
  #openForBulk(texts: number): void {
    const { bulkHttp, url } = this.#options;
    if (this.#closed || bulkHttp === undefined) return;
    if (texts < bulkConnections || this.#queue.largeUnderWay > 0) return;
    const target = new URL(`${url.replace(/^ws/, 'http').replace(/\/$/, '')}/@connections/keep-alive`);
    const request = { method: 'GET', url: target, headers: {}, timeoutMs: receiptBoundMs };
    for (let count = bulkHttp.idle(target); count < bulkConnections; count += 1) {
      void bulkHttp.send(request).catch(() => undefined);
    }
  }

  #post(to: Destination | string, texts: readonly string[], untilMs: number): Promise<PostOutcome> {
    return this.#queue.post(typeof to === 'string' ? new Destination(to) : to, texts, untilMs);
  }

  async #credentials(): Promise<AwsCredentials> {
    // Asked for before every post: one that is waiting to be tried again ends here.
    if (this.#closed) throw new LiveDebugError('LD_RELAY', 'the link to the relay is closed');
    return this.#options.credentials();
  }

  async #open(connect: ConnectOptions = {}, signal?: AbortSignal): Promise<RelaySocket> {
    const { url, region, clock, agent, lookup, open = openRelaySocket } = this.#options;
    const socket: RelaySocket = await open({
      url,
      region,
      credentials: await this.#credentials(),
      clock,
      timeoutMs: connectTimeoutMs,
      onText: (text) => void this.#inbox.receive(text),
      onClose: (reason) => {
        this.#closedBecause.set(socket, reason);
        this.#retiring.delete(socket);
        this.#onClose(socket, reason);
      },
      connect: { ...(agent ? { agent } : {}), ...(lookup ? { lookup } : {}), ...connect },
      signal,
    });
    return socket;
  }

  /** A new connection counts from here on, unless the directory can't be told of it. */
  async #use(socket: RelaySocket): Promise<void> {
    try {
      if (!this.#closed) await this.#options.onConnected(socket.connectionId);
      assertOpen(this.#closedBecause.get(socket));
    } catch (error) {
      socket.close();
      throw error;
    }
    if (this.#closed) return socket.close();
    this.#replaceWith(socket);
  }

  #replaceWith(socket: RelaySocket): void {
    const { clock } = this.#options;
    const old = this.#socket;
    this.#socket = socket;
    if (old) {
      this.#retiring.add(old);
      clock.after(oldSocketGraceMs, () => old.close(), { background: true });
    }
    this.#renewal?.cancel();
    this.#renewal = clock.after(renewAfterMs, () => this.#reconnect(), { background: true });
    this.#scheduleHeartbeat(socket);
  }

  #onClose(socket: RelaySocket, reason: string): void {
    if (this.#closed || this.#socket !== socket) return;
    this.#socket = undefined;
    this.#heartbeat?.cancel();
    this.#lostAt = this.#options.clock.now();
    this.#queue.line.forget();
    this.#options.onEvent({ type: 'lost', reason });
    this.#reconnect();
  }

  /** Counted from the last message, whatever beat came before. */
  #scheduleHeartbeat(socket: RelaySocket): void {
    this.#heartbeat?.cancel();
    const { clock } = this.#options;
    const silentMs = clock.now() - socket.lastHeardMs();
    const isRecent = silentMs >= 0 && silentMs < heartbeatMs;
    const beat = () => {
      const passedMs = clock.now() - socket.lastHeardMs();
      // Less than none: the clock was set, and says nothing of the silence.
      if (passedMs >= 0 && passedMs < heartbeatMs) this.#scheduleHeartbeat(socket);
      else void this.#check(socket, pongBoundMs);
    };
    const waitMs = isRecent ? heartbeatMs - silentMs : heartbeatMs;
    this.#heartbeat = clock.after(waitMs, beat, { background: true });
  }

  async #check(socket: RelaySocket, boundMs: number): Promise<void> {
    this.#heartbeat?.cancel();
    const isAlive = await socket.ping(boundMs);
    if (!isAlive && this.#socket === socket) {
      this.#onClose(socket, `no answer within ${boundMs / 1000} s`);
      socket.close();
    }
    if (!this.#closed && this.#socket === socket) this.#scheduleHeartbeat(socket);
  }

  #reconnect(): void {
    this.#reconnecting ??= this.#untilConnected().finally(() => {
      this.#reconnecting = undefined;
    });
  }

  async #untilConnected(): Promise<void> {
    const { clock, onEvent } = this.#options;
    const startedAt = clock.now();
    let said = false;
    // While the old connection still serves there is nothing to tell.
    const onFailure = (error: unknown) => {
      if (said || this.#closed || this.#lostAt === undefined || isDisplaced(error)) return;
      said = true;
      onEvent({ type: 'retrying', reason: messageOf(error) });
    };
    for (let ceiling = 100; !this.#closed; ceiling = Math.min(ceiling * 2, longestRetryMs)) {
      let isReached = false;
      try {
        const socket = await dial({
          clock,
          signal: this.#end.signal,
          onFailure,
          open: (signal, onReached) => {
            const onSocket = () => {
              isReached = true;
              this.#options.onReached?.();
              onReached();
            };
            return this.#open({ finishRequest: whenReached(onSocket) }, signal);
          },
        });
        isReached = true;
        await this.#use(socket);
        if (this.#lostAt !== undefined) {
          this.#warm.renew();
          this.#queue.renew();
          onEvent({ type: 'reconnected', ms: clock.now() - this.#lostAt });
        }
        this.#lostAt = undefined;
        return;
      } catch (error) {
        if (this.#closed || isDisplaced(error)) return;
        onFailure(error);
        const isRecent = Math.abs(clock.now() - startedAt) < recentMs && !isThrottled(error);
        const boundMs = isRecent ? Math.min(ceiling, refusedRetryMs) : ceiling;
        await this.#wait(isReached ? Math.random() * boundMs : unreachedRetryMs);
      }
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, resolve);
      this.#endWait = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function isDisplaced(error: unknown): boolean {
  return error instanceof LiveDebugError && error.code === 'LD_DISPLACED';
}

/** Calls back when a request has a connection: the relay's, or one through a proxy. */
function whenReached(onReached: () => void): (request: ClientRequest) => void {
  return (request) => {
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', onReached);
      else onReached();
    });
    request.end();
  };
}

function assertOpen(closedBecause: string | undefined): void {
  if (closedBecause === undefined) return;
  throw new LiveDebugError('LD_RELAY', `the relay closed the new connection (${closedBecause})`);
}
