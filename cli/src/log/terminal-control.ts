// What a terminal is made to do beside showing lines: a title, and an empty screen. Nothing of it comes from elsewhere.
import { printable } from './printable.ts';
import { showsTitle } from './terminal-abilities.ts';

/** Terminals and window managers cut longer ones. */
const longestTitle = 80;

/** Terminals put the title on a stack and take it back (xterm, CSI 22 and 23); those without one get an empty title, their default. */
const keepTitle = '\u001b[22;0t';
const takeBackTitle = '\u001b]0;\u0007\u001b[23;0t';

/** The title of the terminal's window or tab while a command runs. */
export class TerminalTitle {
  readonly #write: (sequence: string) => void;
  #shown: string | undefined;

  constructor(write: (sequence: string) => void) {
    this.#write = write;
  }

  /** `text` may come from anywhere. */
  show(text: string): void {
    const title = printable(text).slice(0, longestTitle);
    if (title === this.#shown) return;
    this.#write(`${this.#shown === undefined ? keepTitle : ''}\u001b]0;${title}\u0007`);
    this.#shown = title;
  }

  /** What it was before. May be called twice, and followed by `show`. */
  restore(): void {
    if (this.#shown === undefined) return;
    this.#shown = undefined;
    this.#write(takeBackTitle);
  }
}

/** Undefined where the terminal shows none, or is not there. */
export function terminalTitle(): TerminalTitle | undefined {
  if (!showsTitle(Boolean(process.stdout.isTTY), process.env)) return undefined;
  return new TerminalTitle((sequence) => void process.stdout.write(sequence));
}

/** Empties the screen and leaves what was scrolled away. False where that is not possible. */
export function clearScreen(): boolean {
  if (!process.stdout.isTTY || process.env.TERM === 'dumb') return false;
  process.stdout.write('\u001b[H\u001b[2J');
  return true;
}
