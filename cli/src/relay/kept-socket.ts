// [3] One connection to the relay that is kept open: connected again after a loss, renewed before the relay's own limit, and
// checked while it is silent.
import type { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import {
  type ConnectOptions,
  isThrottled,
  openRelaySocket,
  type RelaySocket,
} from '../../../protocol/relay-socket.ts';
import type { AwsCredentials } from '../../../protocol/signature.ts';
import { dial, whenReached } from './dial.ts';
import { Heartbeat } from './heartbeat.ts';

/** What becomes known of the connection. */
export type SocketEvent =
  | { readonly type: 'lost'; readonly reason: string }
  /** Still trying; reported once per outage, with the first failure. */
  | { readonly type: 'retrying'; readonly reason: string }
  | { readonly type: 'reconnected'; readonly ms: number };

/** How to reach the relay. */
export interface RelayPlace {
  /** The relay's stage URL. */
  readonly url: string;
  readonly region: string;
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
  readonly agent?: Agent | undefined;
  /** Opens sockets; default `openRelaySocket`. */
  readonly open?: typeof openRelaySocket | undefined;
  /** Replaces the system's look-up of the relay's name. */
  readonly lookup?: LookupFunction | undefined;
}

export interface KeptSocketOptions extends RelayPlace {
  readonly clock: Clock;
  /** Every text that arrives on any connection, also on one that is being replaced. */
  readonly onText: (text: string) => void;
  /**
   * Called before a new connection id is used: must write it to the directory. If it rejects, another attempt follows, except
   * with LD_DISPLACED, after which there is nothing to connect for.
   */
  readonly onConnected: (connectionId: string) => Promise<void>;
  /** The relay is reachable again, and a connection will follow: time to open others that are needed. */
  readonly onReached?: (() => void) | undefined;
  readonly onEvent: (event: SocketEvent) => void;
}

/** Once the relay is reached: the timeout for each of TLS, the handshake and `hello`. */
export const connectTimeoutMs = 10_000;

/** API Gateway ends a connection after 2 h (docs/platform-notes.md); a new one is prepared before that. */
export const renewAfterMs = 110 * 60_000;

/** Peers learn of the new connection by a 410, so the old one may be closed soon; posts under way still reach it. */
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

export class KeptSocket {
  readonly #options: KeptSocketOptions;
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

  constructor(options: KeptSocketOptions) {
    this.#options = options;
    const onSilence = (socket: RelaySocket, boundMs: number) => {
      this.#onClose(socket, `no answer within ${boundMs / 1000} s`);
      socket.close();
    };
    this.#heartbeat = new Heartbeat({ clock: options.clock, onSilence });
  }

  /** Connects for the first time. Rejects with LD_RELAY, or as `onConnected` did. */
  async start(): Promise<void> {
    await this.#use(await this.#open());
  }

  /** The network has changed, or this machine slept: the connection may be dead, or may now be possible. */
  doubt(): void {
    this.#endWait();
    this.#heartbeat.doubt();
  }

  /** Stops receiving and retrying, and closes the sockets. */
  close(): void {
    this.#closed = true;
    this.#renewal?.cancel();
    this.#heartbeat.stop();
    this.#end.abort();
    this.#endWait();
    this.#socket?.close();
    for (const socket of this.#retiring) socket.close();
  }

  async #open(connect: ConnectOptions = {}, signal?: AbortSignal): Promise<RelaySocket> {
    const { url, region, clock, agent, lookup, onText, open = openRelaySocket } = this.#options;
    if (this.#closed) throw new LiveDebugError('LD_RELAY', 'the link to the relay is closed');
    const socket: RelaySocket = await open({
      url,
      region,
      credentials: await this.#options.credentials(),
      clock,
      timeoutMs: connectTimeoutMs,
      onText,
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
