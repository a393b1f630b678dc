// The connections of a server on this machine: closing the server ends them all, whatever their state.
import type { Server, Socket } from 'node:net';
import { systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';

/** How long closing a server may take once its connections are cut, in milliseconds; usually a few. */
const closeBoundMs = 1000;

/** What HTTP servers have in addition. */
interface HttpServer {
  closeIdleConnections?(): void;
  closeAllConnections?(): void;
}

/**
 * Owns every connection that a server accepts, from the first byte on. Node's `closeAllConnections` knows only connections
 * that speak HTTP/1.1, not those that were upgraded to another protocol, or refused midway and never hung up. `close` alone
 * waits for all of them.
 */
export class ServerSockets {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  /** Call it before the server listens. `onSocket` is called for each connection. */
  constructor(server: Server, onSocket: (socket: Socket) => void = () => undefined) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      if (this.#cut) return void socket.destroy();
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      onSocket(socket);
    });
  }

  /**
   * Stops listening, cuts every connection after at most `graceMs` milliseconds, and resolves when the server is closed, at
   * most a second after the cut. Never rejects; may be called twice.
   */
  async close(graceMs = 0): Promise<void> {
    const server: Server & HttpServer = this.#server;
    // An error means that it no longer listened; the wait for its connections ends all the same.
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    if (graceMs > 0) {
      server.closeIdleConnections?.();
      await within(systemClock, graceMs, closed);
    }
    this.#cut = true;
    server.closeAllConnections?.();
    for (const socket of this.#sockets) socket.destroy();
    await within(systemClock, closeBoundMs, closed);
  }
}
