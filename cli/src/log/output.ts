// The only writer to stdout and stderr: whole lines, and no crash when the reader is gone.

import { systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';
import { guarded, printableLines } from './printable.ts';
import { type ColourBits, colourBits, type LinkForm, linkForm } from './terminal-abilities.ts';

/** The values of `--format`: for a person, or for a program. */
export type OutputFormat = 'pretty' | 'json';

export interface Output {
  /** The terminal's columns; undefined if stdout is not a terminal. */
  readonly columns: number | undefined;
  readonly colour: boolean;
  /** How many colours; default those of ANSI where `colour` is set. */
  readonly colourBits?: ColourBits;
  /** How links to files are written; undefined: none. */
  readonly links?: LinkForm | undefined;
  /** One line, or several separated by newlines. */
  line(text: string): void;
  /** The same to stderr. */
  errorLine(text: string): void;
}

let broken = false;
let tellReaderGone: () => void = () => undefined;

/** Resolves when the reader of stdout is gone, as in `livectl serve | head`: a reason to stop. */
export const readerGone = new Promise<void>((resolve) => {
  tellReaderGone = resolve;
});

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => {
    broken = true;
    if (stream === process.stdout) tellReaderGone();
  });
}

function viewOf({
  columns,
  isTTY,
}: NodeJS.WriteStream): Pick<Output, 'columns' | 'colour' | 'colourBits' | 'links'> {
  const isTerminal = Boolean(isTTY);
  const bits = colourBits(isTerminal, process.env);
  const links = linkForm(isTerminal, process.env);
  return { columns: isTerminal ? columns : undefined, colour: bits > 0, colourBits: bits, links };
}

/** stdout and stderr of this process. */
export const processOutput: Output = {
  ...viewOf(process.stdout),
  line: (text) => {
    if (!broken) process.stdout.write(`${guarded(text)}\n`);
  },
  errorLine: (text) => {
    if (!broken) process.stderr.write(`${guarded(text)}\n`);
  },
};

/** Whether a person sees what is written to stdout and can press keys. */
export function isAtTerminal(): boolean {
  return Boolean(process.stdin.isTTY && process.stdout.isTTY);
}

/** Writes everything to stderr, for output that must not mix with a result on stdout. */
export const errorOutput: Output = {
  ...viewOf(process.stderr),
  line: processOutput.errorLine,
  errorLine: processOutput.errorLine,
};

/**
 * Writes a function's answer to stdout; resolves when all of it is handed over. A file or a pipe receives the bytes
 * unchanged, a terminal their text without control characters and with a final newline.
 */
export function writeBytes(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (broken) return resolve();
    void readerGone.then(resolve);
    if (process.stdout.isTTY)
      process.stdout.write(`${printableLines(Buffer.from(bytes).toString('utf8'), false).join('\n')}\n`);
    else if (bytes.length > 0) process.stdout.write(bytes);
    process.stdout.write('', () => resolve());
  });
}

const closeBoundMs = 1000;

/** Resolves when everything written so far is handed over, or after a second. */
export async function closeOutput(): Promise<void> {
  const drained = Promise.all(
    [process.stdout, process.stderr].map(
      (stream) => new Promise<void>((resolve) => (broken ? resolve() : stream.write('', () => resolve()))),
    ),
  );
  await within(systemClock, closeBoundMs, drained, { background: true });
}
