// A connection that the tunnel is not for, made from this machine as if there were no proxy.
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../../protocol/clock.ts';
import { TunnelRefused } from '../../../protocol/tunnel/codes.ts';

/** Longer than the system's retries of a lost first packet need. */
const connectBoundMs = 30_000;

/** Rejects with a `TunnelRefused`. The error is the system's. */
export function connectDirectly(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const refuse = (code: string | undefined, message: string) => {
      bound.cancel();
      socket.destroy();
      reject(new TunnelRefused(codeOf(code), message));
    };
    const bound = systemClock.after(connectBoundMs, () =>
      refuse('ETIMEDOUT', `no connection to ${host}:${port} within ${connectBoundMs / 1000} s`),
    );
    socket.once('error', (error: NodeJS.ErrnoException) => refuse(error.code, error.message));
    socket.once('connect', () => {
      bound.cancel();
      // Whoever uses it listens as well.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function codeOf(errno: string | undefined): TunnelRefused['code'] {
  switch (errno) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ENODATA':
      return 'unresolved';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      return 'unreachable';
  }
}
