// [4] Reports the consequences of an invocation's end after that end: an event source may learn of a failure before the
// invocation's last lines have been read.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { SessionEvent } from './session-event.ts';

/** How long such a report waits for the end of its invocation, in milliseconds; the last lines take at most 100. */
const boundMs = 1000;

interface Open {
  /** An id may be in flight twice, if Lambda retries. */
  count: number;
  /** Message and record ids by which a source may refer to it. */
  readonly sourceIds: readonly string[];
  readonly held: SessionEvent[];
  bound: Timer | undefined;
}

/** Returns a function that passes all events to `tell`, with `retry` and `dead_letter` of an invocation after its `result`. */
export function inOrder(clock: Clock, tell: (event: SessionEvent) => void): (event: SessionEvent) => void {
  const open = new Map<string, Open>();
  const close = (id: string) => {
    const { held = [], bound } = open.get(id) ?? {};
    open.delete(id);
    bound?.cancel();
    for (const event of held) tell(event);
  };
  return (event) => {
    if (event.event === 'invoke') {
      const known = open.get(event.id);
      if (known) known.count += 1;
      else {
        open.set(event.id, { count: 1, sourceIds: event.source_ids ?? [], held: [], bound: undefined });
      }
    } else if (event.event === 'retry' || event.event === 'dead_letter') {
      const names = event.event === 'retry' ? [event.id] : event.ids;
      const [id] =
        [...open].find(([key, { sourceIds }]) => [key, ...sourceIds].some((one) => names.includes(one))) ??
        [];
      const waited = id === undefined ? undefined : open.get(id);
      if (id !== undefined && waited !== undefined) {
        waited.held.push(event);
        waited.bound ??= clock.after(boundMs, () => close(id), { background: true });
        return;
      }
    }
    tell(event);
    if (event.event !== 'result') return;
    const ended = open.get(event.id);
    if (ended === undefined) return;
    ended.count -= 1;
    if (ended.count <= 0) close(event.id);
  };
}
