// The only writer to stdout and stderr: whole lines, and no crash when the reader is gone.

import { systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';
import { guarded, printableLines } from './printable.ts';

/** The values of `--format`: for a person, or for a program. */
export type OutputFormat = 'pretty' | 'json';

export interface Output {
  /** The terminal's columns; undefined if stdout is not a terminal. */
  readonly columns: number | undefined;
  readonly colour: boolean;
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

/** stdout and stderr of this process; colour only on a terminal, and not under NO_COLOR (no-color.org). */
export const processOutput: Output = {
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  colour: Boolean(process.stdout.isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
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
  columns: process.stderr.isTTY ? process.stderr.columns : undefined,
  colour: Boolean(process.stderr.isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
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
