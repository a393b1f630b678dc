// Joins a connection of this machine with one in the VPC: bytes, half-closes and resets pass both ways.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Begins to read the socket. The end of either leads to the other's, and so does a reset. */
export function splice(socket: Socket, stream: Duplex): void {
  stream.on('error', () => resetSocket(socket));
  stream.once('close', () => {
    // Closed in order, it has ended the socket's writable side; what is still unread there has nowhere to go.
    if (!stream.readableEnded || !stream.writableFinished) resetSocket(socket);
  });
  socket.once('close', (hadError) => {
    // Ended in order on both sides, what it has sent may still be on its way.
    if (hadError || !socket.readableEnded || !stream.readableEnded) stream.destroy();
  });
  stream.pipe(socket);
  socket.pipe(stream);
}

/** The program sees ECONNRESET, not an orderly end that it could take for the end of the data. */
function resetSocket(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}
