// What became of a message: the invocation that it caused on this machine, its log and its end.
import type { Clock } from '../../../protocol/clock.ts';
import type { Watch, WatchedEvent } from './watch.ts';

type Of<Name extends WatchedEvent['event']> = Extract<WatchedEvent, { event: Name }>;

/** One invocation as far as it was seen. */
export interface SeenInvocation {
  readonly invoke: Of<'invoke'>;
  readonly logs: readonly Of<'log'>[];
  /** Undefined where it was still running when the wait ended. */
  readonly result: Of<'result'> | undefined;
}

export interface Sought {
  readonly functionName: string;
  /** Ids of its cause, or its own. */
  readonly traces: readonly string[];
}

/**
 * Waits up to `boundMs` for the invocation and its end; `tell` hears of each of its events as it comes. Resolves with
 * what was seen: undefined for nothing.
 */
export async function seenInvocation(
  watch: Pick<Watch, 'ended' | 'follow'>,
  sought: Sought,
  boundMs: number,
  clock: Clock,
  tell: (event: WatchedEvent) => void,
): Promise<SeenInvocation | undefined> {
  const logs: Of<'log'>[] = [];
  let invoke: Of<'invoke'> | undefined;
  let result: Of<'result'> | undefined;
  const over = new Promise<void>((resolve) => {
    const timer = clock.after(boundMs, resolve);
    const done = () => {
      timer.cancel();
      resolve();
    };
    void watch.ended.then(done);
    watch.follow((event) => {
      if (result !== undefined) return;
      if (invoke === undefined) {
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

function isSought(event: Of<'invoke'>, { functionName, traces }: Sought): boolean {
  if (event.function !== functionName) return false;
  return traces.includes(event.id) || (event.source_ids ?? []).some((id) => traces.includes(id));
}
