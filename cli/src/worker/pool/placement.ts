// [5] Which worker runs an invocation: the pool's rules, without processes or time.
import type { FunctionCode } from '../contract.ts';

/** The properties of a worker that the rules need. */
export interface Placeable {
  readonly code: FunctionCode | undefined;
  readonly instance: string | undefined;
  readonly busy: boolean;
  readonly lastUsed: number;
}

interface PlacementRequest<W extends Placeable> {
  readonly code: FunctionCode;
  /** Undefined for a replay, which takes any instance's worker. */
  readonly instance: string | undefined;
  /** All live workers, without spares. */
  readonly workers: readonly W[];
  readonly maxWorkers: number;
  /** The function runs one invocation at a time, on one worker. */
  readonly oneAtATime: boolean;
  /**
   * Whether the stub instance that an idle worker served is most likely gone: Lambda creates no instance while another one has
   * been idle for a while.
   */
  readonly isOrphan: (worker: W) => boolean;
  /** Whether a worker's process can take on the invocation's environment. */
  readonly fits: (worker: W) => boolean;
  /** Whether invocations of that function wait in the queue. */
  readonly isWaitedFor: (functionName: string) => boolean;
}

type Placement<W> =
  | { readonly kind: 'use'; readonly worker: W }
  /** Start a new worker, replacing `evict` if given. */
  | { readonly kind: 'start'; readonly evict: W | undefined }
  | { readonly kind: 'wait' };

/**
 * In this order: the idle worker of the same stub instance, or one that no instance has claimed (for a replay, the last used
 * one); the last used one whose stub instance seems to be gone; a new worker while there is room; an idle worker of another
 * instance of the same function; the place of an idle worker of another function that nobody waits for, or, so that no function
 * starves, of any other function if this one has no worker at all. A function that runs one invocation at a time has one worker
 * for all stub instances.
 */
export function placeInvocation<W extends Placeable>(request: PlacementRequest<W>): Placement<W> {
  const { code, instance, workers, maxWorkers, oneAtATime, fits, isOrphan, isWaitedFor } = request;
  if (oneAtATime) {
    const only = workers.find((worker) => worker.code?.functionName === code.functionName);
    if (only?.busy) return { kind: 'wait' };
    if (only !== undefined) {
      return only.code === code && fits(only)
        ? { kind: 'use', worker: only }
        : { kind: 'start', evict: only };
    }
  }
  const current = workers.filter((worker) => worker.code === code);
  const idle = current.filter((worker) => !worker.busy);
  const own =
    instance === undefined
      ? idle.filter(fits).sort(byUse).at(-1)
      : (idle.find((worker) => worker.instance === instance) ??
        idle.find((worker) => worker.instance === undefined));
  if (own !== undefined) return fits(own) ? { kind: 'use', worker: own } : { kind: 'start', evict: own };
  const [orphan] = idle
    .filter((worker) => isOrphan(worker) && fits(worker))
    .sort(byUse)
    .slice(-1);
  if (orphan !== undefined) return { kind: 'use', worker: orphan };
  if (workers.length < maxWorkers) return { kind: 'start', evict: undefined };

  const [other] = idle;
  if (other !== undefined)
    return fits(other) ? { kind: 'use', worker: other } : { kind: 'start', evict: other };
  const evictable = workers.filter(
    (worker) =>
      !worker.busy &&
      (current.length === 0 || worker.code === undefined || !isWaitedFor(worker.code.functionName)),
  );
  const [evict] = evictable.sort(byUse);
  return evict === undefined ? { kind: 'wait' } : { kind: 'start', evict };
}

function byUse(one: Placeable, two: Placeable): number {
  return one.lastUsed - two.lastUsed;
}
