// The NAT of `livectl cloud --vpc`: two sockets as one connection.
import type { Socket } from 'node:net';

/** What one side sends or ends, the other side gets; both must allow half-open connections. */
export function joinSockets(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    // What it has sent must still arrive.
    from.on('close', () => to.destroySoon());
  }
}
