// [2] One open WebSocket of the relay, with API Gateway's limits on its size, silence and age.
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import { relayLimits } from '../aws-api/aws-limits.ts';
import { frameLengthWatcher } from './frame-lengths.ts';

interface ConnectionOptions {
  readonly webSocket: WebSocket;
  readonly socket: Duplex;
  readonly sourceIp: string;
  readonly userAgent: string | undefined;
  readonly clock: Clock;
  /** Called with a whole text message; the answer, if any, is sent back as a text message. */
  readonly onMessage: (text: string, connection: Connection) => string | undefined;
  readonly onClose: (connection: Connection) => void;
}

/** Looks like API Gateway's, e.g. `L0SM9cOFIAMCIdw=`. */
export const connectionIdPattern = /^[A-Za-z0-9_-]{15}=$/;

export class Connection {
  readonly id = `${randomBytes(11).toString('base64url')}=`;
  readonly sourceIp: string;
  readonly userAgent: string | undefined;
  /** Milliseconds since the epoch. */
  readonly connectedAt: number;
  readonly #webSocket: WebSocket;
  readonly #clock: Clock;
  readonly #lifetime: Timer;
  #idle: Timer;
  #lastActiveAt: number;

  constructor(options: ConnectionOptions) {
    const { webSocket, socket, clock } = options;
    this.#webSocket = webSocket;
    this.#clock = clock;
    this.sourceIp = options.sourceIp;
    this.userAgent = options.userAgent;
    this.connectedAt = clock.now();
    this.#lastActiveAt = this.connectedAt;
    this.#lifetime = clock.after(relayLimits.lifetimeMs, () => this.#goAway(), { background: true });
    this.#idle = this.#watchIdle(relayLimits.idleMs);

    const watch = frameLengthWatcher(relayLimits.frameBytes, () => this.close(1009, 'Message too big'));
    // Ahead of ws's own listener, so that a frame over the limit is seen before its message is.
    socket.prependListener('data', watch);
    webSocket.on('message', (data: RawData, isBinary: boolean) => {
      if (!this.isOpen) return;
      if (isBinary) return this.close(1003, 'Binary is not supported');
      this.#lastActiveAt = clock.now();
      const answer = options.onMessage(data.toString(), this);
      if (answer !== undefined) webSocket.send(answer);
    });
    // ws answers protocol errors and too large messages (1009) by itself; the close event follows.
    webSocket.on('error', () => {});
    webSocket.on('close', () => {
      this.#lifetime.cancel();
      this.#idle.cancel();
      options.onClose(this);
    });
  }

  get lastActiveAt(): number {
    return this.#lastActiveAt;
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  /** Whether the client is so slow that its buffer is full. */
  get isFull(): boolean {
    return this.#webSocket.bufferedAmount > relayLimits.receiverBacklogBytes;
  }

  /** Sends UTF-8 bytes as one text message, in frames of at most 32 KB as API Gateway does. */
  deliver(message: Uint8Array): void {
    this.#lastActiveAt = this.#clock.now();
    let at = 0;
    do {
      const frame = message.subarray(at, at + relayLimits.frameBytes);
      at += relayLimits.frameBytes;
      this.#webSocket.send(frame, { binary: false, fin: at >= message.length });
    } while (at < message.length);
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  /** Ends it at once, without a close frame. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  #goAway(): void {
    this.close(1001, 'Going away');
  }

  /** One timer that checks the last activity when it fires, instead of one per message. */
  #watchIdle(ms: number): Timer {
    return this.#clock.after(
      ms,
      () => {
        const left = this.#lastActiveAt + relayLimits.idleMs - this.#clock.now();
        if (left <= 0) this.#goAway();
        else this.#idle = this.#watchIdle(left);
      },
      { background: true },
    );
  }
}
