// [1] The stub's own socket: kept across invocations, reopened when a freeze or the relay has ended it.
import type { Clock } from '../../protocol/clock.ts';
import { isFinalRefusal, openRelaySocket, type RelaySocket } from '../../protocol/relay-socket.ts';
import type { AwsCredentials } from '../../protocol/signature.ts';

interface StubSocketOptions {
  readonly url: string;
  readonly region: string;
  readonly credentials: () => AwsCredentials;
  readonly clock: Clock;
  readonly onText: (text: string) => void;
  /** The socket whose connection id was announced is gone. */
  readonly onLost: () => void;
}

/** Timeout of connecting, and of hello, each: generous, since the alternative is to fail the invocation. */
const connectTimeoutMs = 4000;
/** Wait before a retry if the relay throttles or fails: with full jitter, then twice that. */
const firstRetryMs = 100;

/** A relay in the same Region answers a ping within milliseconds. */
const usualPongMs = 100;

/** One socket at a time; concurrent callers wait for the same one. */
export class StubSocket {
  readonly #options: StubSocketOptions;
  #open: RelaySocket | undefined;
  #opening: Promise<RelaySocket> | undefined;

  constructor(options: StubSocketOptions) {
    this.#options = options;
  }

  /** The open socket, or a new one. Rejects with LD_RELAY within three times the connect timeout. */
  async get(): Promise<RelaySocket> {
    if (this.#open) return this.#open;
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /**
   * False, and the socket given up, if it does not answer a ping in time. If it takes longer than usual, a new one is opened beside
   * it: that takes four round trips, an answer one, so whichever is ready first is used.
   */
  async isAlive(timeoutMs: number): Promise<boolean> {
    const socket = this.#open;
    if (socket === undefined) return false;
    const pong = socket.ping(timeoutMs);
    let answered = false;
    const instead = new Promise<RelaySocket | undefined>((resolve) => {
      const timer = this.#options.clock.after(usualPongMs, () => {
        const fresh = this.#tryToConnect();
        // No longer needed: the old one has answered in the meantime.
        fresh.then((opened) => (answered ? opened.close() : resolve(opened))).catch(() => undefined);
      });
      void pong.then(() => timer.cancel());
    });
    const first = await Promise.race([pong, instead]);
    answered = true;
    if (first === true) return true;
    this.#lose(socket, first || undefined);
    return false;
  }

  /** Milliseconds since something last arrived; 0 if there is no socket to be stale. */
  idleMs(): number {
    return this.#open ? this.#options.clock.now() - this.#open.lastHeardMs() : 0;
  }

  async #connect(): Promise<RelaySocket> {
    const { clock } = this.#options;
    const untilMs = clock.now() + connectTimeoutMs;
    for (let pauseMs = firstRetryMs; ; pauseMs *= 2) {
      try {
        this.#open = await this.#tryToConnect();
        return this.#open;
      } catch (error) {
        if (isFinalRefusal(error) || clock.now() + pauseMs >= untilMs) throw error;
        await new Promise<void>((resolve) => clock.after(Math.random() * pauseMs, resolve));
      }
    }
  }

  async #tryToConnect(): Promise<RelaySocket> {
    const { url, region, credentials, clock, onText } = this.#options;
    const socket: RelaySocket = await openRelaySocket({
      url,
      region,
      credentials: credentials(),
      clock,
      timeoutMs: connectTimeoutMs,
      onText,
      onClose: () => this.#lose(socket),
    });
    return socket;
  }

  /** `next` replaces it, unless it is already lost. */
  #lose(socket: RelaySocket, next?: RelaySocket): void {
    if (this.#open !== socket) return next?.close();
    this.#open = next;
    socket.close();
    this.#options.onLost();
  }
}
