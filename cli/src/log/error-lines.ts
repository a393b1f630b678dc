// How a function's error reads in the terminal: its message, the developer's frames, and its causes.
import type { SessionEvent } from '../session/session-event.ts';
import type { ErrorCause } from '../worker/contract.ts';
import { type PlaceView, shownFrame } from './file-place.ts';
import { printableLines } from './printable.ts';
import { withoutRuntimeFrames } from './runtime-frames.ts';
import type { Style } from './style.ts';

type FunctionFailure = NonNullable<Extract<SessionEvent, { event: 'result' }>['error']>;

/** At most this many lines of a stack are shown; all of it is in `--format json` and is returned through AWS. */
const shownStackLines = 12;

/** How much of an error's text, of its stack, and of each line of it is read: enough for what is shown. */
const readErrorCharacters = 64 * 1024;
const readStackLines = 200;

/** Longer lines of an error are cut, as one may contain a whole document. */
const shownErrorColumns = 1000;

const words = { cause: 'caused by ', context: 'while handling ', part: 'one of its errors: ' };

/** The first line is the error's message; the lines of its stack and of its causes follow. */
export function errorLines(error: FunctionFailure, paint: Style, places: PlaceView): string[] {
  return [error, ...(error.causes ?? [])].flatMap((one) => {
    const [what = '', ...more] = printableLines(
      cutText(one.message === '' ? one.name : `${one.name}: ${one.message}`),
      false,
    );
    // Node's stack begins with the name and the message.
    const said = new Set([what, ...more].map((line) => line.trim()));
    const stack = (one.stack ?? [])
      .slice(0, readStackLines)
      .flatMap((line) => printableLines(cutText(line), false));
    const frames = withoutRuntimeFrames(stack).filter((line) => !said.has(line.trim()));
    return [
      leadOf(one, paint) + paint.bad(cut(what)),
      ...shown(more).map(paint.bad),
      // Links come last: they must not be cut.
      ...shown(frames).map((line) => paint.dim(shownFrame(line, places))),
    ];
  });
}

function leadOf(error: FunctionFailure | ErrorCause, paint: Style): string {
  return 'relation' in error ? paint.dim(words[error.relation]) : '';
}

/** The part of a text that is read for the terminal: an error may contain megabytes. */
function cutText(text: string): string {
  return text.length > readErrorCharacters ? `${text.slice(0, readErrorCharacters)}…` : text;
}

/** The first lines, and the number of the others. */
function shown(lines: readonly string[]): string[] {
  const kept = lines.slice(0, shownStackLines).map((line) => cut(line.trimEnd()));
  return lines.length > kept.length ? [...kept, `… ${lines.length - kept.length} more`] : kept;
}

function cut(line: string): string {
  return line.length > shownErrorColumns ? `${line.slice(0, shownErrorColumns)}…` : line;
}
