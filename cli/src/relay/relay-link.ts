// [3] The client's link to the relay: keeps one socket open, takes in sealed chunks, passes whole messages to the session.
import type { Clock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import type { Channel, ClientKeys } from '../../../protocol/sealing.ts';
import type { AwsCredentials } from '../../../protocol/signature.ts';
import { type InboundMessage, Inbox, type UnprovenInvoke } from './inbox.ts';
import { KeptSocket, type RelayPlace, type SocketEvent } from './kept-socket.ts';
import { Outbox } from './outbox.ts';
import type { ReceiptsOptions } from './receipts.ts';
import type { StageSecrets } from './stage-secrets.ts';
import { WarmConnections } from './warm-connections.ts';

/** What the link reports besides messages. */
export type LinkEvent =
  | SocketEvent
  | { readonly type: 'dropped'; readonly reason: string; readonly dropped: number };

export interface RelayLinkOptions extends RelayPlace {
  readonly stage: string;
  readonly keys: ClientKeys;
  /** The secrets by which senders authenticate. */
  readonly secrets: StageSecrets;
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
}

/** Keeps the directory up to date with an open connection id until it is closed. */
export class RelayLink {
  readonly #options: RelayLinkOptions;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #warm: WarmConnections;
  readonly #socket: KeptSocket;
  #closed = false;

  constructor(options: RelayLinkOptions) {
    this.#options = options;
    const { url, region, http, clock, keys, secrets, stage, onMessage, onEvent, onUnproven } = options;
    const credentials = () => this.#credentials();
    const poster = new RelayPoster({ url, region, http, credentials, clock });
    this.#outbox = new Outbox({ url, poster, bulkHttp: options.bulkHttp, clock });
    this.#warm = new WarmConnections({ url, http, clock });
    this.#socket = new KeptSocket({
      ...{ url, region, credentials, clock },
      ...{ agent: options.agent, lookup: options.lookup, open: options.open },
      onText: (text) => void this.#inbox.receive(text),
      onConnected: options.onConnected,
      onReached: options.onReached,
      onEvent: (event) => this.#onSocketEvent(event),
    });
    const onDrop = (reason: string, dropped: number) => onEvent({ type: 'dropped', reason, dropped });
    const onReceiving: ReceiptsOptions['tell'] = (...receipt) => void this.#outbox.postReceipt(...receipt);
    this.#inbox = new Inbox({ keys, secrets, stage, clock, onMessage, onUnproven, onReceiving, onDrop });
  }

  /** Connects for the first time. Rejects with LD_RELAY, or as `onConnected` did. */
  async start(): Promise<void> {
    // Beside the socket, since an invocation may arrive as soon as that is open.
    this.#warm.start();
    await this.#socket.start();
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
    this.#socket.doubt();
  }

  /** Stops receiving, sending and retrying, and closes the sockets. */
  close(): void {
    this.#closed = true;
    this.#warm.close();
    this.#options.secrets.close();
    this.#outbox.close();
    this.#inbox.close();
    this.#socket.close();
  }

  async #credentials(): Promise<AwsCredentials> {
    // Credentials are requested before every post, so posts that wait for a retry end here.
    if (this.#closed) throw new LiveDebugError('LD_RELAY', 'the link to the relay is closed');
    return this.#options.credentials();
  }

  #onSocketEvent(event: SocketEvent): void {
    if (event.type === 'lost') this.#outbox.forgetLine();
    if (event.type === 'reconnected') {
      this.#warm.renew();
      this.#outbox.renew();
    }
    this.#options.onEvent(event);
  }
}
