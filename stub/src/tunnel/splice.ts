// [1] The tunnel function passes bytes between a stream of livectl's and a socket in the VPC.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Both directions, each with its own end; the slower side slows the other. A reset or failure on one side resets the other.
 * The socket ends with the stream.
 */
export function splice(stream: Duplex, socket: Socket): void {
  socket.on('error', (error) => stream.destroy(error));
  // The tunnel's end hears of it through the link.
  stream.on('error', () => undefined);
  socket.once('close', () => {
    if (!stream.readableEnded || !stream.writableEnded) stream.destroy(cutOff());
  });
  stream.once('close', () => {
    if (stream.readableEnded && stream.writableFinished) return;
    // With a reset (RST): a server must not take what it has for all of it.
    socket.resetAndDestroy();
  });
  stream.pipe(socket);
  socket.pipe(stream);
}

function cutOff(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}
