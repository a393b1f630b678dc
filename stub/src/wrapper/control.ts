// [1] What the runtime's process and the proxy's tell each other: JSON, a line each, over a connection of the loopback. Its end
// is the end of the other process.
import type { Socket } from 'node:net';

/** To the proxy: first the token of the shared state; then that Lambda ends the instance. */
export type ToProxy = { readonly token: number } | { readonly stop: true };

/** To the runtime's process: whether a client has an invocation; of a lazy one, that the runtime is needed. */
export type FromProxy = { readonly relays: boolean } | { readonly needed: true };

/** No message is longer. */
const mostBytes = 64 * 1024;

export function sendLine(socket: Socket, message: ToProxy | FromProxy): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

/** A connection that sends anything else is ended. */
export function onLines<T extends ToProxy | FromProxy>(socket: Socket, take: (message: T) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (piece: string) => {
    text += piece;
    try {
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        take(JSON.parse(line) as T);
      }
    } catch {
      socket.destroy();
    }
    if (text.length > mostBytes) socket.destroy();
  });
}
