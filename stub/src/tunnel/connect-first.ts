// [1] The tunnel function connects to the first of some addresses that answers, as RFC 8305 ("Happy Eyeballs") describes.
import { connect, type Socket } from 'node:net';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { RefusalCode } from '../../../protocol/tunnel/codes.ts';

/** The next address is tried after this time too (RFC 8305, section 5). */
const nextAfterMs = 250;
/** The bounds of one attempt, and of all. A server in the VPC answers within milliseconds; a security group drops in silence. */
const attemptMs = 5000;
const allMs = 10_000;
/** More addresses than this are not tried. */
export const mostAddresses = 8;

/** A silent connection is probed after this time, so that a server that is gone ends its stream. Milliseconds. */
const probeAfterMs = 30_000;

/** Why no address could be connected to; the message ends a sentence that begins with the destination. */
export class ConnectError extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Which failure is reported, if several addresses fail: the one that says most. */
const byWeight = ['refused', 'timeout', 'unreachable'] as const;

/**
 * A connected socket, with half-open allowed and without Nagle's delay. `addresses` are IP addresses: nothing is looked up.
 * Rejects with {@link ConnectError} after 10 s at most, and when `signal` aborts.
 */
export function connectFirst(
  addresses: readonly string[],
  port: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = addresses.slice(0, mostAddresses);
    /** Attempts under way, each with its bound. */
    const open = new Map<Socket, Timer>();
    const failures: ConnectError[] = [];
    let next: Timer | undefined;
    const over = (winner?: Socket) => {
      next?.cancel();
      bound.cancel();
      signal.removeEventListener('abort', onAbort);
      for (const [socket, ends] of open) {
        ends.cancel();
        if (socket !== winner) socket.destroy();
      }
      open.clear();
    };
    const fail = (error: ConnectError) => {
      over();
      reject(error);
    };
    const onAbort = () => fail(new ConnectError('lost', 'is no longer asked for'));
    const bound = clock.after(allMs, () => fail(silence(allMs)));
    signal.addEventListener('abort', onAbort);
    const attempt = () => {
      next?.cancel();
      const address = waiting.shift();
      if (address === undefined) {
        if (open.size === 0) fail(weightiest(failures));
        return;
      }
      const socket = connect({
        host: address,
        port,
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: probeAfterMs,
      });
      const failed = (error: ConnectError) => {
        const ends = open.get(socket);
        if (!open.delete(socket)) return;
        ends?.cancel();
        socket.destroy();
        failures.push(error);
        attempt();
      };
      open.set(
        socket,
        clock.after(attemptMs, () => failed(silence(attemptMs))),
      );
      // Also for errors after it is connected, which its user hears of as well.
      socket.on('error', (error) => failed(connectError(error)));
      socket.once('connect', () => {
        if (!open.has(socket)) return;
        over(socket);
        resolve(socket);
      });
      next = clock.after(nextAfterMs, attempt);
    };
    if (signal.aborted) onAbort();
    else attempt();
  });
}

function silence(ms: number): ConnectError {
  const check = "check that its security group admits the tunnel's";
  return new ConnectError('timeout', `did not answer within ${ms / 1000} s: ${check}`);
}

function connectError(error: Error): ConnectError {
  const code = String((error as { code?: unknown }).code);
  if (code === 'ECONNREFUSED')
    return new ConnectError(
      'refused',
      'refused the connection: nothing listens there, or a firewall rejects it',
    );
  if (code === 'ETIMEDOUT') return new ConnectError('timeout', 'did not answer (ETIMEDOUT)');
  return new ConnectError('unreachable', `can't be reached from the tunnel's VPC (${code})`);
}

function weightiest(failures: readonly ConnectError[]): ConnectError {
  for (const code of byWeight) {
    const found = failures.find((failure) => failure.code === code);
    if (found) return found;
  }
  return new ConnectError('unreachable', "has no address that can be reached from the tunnel's VPC");
}
