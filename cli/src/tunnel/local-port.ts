// A port of 127.0.0.1 for programs of this user: other users of the machine are refused, and closing it ends every connection.
import { createServer, type Server, type Socket } from 'node:net';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { type Peer, peerOf } from '../loopback/peer-user.ts';
import { ServerSockets } from '../loopback/server-sockets.ts';

/** Twice what one tunnel function carries; further ones are closed as they arrive. */
export const mostConnections = 512;

export interface LocalPortOptions {
  /** 0 chooses a free one. */
  readonly port: number;
  /** A connection of this user, not read yet; both directions end separately. */
  readonly onSocket: (socket: Socket) => void;
  /** One of another user, which was closed. */
  readonly onStranger: () => void;
  /** Default: as the system says. */
  readonly peerOf?: ((socket: Socket) => Promise<Peer>) | undefined;
}

export interface LocalPort {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with LD_PORT_IN_USE. */
export async function openLocalPort({
  onSocket,
  onStranger,
  peerOf: peer = peerOf,
  port,
}: LocalPortOptions): Promise<LocalPort> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.maxConnections = mostConnections;
  const sockets = new ServerSockets(server, (socket) => {
    // Without a listener, a reset would end the process.
    socket.on('error', () => undefined);
    void peer(socket).then((whose) => {
      // `gone`: not known whose it was.
      if (whose === 'other') onStranger();
      if (whose === 'other' || whose === 'gone') socket.destroy();
      else if (!socket.destroyed) onSocket(socket);
    });
  });
  await listen(server, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => sockets.close(),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE';
      if (!taken && cause.code !== 'EACCES') return reject(cause);
      reject(
        new LiveDebugError(
          'LD_PORT_IN_USE',
          taken
            ? `port ${port} of 127.0.0.1 is in use`
            : `port ${port} of 127.0.0.1 can't be opened: ${messageOf(cause)}`,
          { cause, remedy: 'choose another one with --local-port, or leave it out for a free one' },
        ),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
