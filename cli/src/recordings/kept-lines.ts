// The lines that one invocation logs, as far as a recording keeps them.
import type { LogLine } from './recording.ts';

const mostLines = 5000;
const mostCharacters = 512 * 1024;
/** A longer line is cut. */
const longestLine = 64 * 1024;

export class KeptLines {
  readonly lines: LogLine[] = [];
  #characters = 0;
  #leftOut = 0;

  /** Number of lines, kept or not. */
  get count(): number {
    return this.lines.length + this.#leftOut;
  }

  /** Lines that were left out because there were too many. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** The line as it is kept; undefined if it is left out. */
  add({ at, level, message }: LogLine): LogLine | undefined {
    const kept = message.length > longestLine ? `${message.slice(0, longestLine)}…` : message;
    if (this.lines.length >= mostLines || this.#characters + kept.length > mostCharacters) {
      this.#leftOut += 1;
      return undefined;
    }
    this.#characters += kept.length;
    const line = { at, level, message: kept };
    this.lines.push(line);
    return line;
  }
}
