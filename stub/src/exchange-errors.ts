// [1] The errors for a client that stayed silent or went away.
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import type { Client } from './client-directory.ts';

export function lostError(client: Client | undefined): LiveDebugError {
  const who = client ? `livectl of ${client.item.user} on ${client.item.host}` : 'livectl';
  return new LiveDebugError('LD_LOST', `${who} went away while it ran this invocation`, {
    remedy: 'see what ended livectl there; the caller may try again',
  });
}

/** It was sent `sendings` times within `afterMs`. */
export function noAckError({ item }: Client, afterMs: number, sendings: number): LiveDebugError {
  return new LiveDebugError(
    'LD_NO_ACK',
    `livectl of ${item.user} on ${item.host} did not acknowledge the invocation within ${Math.round(afterMs / 1000)} s (sent ${sendings} times)`,
    { remedy: 'is that machine asleep or its network blocked? Restart livectl serve there' },
  );
}
