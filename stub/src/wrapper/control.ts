// [1] The messages between the runtime's process and the proxy's: one JSON object a line, over a loopback connection. When the
// connection closes, the other process has ended.
import type { Socket } from 'node:net';

/** To the proxy: first the token from the shared state; later `stop`, when Lambda ends the instance. */
export type ToProxy = { readonly token: number } | { readonly stop: true };

/** To the runtime's process: whether a client has an invocation; with lazy init, that the runtime is needed. */
export type FromProxy = { readonly relays: boolean } | { readonly needed: true };

/** Longest message. */
const mostBytes = 64 * 1024;

export function sendLine(socket: Socket, message: ToProxy | FromProxy): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

/** Calls `take` with each message; closes a connection that sends anything else. */
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
