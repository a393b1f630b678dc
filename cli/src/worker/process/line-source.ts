// [5] Splits one pipe of a worker into lines, a bounded number per turn of the event loop, so that a worker that floods waits
// for its own pipe and delays nothing else.
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Longer lines are passed on in pieces; CloudWatch's limit for an event is 256 KB. */
export const maxLineLength = 256 * 1024;
/** How many lines are processed before other work gets its turn. */
const linesPerTurn = 200;

/** Lines of one stream. */
export class LineSource {
  bytesRead = 0;
  readonly #stream: Readable;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #busy = false;

  /** `onLine` receives each line without its line end, including a last line without one. */
  constructor(stream: Readable, onLine: (line: string) => void) {
    this.#stream = stream;
    this.#onLine = onLine;
    stream.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      this.#text += this.#decoder.write(chunk);
      if (!this.#busy) this.#turn();
    });
    stream.on('error', () => {});
  }

  /** Whether everything read so far has been passed on, except for an unfinished line. */
  get idle(): boolean {
    return !this.#busy;
  }

  /** Passes on everything left; the stream has ended. */
  end(): void {
    this.#pass(Number.POSITIVE_INFINITY);
    this.endLine();
  }

  /** Passes on an unfinished line. */
  endLine(): void {
    if (this.#busy || this.#text === '') return;
    const line = this.#text;
    this.#text = '';
    this.#onLine(line);
  }

  #turn(): void {
    this.#busy = true;
    const done = this.#pass(linesPerTurn);
    // Not reading fills the pipe, and a full pipe makes the worker wait: nothing is lost and nothing piles up here.
    this.#stream.pause();
    setImmediate(() => {
      if (!done) return this.#turn();
      this.#busy = false;
      this.#stream.resume();
    });
  }

  /** Passes on up to `limit` lines; returns true if no whole line is left. */
  #pass(limit: number): boolean {
    let start = 0;
    let passed = 0;
    for (; passed < limit; passed += 1) {
      const newline = this.#text.indexOf('\n', start);
      const length = (newline < 0 ? this.#text.length : newline) - start;
      if (newline < 0 && length <= maxLineLength) break;
      const end = start + Math.min(length, maxLineLength);
      this.#onLine(this.#text.slice(start, end));
      start = newline === end ? end + 1 : end;
    }
    this.#text = this.#text.slice(start);
    return passed < limit;
  }
}
