// How a function's error reads in the terminal: what it says, the developer's frames, and what led to it.
import { sep } from 'node:path';
import type { SessionEvent } from '../session/session-event.ts';
import type { ErrorCause } from '../worker/contract.ts';
import { printableLines } from './printable.ts';
import { withoutRuntimeFrames } from './runtime-frames.ts';
import type { Style } from './style.ts';

type FunctionFailure = NonNullable<Extract<SessionEvent, { event: 'result' }>['error']>;

/** Paths below the folder livectl runs in are shown from there. */
const here = `${process.cwd()}${sep}`;

/** A stack is shown to this many lines; the whole of it is in `--format json` and goes back through AWS. */
const shownStackLines = 12;

/** Of an error's text and of each line of its stack, and of the stack: enough for what is shown of them. */
const readErrorCharacters = 64 * 1024;
const readStackLines = 200;

/** Longer lines of an error are cut: one may hold a whole document. */
const shownErrorColumns = 1000;

const words = { cause: 'caused by ', context: 'while handling ', part: 'one of its errors: ' };

/** The first line is what the error says; those of its stack and of its causes follow. */
export function errorLines(error: FunctionFailure, paint: Style): string[] {
  return [error, ...(error.causes ?? [])].flatMap((one) => {
    const [what = '', ...more] = printableLines(
      cutText(one.message === '' ? one.name : `${one.name}: ${one.message}`),
      false,
    );
    // Node's stack begins by repeating name and message.
    const said = new Set([what, ...more].map((line) => line.trim()));
    const stack = (one.stack ?? [])
      .slice(0, readStackLines)
      .flatMap((line) => printableLines(cutText(line), false));
    const frames = withoutRuntimeFrames(stack)
      .filter((line) => !said.has(line.trim()))
      .map((line) => line.replaceAll(`file://${here}`, '').replaceAll(here, ''));
    return [
      leadOf(one, paint) + paint.bad(cut(what)),
      ...shown(more).map(paint.bad),
      ...shown(frames).map(paint.dim),
    ];
  });
}

function leadOf(error: FunctionFailure | ErrorCause, paint: Style): string {
  return 'relation' in error ? paint.dim(words[error.relation]) : '';
}

/** What is read of a text for the terminal: an error may hold megabytes. */
function cutText(text: string): string {
  return text.length > readErrorCharacters ? `${text.slice(0, readErrorCharacters)}…` : text;
}

/** The first lines, and how many there are besides. */
function shown(lines: readonly string[]): string[] {
  const kept = lines.slice(0, shownStackLines).map((line) => cut(line.trimEnd()));
  return lines.length > kept.length ? [...kept, `… ${lines.length - kept.length} more`] : kept;
}

function cut(line: string): string {
  return line.length > shownErrorColumns ? `${line.slice(0, shownErrorColumns)}…` : line;
}
