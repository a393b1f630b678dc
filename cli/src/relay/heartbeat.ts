// [3] Detects that the link's connection died without being closed: pings it when it has been silent for a while.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { RelaySocket } from '../../../protocol/relay-socket.ts';

/**
 * A connection that is silent for this long is pinged. After sleep or a change of network it is dead without a sign, and every
 * invocation is lost until that is noticed. Two messages every 20 s cost a third of a cent in 8 h. So a dead connection is
 * noticed at most 30 s after its last message; without a proxy mostly after 15 s, by TCP keepalive (protocol/relay-socket.ts).
 */
export const heartbeatMs = 20_000;
export const pongBoundMs = 10_000;
/** The same after this machine slept or its network changed: the connection is most likely dead. */
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

  /** Watches this socket from now on instead of any other. */
  watch(socket: RelaySocket): void {
    this.#socket = socket;
    this.#schedule(socket);
  }

  stop(): void {
    this.#socket = undefined;
    this.#timer?.cancel();
  }

  /** Pings at once, since the connection may be dead. */
  doubt(): void {
    if (this.#socket) void this.#check(this.#socket, doubtedPongBoundMs);
  }

  /** Counts from the last message, whenever the last ping was. */
  #schedule(socket: RelaySocket): void {
    this.#timer?.cancel();
    const { clock } = this.#options;
    const silentMs = () => clock.now() - socket.lastHeardMs();
    // Negative if the clock was set, so the silence is unknown.
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
