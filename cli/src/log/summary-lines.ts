// The terminal view of `summary`: what a serve did, a line for each function.
import type { SessionEvent } from '../session/session-event.ts';
import { type PlaceView, shownPath } from './file-place.ts';
import { printable } from './printable.ts';
import { ms, plural } from './quantities.ts';
import type { Style } from './style.ts';

type Summary = Extract<SessionEvent, { event: 'summary' }>;

/** A screen has about that many lines. */
const mostFunctions = 20;

/** Undefined if nothing was invoked. */
export function summaryLines(event: Summary, paint: Style, { here }: PlaceView): string | undefined {
  if (event.invocations === 0) return undefined;
  const failed = event.failed > 0 ? `, ${paint.bad(`${event.failed} failed`)}` : '';
  const shown = event.functions.slice(0, mostFunctions);
  const names = shown.map(({ name }) => printable(name));
  const width = Math.max(...names.map((name) => name.length));
  const rows = shown.map((each, index) => {
    const times = paint.dim(`p50 ${ms(each.p50_ms)}, max ${ms(each.max_ms)}`);
    const bad = each.failed > 0 ? `  ${paint.bad(`${each.failed} failed`)}` : '';
    const name = paint.name((names[index] ?? '').padEnd(width));
    return `  ${name}  ${String(each.invocations).padStart(6)}  ${times}${bad}`;
  });
  const more = event.functions.length - shown.length;
  const where =
    event.recordings === undefined
      ? []
      : [paint.dim(`  recorded in ${printable(shownPath(event.recordings, here))}`)];
  return [
    `${paint.dim('·')} served ${plural(event.invocations, 'invocation')} in ${span(event.served_ms)}${failed}`,
    ...rows,
    ...(more > 0 ? [`  and ${plural(more, 'more function')}`] : []),
    ...where,
  ].join('\n');
}

/** E.g. `45 s`, `12 min`, `3 h 5 min`. */
function span(duration: number): string {
  const minutes = Math.floor(duration / 60_000);
  if (minutes === 0) return `${Math.round(duration / 1000)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
