// The inspector's server: its connections, bounded in number and in the time that they may do nothing.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { ServerSockets } from '../loopback/server-sockets.ts';

/** Connections at a time. A browser opens six to a host. */
export const mostConnections = 128;

/** How long a connection may take to send a request's headers, or may wait between two requests, in milliseconds. */
export const quietMs = 15_000;

interface Connection {
  /** Requests that are being answered on it. */
  open: number;
  quiet: Timer | undefined;
}

export class Connections {
  readonly #clock: Clock;
  readonly #sockets: ServerSockets;
  /** Oldest first. */
  readonly #known = new Map<Socket, Connection>();

  /** Call it before the server listens. */
  constructor(server: Server, clock: Clock) {
    this.#clock = clock;
    this.#sockets = new ServerSockets(server, (socket) => this.#accept(socket));
  }

  /** Call it for each request, before anything else. */
  begin({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.#known.get(socket);
    if (connection === undefined) return;
    connection.open += 1;
    connection.quiet?.cancel();
    response.once('close', () => {
      connection.open -= 1;
      if (connection.open === 0) this.#watch(socket, connection);
    });
  }

  close(graceMs: number): Promise<void> {
    return this.#sockets.close(graceMs);
  }

  #accept(socket: Socket): void {
    if (this.#known.size >= mostConnections && !this.#makeRoom()) return void socket.destroy();
    const connection: Connection = { open: 0, quiet: undefined };
    this.#known.set(socket, connection);
    this.#watch(socket, connection);
    socket.once('close', () => {
      this.#known.delete(socket);
      connection.quiet?.cancel();
    });
  }

  /** Ends the oldest connection that is not being answered. */
  #makeRoom(): boolean {
    for (const [socket, { open }] of this.#known) {
      if (open > 0) continue;
      this.#known.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  #watch(socket: Socket, connection: Connection): void {
    connection.quiet?.cancel();
    if (!this.#known.has(socket)) return;
    connection.quiet = this.#clock.after(quietMs, () => socket.destroy(), { background: true });
  }
}
