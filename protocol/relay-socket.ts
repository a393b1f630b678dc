// A peer's WebSocket on the relay: signed handshake, its connection id from `hello`, keepalive, incoming messages.
import type { Agent, ClientRequest } from 'node:http';
import type { LookupFunction } from 'node:net';
import * as v from 'valibot';
import WebSocket, { type ClientOptions } from 'ws';
import type { Clock, Timer } from './clock.ts';
import { parseJsonAs } from './json.ts';
import { LiveDebugError, messageOf } from './live-debug-error.ts';
import { relayHttpUrl } from './relay-url.ts';
import { type AwsCredentials, Signer } from './signature.ts';

/** Passed on to ws and to Node's `request`. */
export interface ConnectOptions {
  /** For proxies. */
  readonly agent?: Agent | undefined;
  /** Replaces the system's look-up of the relay's name. */
  readonly lookup?: LookupFunction | undefined;
  /** Receives the request before it is sent, and must call `end` on it. */
  readonly finishRequest?: ((request: ClientRequest) => void) | undefined;
}

export interface RelaySocketOptions {
  /** The relay's stage URL, `https://…/live` or `wss://…/live` (`http`, `ws` against an emulator). */
  readonly url: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  readonly clock: Clock;
  /** Timeout of connecting, and of `hello`, each. */
  readonly timeoutMs: number;
  /** Called for every text that is not the relay's own answer to this socket. */
  readonly onText: (text: string) => void;
  /** Called once, when the socket is gone for any reason. */
  readonly onClose: (reason: string) => void;
  /** Aborts an attempt that has not succeeded yet. */
  readonly signal?: AbortSignal | undefined;
  /** How to connect, if not by the system's defaults. */
  readonly connect?: ConnectOptions | undefined;
}

/** A connected socket that knows its own connection id. */
export interface RelaySocket {
  readonly connectionId: string;
  /** When something last arrived, in milliseconds since the epoch on the given clock. */
  lastHeardMs(): number;
  /** Sends a keepalive and waits for `pong`; false if nothing arrives within the timeout, or the socket is gone. */
  ping(timeoutMs: number): Promise<boolean>;
  close(): void;
}

/** API Gateway closes a connection after 10 minutes without traffic (docs/platform-notes.md). */
export const keepaliveMs = 5 * 60_000;

/** API Gateway's largest message (docs/platform-notes.md). */
const relayMessageBytes = 128 * 1024;

/**
 * The system probes the far end after this much silence, then every second, and gives up after ten probes (libuv's
 * uv_tcp_keepalive): a dead connection ends after 15 s, without a billed message. Through a proxy this covers only the way
 * to the proxy, and no probes are sent while data is unacknowledged, so pings are still needed.
 */
const tcpKeepaliveMs = 5000;

const helloSchema = v.object({ connectionId: v.pipe(v.string(), v.minLength(1)) });

/** Connects, signs and asks for the connection id. Rejects with LD_RELAY: what failed, and what to check. */
export async function openRelaySocket(options: RelaySocketOptions): Promise<RelaySocket> {
  const signedUrl = new URL(relayHttpUrl(options.url));
  const signer = new Signer({ service: 'execute-api', region: options.region });
  const headers = signer.sign({ method: 'GET', url: signedUrl }, options.credentials, options.clock.now());
  const socket = new WebSocket(signedUrl.href.replace(/^http/, 'ws'), {
    headers,
    // API Gateway negotiates window bits of deflate wrongly (docs/platform-notes.md).
    perMessageDeflate: false,
    maxPayload: relayMessageBytes,
    handshakeTimeout: options.timeoutMs,
    ...(options.connect as ClientOptions),
  });
  return new Promise<RelaySocket>((resolve, reject) => {
    new Connection(socket, signedUrl.host, options, resolve, reject);
  });
}

class Connection implements RelaySocket {
  connectionId = '';
  readonly #socket: WebSocket;
  readonly #options: RelaySocketOptions;
  readonly #pongWaiters = new Set<(heard: boolean) => void>();
  #lastHeard: number;
  #heard = 0;
  #keepalive: Timer | undefined;

  constructor(
    socket: WebSocket,
    host: string,
    options: RelaySocketOptions,
    onReady: (socket: RelaySocket) => void,
    onFailure: (error: LiveDebugError) => void,
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#lastHeard = options.clock.now();
    let helloTimer: Timer | undefined;
    let failed = false;

    const fail = (what: string, cause?: unknown) => {
      if (this.connectionId !== '' || failed) return;
      failed = true;
      helloTimer?.cancel();
      socket.terminate();
      onFailure(
        new LiveDebugError('LD_RELAY', `the relay at ${host} ${what}`, { cause, remedy: relayRemedy }),
      );
    };
    socket.on('upgrade', (response) => response.socket.setKeepAlive(true, tcpKeepaliveMs));
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      fail(`refused the connection with HTTP ${response.statusCode}`, response.statusCode);
    });
    options.signal?.addEventListener('abort', () => fail('was not reached in time'));
    socket.on('error', (error) => fail(`can't be reached: ${messageOf(error)}`, error));
    socket.on('open', () => {
      helloTimer = options.clock.after(options.timeoutMs, () =>
        fail(`did not answer hello within ${options.timeoutMs} ms`),
      );
      socket.send('{"action":"hello"}');
    });
    socket.on('close', (code, reason) => {
      fail(`closed the connection with code ${code} before it said hello`);
      this.#keepalive?.cancel();
      this.#settlePings(false);
      if (this.connectionId !== '') options.onClose(`code ${code}${reason.length > 0 ? ` ${reason}` : ''}`);
    });
    // API Gateway delivers text; an emulator was seen to deliver binary. Only the bytes count.
    socket.on('message', (data) => {
      this.#lastHeard = options.clock.now();
      this.#heard += 1;
      const text = (data as Buffer).toString('utf8');
      if (this.connectionId === '') {
        const id = connectionIdIn(text);
        if (id === undefined) return;
        helloTimer?.cancel();
        this.connectionId = id;
        this.#scheduleKeepalive();
        onReady(this);
      } else if (isPong(text)) this.#settlePings(true);
      else options.onText(text);
    });
  }

  lastHeardMs(): number {
    return this.#lastHeard;
  }

  ping(timeoutMs: number): Promise<boolean> {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve(false);
    return new Promise((resolve) => {
      const heardBefore = this.#heard;
      // The pong may be queued behind a large message; anything that arrives shows that the socket is alive.
      const timer = this.#options.clock.after(timeoutMs, () => settle(this.#heard > heardBefore));
      const settle = (heard: boolean) => {
        timer.cancel();
        this.#pongWaiters.delete(settle);
        resolve(heard);
      };
      this.#pongWaiters.add(settle);
      this.#socket.send('{"action":"ping"}');
    });
  }

  close(): void {
    this.#keepalive?.cancel();
    this.#socket.close(1000);
    // A peer that is gone never answers the closing handshake.
    this.#options.clock.after(1000, () => this.#socket.terminate(), { background: true });
  }

  #scheduleKeepalive(): void {
    this.#keepalive = this.#options.clock.after(
      keepaliveMs,
      () => {
        if (this.#socket.readyState !== WebSocket.OPEN) return;
        void this.ping(this.#options.timeoutMs).then((heard) => {
          if (heard) this.#scheduleKeepalive();
          else this.#socket.terminate();
        });
      },
      { background: true },
    );
  }

  #settlePings(heard: boolean): void {
    for (const settle of [...this.#pongWaiters]) settle(heard);
  }
}

/** Whether the relay throttled the request. */
export function isThrottled(error: unknown): boolean {
  return (error as { cause?: unknown }).cause === 429;
}

/** Whether the relay refused for good: any other 4xx. */
export function isFinalRefusal(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return typeof cause === 'number' && cause >= 400 && cause < 500 && !isThrottled(error);
}

const relayRemedy =
  'check that the module is applied with `enabled = true`, and the Region, credentials and network';

function connectionIdIn(text: string): string | undefined {
  return parseJsonAs(helloSchema, text)?.connectionId;
}

/** The `$default` route's answer, or API Gateway's own if that route is missing: the socket is alive either way. */
function isPong(text: string): boolean {
  return text.length < 1024 && text.startsWith('{') && !text.includes('\n');
}
