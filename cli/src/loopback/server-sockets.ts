// The connections of a server on this machine: whatever they are in the middle of, closing the server ends them all.
import type { Server, Socket } from 'node:net';
import { systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';

/** How long the end of a server may take once its connections are cut, in milliseconds; it takes a few. */
const closeBoundMs = 1000;

/** What HTTP servers can do besides. */
interface HttpServer {
  closeIdleConnections?(): void;
  closeAllConnections?(): void;
}

/**
 * Owns every connection that a server accepts, from the first byte on. Node's own `closeAllConnections` knows only those
 * that speak HTTP/1.1: not those upgraded to another protocol, nor refused in the middle of one and never hung up, and
 * `close` alone waits for all of them.
 */
export class ServerSockets {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  /** Before the server listens. `onSocket` is called for each connection. */
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
   * Stops listening, cuts every connection after `graceMs` milliseconds at most, and resolves when the server is closed:
   * a second after the cut at the latest. Never rejects; may be called twice.
   */
  async close(graceMs = 0): Promise<void> {
    const server: Server & HttpServer = this.#server;
    // An error says that it wasn't listening any more; the wait for its connections ends all the same.
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
