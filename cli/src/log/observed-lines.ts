// The terminal view of one observed invocation: a line, its error, and the bodies of event and answer under --verbose.
import type { ObservedInvoke } from '../session/session-event.ts';
import { errorLines } from './error-lines.ts';
import type { PlaceView } from './file-place.ts';
import { printable, printableLines } from './printable.ts';
import { ms, size } from './quantities.ts';
import type { Style } from './style.ts';

const margin = ' '.repeat(9);
const tagLength = 6;

/** Of a body: what fits on a few screens. All of it that was copied is in `--format json --verbose`. */
const shownCharacters = 8 * 1024;
const shownLines = 60;

export function observedLines(
  event: ObservedInvoke,
  paint: Style,
  places: PlaceView,
  verbose: boolean,
): string {
  const {
    answered_by: by,
    bodies,
    dropped = 0,
    error,
    event_bytes,
    only,
    result_bytes,
    skipped = 0,
    status,
  } = event;
  const tag = paint.dim(printable(event.id).slice(0, tagLength).padEnd(tagLength));
  const filter = only === undefined ? '' : paint.dim(` (${printable(only)})`);
  const lead = `${tag} ${paint.dim('◦')} ${paint.name(printable(event.function))} ${printable(event.trigger)}${filter} ${paint.dim('observed')}`;
  const who = by === 'deployed' ? 'deployed code' : 'fallback';
  const sizes = `event ${size(event_bytes)}${event.event_cut ? ', cut' : ''}, answer ${size(result_bytes)}${event.result_cut ? ', cut' : ''}`;
  const time = `${ms(event.ms)} ${paint.dim(`(${who}, ${sizes})`)}`;
  const [what = '', ...more] = event.ok
    ? [(status ?? 200) < 400 ? paint.ok(String(status ?? 'ok')) : paint.warn(String(status))]
    : errorLines(error ?? { name: 'Error', message: '' }, paint, places);
  const lines = [`${lead} ${what} ${time}`, ...more.map((line) => margin + line)];
  if (skipped + dropped > 0) {
    const left = skipped > 0 ? [`the sample left out ${skipped}`] : [];
    const lost = dropped > 0 ? [`${dropped} were lost on the way`] : [];
    lines.push(margin + paint.dim(`before it, of the same instance: ${[...left, ...lost].join(', ')}`));
  }
  if (verbose)
    lines.push(...bodyLines('event', bodies.event, paint), ...bodyLines('answer', bodies.result, paint));
  return lines.join('\n');
}

function bodyLines(what: string, body: Uint8Array, paint: Style): string[] {
  const text = Buffer.from(body.subarray(0, 4 * shownCharacters)).toString('utf8');
  const all = printableLines(text.slice(0, shownCharacters), false);
  const cut = text.length > shownCharacters || all.length > shownLines ? [paint.dim('…')] : [];
  return [paint.dim(`${what}:`), ...all.slice(0, shownLines), ...cut].map((line) => margin + line);
}
