// [1] What a stub says of a client that stayed silent or went away.
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import type { Client } from './client-directory.ts';

export function lostError(client: Client | undefined): LiveDebugError {
  const who = client ? `livectl of ${client.item.user} on ${client.item.host}` : 'livectl';
  return new LiveDebugError('LD_LOST', `${who} went away while it ran this invocation`, {
    remedy: 'see what ended livectl there; the caller may try again',
  });
}

export function noAckError(client: Client, boundMs: number): LiveDebugError {
  const { user, host } = client.item;
  return new LiveDebugError(
    'LD_NO_ACK',
    `livectl of ${user} on ${host} did not acknowledge the invocation within ${Math.round(boundMs)} ms, twice`,
    { remedy: 'is that machine asleep or its network blocked? Restart livectl serve there' },
  );
}
