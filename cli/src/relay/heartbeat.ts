// [3] Detects that the link's connection died without being closed: pings once it has been silent since the last message.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { RelaySocket } from '../../../protocol/relay-socket.ts';

/**
 * A connection silent for this long is pinged. After sleep or a change of network it is dead without a word, and
 * until that is noticed every invocation is lost; two messages every 20 s cost a third of a cent in 8 h. So 30 s after
 * the last message at most it is known; without a proxy mostly after 15 s, by TCP's own means (protocol/relay-socket.ts).
 */
export const heartbeatMs = 20_000;
export const pongBoundMs = 10_000;
/** The same where this machine slept or its network changed: the connection is most likely dead. */
export const doubtedPongBoundMs = 5000;

interface HeartbeatOptions {
  readonly clock: Clock;
  /** The watched socket did not answer within this many milliseconds. */
  readonly onSilence: (socket: RelaySocket, boundMs: number) => void;
}

/** Watches one socket at a time. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #socket: RelaySocket | undefined;
  #timer: Timer | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Watches this socket from now on, in place of any other. */
  watch(socket: RelaySocket): void {
    this.#socket = socket;
    this.#schedule(socket);
  }

  stop(): void {
    this.#socket = undefined;
    this.#timer?.cancel();
  }

  /** The connection may be dead: asks at once. */
  doubt(): void {
    if (this.#socket) void this.#check(this.#socket, doubtedPongBoundMs);
  }

  /** Counted from the last message, whatever beat came before. */
  #schedule(socket: RelaySocket): void {
    this.#timer?.cancel();
    const { clock } = this.#options;
    const silentMs = () => clock.now() - socket.lastHeardMs();
    // Negative: the clock was set, so the silence is unknown.
    const isRecent = (ms: number) => ms >= 0 && ms < heartbeatMs;
    const beat = () => {
      if (isRecent(silentMs())) this.#schedule(socket);
      else void this.#check(socket, pongBoundMs);
    };
    const ms = silentMs();
    this.#timer = clock.after(isRecent(ms) ? heartbeatMs - ms : heartbeatMs, beat, { background: true });
  }

  async #check(socket: RelaySocket, boundMs: number): Promise<void> {
    this.#timer?.cancel();
    const isAlive = await socket.ping(boundMs);
    if (!isAlive && this.#socket === socket) this.#options.onSilence(socket, boundMs);
    if (this.#socket === socket) this.#schedule(socket);
  }
}
