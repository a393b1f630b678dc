// [3] The client's link to the relay: keeps one socket open, takes in sealed chunks, passes whole messages to the session.
import type { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import {
  type ConnectOptions,
  isThrottled,
  openRelaySocket,
  type RelaySocket,
} from '../../../protocol/relay-socket.ts';
import type { Channel, ClientKeys } from '../../../protocol/sealing.ts';
import type { AwsCredentials } from '../../../protocol/signature.ts';
import { dial, whenReached } from './dial.ts';
import { Heartbeat } from './heartbeat.ts';
import { type InboundMessage, Inbox, type UnprovenInvoke } from './inbox.ts';
import { Outbox } from './outbox.ts';
import type { ReceiptsOptions } from './receipts.ts';
import type { StageSecrets } from './stage-secrets.ts';
import { WarmConnections } from './warm-connections.ts';

/** What the link reports besides messages. */
export type LinkEvent =
  | { readonly type: 'lost'; readonly reason: string }
  /** Still trying; reported once per outage, with the first failure. */
  | { readonly type: 'retrying'; readonly reason: string }
  | { readonly type: 'reconnected'; readonly ms: number }
  | { readonly type: 'dropped'; readonly reason: string; readonly dropped: number };

export interface RelayLinkOptions {
  /** The relay's stage URL. */
  readonly url: string;
  readonly region: string;
  readonly stage: string;
  readonly keys: ClientKeys;
  /** The secrets by which senders authenticate. */
  readonly secrets: StageSecrets;
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
  readonly http: HttpClient;
  /** Has its own connections for large messages; without it they share those of `http`. */
  readonly bulkHttp?: HttpClient | undefined;
  readonly clock: Clock;
  /** Receives each whole message, and the channel for answers to its sender. */
  readonly onMessage: (message: InboundMessage, channel: Channel) => void;
  /** Receives an invocation that must not be run, and the channel on which to tell its sender. */
  readonly onUnproven: (invoke: UnprovenInvoke, channel: Channel) => void;
  /**
   * Called before a new connection id is used: must write it to the directory. If it rejects, the link tries again, except
   * with LD_DISPLACED, after which there is nothing to connect for.
   */
  readonly onConnected: (connectionId: string) => Promise<void>;
  /** The relay is reachable again, and a connection will follow: time to open others that it needs. */
  readonly onReached?: () => void;
  readonly onEvent: (event: LinkEvent) => void;
  readonly agent?: Agent | undefined;
  /** Opens sockets; default `openRelaySocket`. */
  readonly open?: typeof openRelaySocket | undefined;
  /** Replaces the system's look-up of the relay's name. */
  readonly lookup?: LookupFunction | undefined;
}

/** Once the relay is reached: the timeout for each of TLS, the handshake and `hello`. */
export const connectTimeoutMs = 10_000;

/** API Gateway ends a connection after 2 h (docs/platform-notes.md); a new one is prepared before that. */
export const renewAfterMs = 110 * 60_000;

/** Stubs learn of the new connection by a 410, so the old one may be closed soon; posts under way still reach it. */
export const oldSocketGraceMs = 30_000;

/** Between two attempts while the relay is unreachable: they cost at most a packet, and the relay nothing. */
const unreachedRetryMs = 500;
/**
 * Between two attempts while the relay or the directory refuses: full jitter below a bound that grows up to this, and further
 * after five minutes. API Gateway allows 500 new connections per second for a whole account (AWS: WebSocket quotas).
 */
export const refusedRetryMs = 1000;
const recentMs = 5 * 60_000;
/** The same when the relay throttles (429). */
const longestRetryMs = 5000;

/** Keeps the directory up to date with an open connection id until it is closed. */
export class RelayLink {
  readonly #options: RelayLinkOptions;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #warm: WarmConnections;
  readonly #heartbeat: Heartbeat;
  #socket: RelaySocket | undefined;
  /** Replaced sockets, kept open until posts under way have reached them. */
  readonly #retiring = new Set<RelaySocket>();
  readonly #closedBecause = new WeakMap<RelaySocket, string>();
  #renewal: Timer | undefined;
  /** The only attempt under way, whatever requested a new connection. */
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
    const poster = new RelayPoster({ url, region, http, credentials, clock });
    this.#outbox = new Outbox({ url, poster, bulkHttp: options.bulkHttp, clock });
    this.#warm = new WarmConnections({ url, http, clock });
    const onSilence = (socket: RelaySocket, boundMs: number) => {
      this.#onClose(socket, `no answer within ${boundMs / 1000} s`);
      socket.close();
    };
    this.#heartbeat = new Heartbeat({ clock, onSilence });
    const onDrop = (reason: string, dropped: number) => onEvent({ type: 'dropped', reason, dropped });
    const onReceiving: ReceiptsOptions['tell'] = (...receipt) => void this.#outbox.postReceipt(...receipt);
    this.#inbox = new Inbox({ keys, secrets, stage, clock, onMessage, onUnproven, onReceiving, onDrop });
  }

  /** Connects for the first time. Rejects with LD_RELAY, or as `onConnected` did. */
  async start(): Promise<void> {
    // Beside the socket, since an invocation may arrive as soon as that is open.
    this.#warm.start();
    await this.#use(await this.#open());
    this.#options.secrets.watch();
  }

  /** See {@link Outbox.post}. */
  readonly post: Outbox['post'] = (...message) => this.#outbox.post(...message);

  /** See {@link Outbox.postToClient}. */
  readonly postToClient: Outbox['postToClient'] = (...message) => this.#outbox.postToClient(...message);

  /** This machine slept or was suspended: connections may be dead. */
  wake(): void {
    this.#warm.renew();
    this.doubt();
  }

  /** The network has changed: the connection may be dead, or may now be possible. */
  doubt(): void {
    this.#endWait();
    this.#heartbeat.doubt();
  }

  /** Stops receiving, sending and retrying, and closes the sockets. */
  close(): void {
    this.#closed = true;
    this.#warm.close();
    this.#options.secrets.close();
    this.#renewal?.cancel();
    this.#heartbeat.stop();
    this.#end.abort();
    this.#endWait();
    this.#outbox.close();
    this.#inbox.close();
    this.#socket?.close();
    for (const socket of this.#retiring) socket.close();
  }

  async #credentials(): Promise<AwsCredentials> {
    // Credentials are requested before every post, so posts that wait for a retry end here.
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

  /** Uses a new connection from now on, unless the directory refuses it. */
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
    this.#heartbeat.watch(socket);
  }

  #onClose(socket: RelaySocket, reason: string): void {
    if (this.#closed || this.#socket !== socket) return;
    this.#socket = undefined;
    this.#heartbeat.stop();
    this.#lostAt = this.#options.clock.now();
    this.#outbox.forgetLine();
    this.#options.onEvent({ type: 'lost', reason });
    this.#reconnect();
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
    // While the old connection still works, there is nothing to report.
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
          this.#outbox.renew();
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

function assertOpen(closedBecause: string | undefined): void {
  if (closedBecause === undefined) return;
  throw new LiveDebugError('LD_RELAY', `the relay closed the new connection (${closedBecause})`);
}
