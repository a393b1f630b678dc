// The terminal view of the local cloud's event sources: messages that no function accepts, retries, and messages given up.
import { triggerTitle } from '../manifest/trigger-facts.ts';
import type { SessionEvent } from '../session/session-event.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';

type SourceEvent = Extract<SessionEvent, { event: 'published' | 'retry' | 'dead_letter' }>;

/** `lambda` is not a trigger: it stands for Invoke with type Event. */
function titleOf(source: string): string {
  return source === 'lambda' ? 'asynchronous invoke' : (triggerTitle(source) ?? source);
}

/** Enough ids to find the messages. */
const shownIds = 3;

/** Undefined for a message that a function receives, since its invocation has its own line. */
export function sourceLine(event: SourceEvent, paint: Style): string | undefined {
  const from = printable(`${titleOf(event.source)} ${event.resource}`);
  switch (event.event) {
    case 'published':
      return event.functions.length > 0
        ? undefined
        : `${paint.warn('!')} ${from}: no function accepts ${printable(event.id)}; check its filter or pattern in livectl.json`;
    case 'retry': {
      const bound = event.attempts === undefined ? '' : ` of ${event.attempts}`;
      const next = `attempt ${event.attempt + 1}${bound} in ${seconds(event.in_ms)}`;
      return `${paint.dim(printable(event.id).slice(0, 6))} ${paint.warn('↺')} ${paint.name(printable(event.function))} ${from}: ${next}`;
    }
    case 'dead_letter': {
      const more = event.ids.length > shownIds ? ` and ${event.ids.length - shownIds} more` : '';
      const ids = printable(event.ids.slice(0, shownIds).join(', ')) + more;
      const where = event.queue === undefined ? 'gives up on' : `moves to ${printable(event.queue)}:`;
      const tried =
        event.attempts === 0 ? '' : ` after ${event.attempts} attempt${event.attempts === 1 ? '' : 's'}`;
      return `${paint.bad('✗')} ${paint.name(printable(event.function))} ${from}: ${where} ${ids}${tried}: ${printable(event.reason)}`;
    }
  }
}

/** Whole seconds; with tenths below ten, since a visibility timeout has already run for some milliseconds. */
function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`;
}
