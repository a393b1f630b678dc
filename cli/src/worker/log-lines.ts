// [5] Splits what a worker prints into lines and says which invocation each belongs to, a bounded amount per turn of
// the event loop, so that a worker that floods waits for its own pipe and nobody else waits for it.
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { debuggerWord } from './assignment.ts';
import type { LogLevel } from './invocation.ts';
import { parseLine } from './log-format.ts';

/** A longer line is passed on in pieces; CloudWatch's own limit for an event is 256 KB. */
export const maxLineLength = 256 * 1024;
/** How many lines are handled before other work gets its turn. */
const linesPerTurn = 200;
/** How long `drained` waits for a worker's last lines, in milliseconds. */
const drainBoundMs = 100;

export interface LogLine {
  /** The invocation it belongs to; undefined in an init phase nobody asked for. */
  readonly id: string | undefined;
  readonly level: LogLevel;
  readonly message: string;
}

export interface LogReaderOptions {
  readonly onLine: (line: LogLine) => void;
  readonly clock: Clock;
  /**
   * What the runtime client writes, with a space and the request id, after the last line of an invocation. Without
   * it a quiet turn of the event loop counts as the end.
   */
  readonly marker?: string | undefined;
  /** Told what the runtime client says of its debugger, after the marker. */
  readonly onDebugger?: (words: string) => void;
}

/** The log of one worker. */
export class LogReader {
  readonly #options: LogReaderOptions;
  /** Invocations whose lines are still to come, the current one first. */
  readonly #expected: string[] = [];
  readonly #drained = new Map<string, () => void>();
  readonly #sources: LineSource[];

  constructor(stdout: Readable, stderr: Readable, options: LogReaderOptions) {
    this.#options = options;
    this.#sources = [stdout, stderr].map((stream) => new LineSource(stream, (line) => this.#onLine(line)));
  }

  /** From now on, or once the marker of the one before has come, lines belong to this invocation. */
  expect(id: string): void {
    if (this.#options.marker === undefined) this.#expected.length = 0;
    this.#expected.push(id);
  }

  /** Resolves when all lines of an invocation have been passed on, or after 100 ms. */
  drained(id: string): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#expected.includes(id)) return resolve();
      let bound: Timer | undefined;
      const done = () => {
        bound?.cancel();
        this.#drained.delete(id);
        resolve();
      };
      this.#drained.set(id, done);
      bound = this.#options.clock.after(
        drainBoundMs,
        () => {
          this.#end(id);
          done();
        },
        { background: true },
      );
      if (this.#options.marker === undefined) this.#whenQuiet(done);
    });
  }

  /** The worker has exited and its pipes are read to the end. */
  close(): void {
    for (const source of this.#sources) source.end();
    for (const done of this.#drained.values()) done();
  }

  #onLine(line: string): void {
    const { marker, onLine } = this.#options;
    const at = marker === undefined ? -1 : line.lastIndexOf(`${marker} `);
    // A handler may have left a line unfinished; the marker then stands at its end.
    const text = at < 0 ? line : line.slice(0, at);
    if (at < 0 || text !== '') {
      const { id, level, message } = parseLine(text);
      onLine({ id: id ?? this.#expected[0], level, message });
    }
    if (at >= 0 && marker !== undefined) this.#onMarked(line.slice(at + marker.length + 1));
  }

  #onMarked(words: string): void {
    if (words.startsWith(debuggerWord)) this.#options.onDebugger?.(words);
    else this.#end(words);
  }

  #end(id: string): void {
    const index = this.#expected.indexOf(id);
    if (index >= 0) this.#expected.splice(0, index + 1);
    this.#drained.get(id)?.();
  }

  /** What a program wrote before its answer is in the pipe when the answer arrives: two turns without a read are enough. */
  #whenQuiet(done: () => void, quietTurns = 0): void {
    const before = this.#sources.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
    setImmediate(() => {
      const after = this.#sources.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
      const quiet = before === after && this.#sources.every((source) => source.idle);
      if (quiet && quietTurns === 1) done();
      else this.#whenQuiet(done, quiet ? quietTurns + 1 : 0);
    });
  }
}

/** Lines of one stream. */
class LineSource {
  bytesRead = 0;
  readonly #stream: Readable;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #busy = false;

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

  /** True when everything read so far has been passed on, except for an unfinished line. */
  get idle(): boolean {
    return !this.#busy;
  }

  end(): void {
    this.#pass(Number.POSITIVE_INFINITY);
    if (this.#text !== '') this.#onLine(this.#text);
    this.#text = '';
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

  /** Passes on up to `limit` lines; true when no whole line is left. */
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
