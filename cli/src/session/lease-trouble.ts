// [4] What a failed renewal of the lease means: the stage may be gone, or the lease holds for a while.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { SessionEvent } from './session-event.ts';

interface LeaseTrouble {
  readonly message: string;
  /** Until stubs stop finding this client, in milliseconds; 0 if they already have. */
  readonly leftMs: number;
  readonly error: unknown;
  /** Returns the error to show instead of the directory's. */
  readonly explain: ((error: unknown) => unknown) | undefined;
}

/** The event that reports it, and whether nothing is left to wait for: the stage was deleted, or stayed inaccessible. */
export function leaseTrouble({ error, explain, leftMs, message }: LeaseTrouble): {
  readonly event: SessionEvent;
  readonly isOver: boolean;
} {
  const explained = explain?.(error) ?? error;
  const { code, remedy } =
    explained instanceof LiveDebugError ? explained : { code: 'LD_DIRECTORY' as const, remedy: undefined };
  const words = explained instanceof LiveDebugError ? explained.message : message;
  const isOver = code === 'LD_STAGE' || (leftMs === 0 && code !== 'LD_DIRECTORY');
  const seconds = Math.round(leftMs / 1000);
  const state = seconds > 0 ? `holds for ${seconds} s more` : 'has expired, so stubs can’t find this livectl';
  const more = isOver
    ? 'stubs can no longer find this livectl, so it stops'
    : `the lease ${state}; trying again`;
  const event = {
    event: 'error',
    code,
    message: `${words}; ${more}`,
    ...(remedy === undefined ? {} : { remedy }),
  } as const;
  return { event, isOver };
}
