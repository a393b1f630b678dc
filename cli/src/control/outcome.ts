// Follows a message to the invocation that it causes on this machine: its log and its end.
import type { Clock } from '../../../protocol/clock.ts';
import type { Watch, WatchedEvent } from './watch.ts';

type Of<Name extends WatchedEvent['event']> = Extract<WatchedEvent, { event: Name }>;

/** One invocation, as far as it was seen. */
export interface SeenInvocation {
  readonly invoke: Of<'invoke'>;
  readonly logs: readonly Of<'log'>[];
  /** Undefined if it was still running when the wait ended. */
  readonly result: Of<'result'> | undefined;
}

/** How long to wait, in milliseconds. */
export interface Bounds {
  /** Until the invocation has begun. */
  readonly begunMs: number;
  /** Until it has ended. Both count from the call. */
  readonly endedMs: number;
}

/** If there is an answer already, the invocation has taken place, and its log and end are at most a moment away. */
export const afterAnswer: Bounds = { begunMs: 500, endedMs: 2000 };

export interface Sought {
  readonly functionName: string;
  /** Ids of the message, or the invocation's own. */
  readonly traces: readonly string[];
}

/**
 * Waits within the bounds for the invocation and its end; `tell` receives each of its events. Resolves with what was seen,
 * or undefined for nothing. If the function's filter rejects the message, the wait ends at once; `tell` receives that as
 * `published`.
 */
export async function seenInvocation(
  watch: Pick<Watch, 'ended' | 'follow'>,
  sought: Sought,
  bounds: Bounds,
  clock: Clock,
  tell: (event: WatchedEvent) => void,
): Promise<SeenInvocation | undefined> {
  const logs: Of<'log'>[] = [];
  let invoke: Of<'invoke'> | undefined;
  let result: Of<'result'> | undefined;
  const over = new Promise<void>((resolve) => {
    const done = () => {
      for (const timer of timers) timer.cancel();
      resolve();
    };
    const timers = [
      clock.after(bounds.endedMs, done),
      clock.after(bounds.begunMs, () => {
        if (invoke === undefined) done();
      }),
    ];
    void watch.ended.then(done);
    watch.follow((event) => {
      if (result !== undefined) return;
      if (event.event === 'published') {
        if (!isUnwanted(event, sought)) return;
        done();
      } else if (invoke === undefined) {
        if (event.event !== 'invoke' || !isSought(event, sought)) return;
        invoke = event;
      } else if (event.id !== invoke.id) return;
      else if (event.event === 'log') logs.push(event);
      else if (event.event === 'result') {
        result = event;
        done();
      }
      tell(event);
    });
  });
  await over;
  return invoke && { invoke, logs, result };
}

function isUnwanted({ functions, id }: Of<'published'>, { functionName, traces }: Sought): boolean {
  return traces.includes(id) && !functions.includes(functionName);
}

function isSought(event: Of<'invoke'>, { functionName, traces }: Sought): boolean {
  if (event.function !== functionName) return false;
  return traces.includes(event.id) || (event.source_ids ?? []).some((id) => traces.includes(id));
}
