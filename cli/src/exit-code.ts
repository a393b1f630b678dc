// The exit codes of every command, and how an error becomes one.
import { LiveDebugError } from '../../protocol/live-debug-error.ts';

/** 0 done; 1 failure; 2 usage or configuration; 3 displaced, or a takeover refused. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, displaced: 3 } as const;

/** What the process ends with for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof LiveDebugError)) return exitCodes.failure;
  switch (error.code) {
    case 'LD_CONFIG':
    case 'LD_UNTRUSTED':
    case 'LD_PORT_IN_USE':
    case 'LD_CREDENTIALS':
    case 'LD_REGION':
    case 'LD_STAGE':
    case 'LD_PERMISSION':
    case 'LD_RESOURCE':
    case 'LD_CLOCK':
      return exitCodes.usage;
    case 'LD_DISPLACED':
      return exitCodes.displaced;
    default:
      return exitCodes.failure;
  }
}
