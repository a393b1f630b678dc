// [3] Reconnects after a loss: runs attempts in parallel until one reaches the relay, so that none has to outlast an outage.
import type { ClientRequest } from 'node:http';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { RelaySocket } from '../../../protocol/relay-socket.ts';

interface DialOptions {
  readonly clock: Clock;
  /** One attempt; calls `onReached` when the relay, or a proxy before it, has accepted a connection. */
  readonly open: (signal: AbortSignal, onReached: () => void) => Promise<RelaySocket>;
  /** An attempt failed; others may be under way. */
  readonly onFailure: (error: unknown) => void;
  /** Aborts all attempts; the promise then rejects. */
  readonly signal: AbortSignal;
}

/**
 * An attempt that began during an outage waits for TCP's retransmissions, after 1, 3, 7 and 15 s (RFC 6298). A fresh attempt
 * beside it succeeds within this time once the line is back. It costs one packet, and nothing at the relay.
 */
export const freshAfterMs = 500;
/** An attempt that has reached nothing ends after this, so at most ten run at once. */
export const reachBoundMs = 5000;
/** The same for an attempt that has reached the relay, which counts connections: handshakes take four round trips. */
export const freshAfterReachedMs = 2000;

/**
 * Resolves with the first socket that is ready. Rejects with the error of an attempt that has reached the relay, or, if all
 * fail at once, of the last one; the caller decides when to try again.
 */
export function dial({ clock, open, onFailure, signal }: DialOptions): Promise<RelaySocket> {
  return new Promise((resolve, reject) => {
    const unreached = new Set<AbortController>();
    const reached = new Set<AbortController>();
    let fresh: Timer | undefined;
    let isOver = false;

    const abortUnreached = () => {
      for (const attempt of unreached) attempt.abort();
    };
    const end = () => {
      isOver = true;
      // The signal belongs to the link, and outlives thousands of attempts.
      signal.removeEventListener('abort', onAbort);
      fresh?.cancel();
      abortUnreached();
      for (const attempt of reached) attempt.abort();
    };
    const freshAfter = (ms: number) => {
      fresh?.cancel();
      fresh = clock.after(ms, begin);
    };
    const begin = () => {
      const attempt = new AbortController();
      unreached.add(attempt);
      const bound = clock.after(reachBoundMs, () => attempt.abort());
      const onReached = () => {
        if (isOver || !unreached.delete(attempt)) return;
        bound.cancel();
        reached.add(attempt);
        abortUnreached();
        freshAfter(freshAfterReachedMs);
      };
      const over = () => {
        bound.cancel();
        unreached.delete(attempt);
        return reached.delete(attempt);
      };
      freshAfter(reached.size > 0 ? freshAfterReachedMs : freshAfterMs);
      open(attempt.signal, onReached).then(
        (socket) => {
          over();
          if (isOver) return socket.close();
          end();
          resolve(socket);
        },
        (error: unknown) => {
          const hadReached = over();
          if (isOver) return;
          onFailure(error);
          if (!hadReached && unreached.size + reached.size > 0) return;
          end();
          reject(error);
        },
      );
    };
    const onAbort = () => {
      end();
      reject(new LiveDebugError('LD_RELAY', 'the link to the relay is closed'));
    };
    signal.addEventListener('abort', onAbort);
    begin();
  });
}

/** Calls back when a request has a connection, to the relay or to a proxy. */
export function whenReached(onReached: () => void): (request: ClientRequest) => void {
  return (request) => {
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', onReached);
      else onReached();
    });
    request.end();
  };
}
