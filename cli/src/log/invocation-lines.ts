// The terminal view of an invocation's log lines and its end.
import type { SessionEvent } from '../session/session-event.ts';
import { errorLines } from './error-lines.ts';
import { shownFrame } from './file-place.ts';
import { printable, printableLines } from './printable.ts';
import { ms, size } from './quantities.ts';
import { FrameFilter } from './runtime-frames.ts';
import { margin, name, tag, tagLength, tinted, type View } from './view.ts';

/** More invocations than ever run at once. */
const maxFilters = 10_000;

export function logLines(event: Extract<SessionEvent, { event: 'log' }>, view: View): string | undefined {
  const { colour, filters, open, paint } = view;
  const key = event.id ?? event.function;
  const filter = filters.get(key) ?? new FrameFilter();
  // Left over from invocations whose end was never reported.
  if (filters.size > maxFilters) filters.clear();
  filters.set(key, filter);
  const lines = filter
    .pass(printableLines(event.message, colour))
    .map((line) => shownFrame(line, view.places));
  if (lines.length === 0) return undefined;
  const painted = {
    error: paint.bad,
    fatal: paint.bad,
    warn: paint.warn,
    debug: paint.dim,
    trace: paint.dim,
    info: undefined,
  }[event.level];
  const who =
    event.id === undefined ? paint.dim((event.phase ?? 'init').padEnd(tagLength)) : tag(event.id, view);
  const lead = `${who}   ${open.areSeveral ? `${tinted(event.id, printable(event.function), view)} ${paint.dim('│')} ` : ''}`;
  return lines.map((line) => lead + (painted ? painted(line) : line)).join('\n');
}

/** Lines that belong to no invocation served here, under the function's name. */
export function deployedLogLines(
  event: Extract<SessionEvent, { event: 'deployed_log' }>,
  { colour, paint }: View,
): string {
  const lead = `${name(event, paint)} ${paint.dim('deployed')}   `;
  return printableLines(event.message, colour)
    .map((line) => lead + line)
    .join('\n');
}

export function resultLines(event: Extract<SessionEvent, { event: 'result' }>, view: View): string {
  const { paint } = view;
  const { code_ms: code, init_ms: init = 0, wait_ms: wait = 0 } = event;
  const relay = Math.max(0, event.ms - code - init - wait);
  const start = init > 0 ? `, start ${ms(init)}` : '';
  const waited = wait > 0 ? `, wait ${ms(wait)}` : '';
  const streamed = event.streamed_bytes === undefined ? '' : `, streamed ${size(event.streamed_bytes)}`;
  const way = event.replay_of === undefined ? `, relay ${ms(relay)}` : '';
  const parts = `code ${ms(code)}${way}${start}${waited}${streamed}`;
  const time = `${ms(event.ms)} ${paint.dim(`(${parts})`)}`;
  const lead = `${tag(event.id, view)} ${paint.dim('←')} ${name(event, paint)}`;
  if (event.ok) {
    const status = event.status === undefined ? 'ok' : String(event.status);
    return `${lead} ${(event.status ?? 200) < 400 ? paint.ok(status) : paint.warn(status)} ${time}`;
  }
  const [what = '', ...more] = errorLines(event.error ?? { name: 'Error', message: '' }, paint, view.places);
  return [`${lead} ${what} ${time}`, ...more.map((line) => margin + line)].join('\n');
}
