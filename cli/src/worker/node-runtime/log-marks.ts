// [5] Marks both pipes of this process for livectl, see ../log-marks.ts.
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { markWords } from '../process/log-marks.ts';

const pause = new Int32Array(new SharedArrayBuffer(4));

export class LogMarks {
  readonly #marker: string | undefined;

  /** Without a marker, nothing is written. */
  constructor(marker: string | undefined) {
    this.#marker = marker;
  }

  /** Output from now on belongs to this invocation. */
  begin(id: string): void {
    this.#both(markWords.begin + id);
  }

  /** Output from now on no longer belongs to this invocation. */
  end(id: string): void {
    this.#both(markWords.end + id);
  }

  /** Announces where a debugger can attach, or why none can. */
  debugger(words: string): void {
    if (this.#marker !== undefined) write(1, `${this.#marker} ${markWords.debugger}${words}\n`);
  }

  #both(words: string): void {
    if (this.#marker === undefined) return;
    const line = `${this.#marker} ${words}\n`;
    write(1, line);
    write(2, line);
  }
}

/** Writes directly to the pipe, since a function may have replaced the stream. */
function write(fd: 1 | 2, line: string): void {
  // Output that a stream still holds, e.g. because it is corked, comes first.
  const stream = fd === 1 ? process.stdout : process.stderr;
  if (stream.writableLength > 0) return void Writable.prototype.write.call(stream, line, 'utf8');
  let bytes: Uint8Array = Buffer.from(line);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      // A process that inherited the pipe may have made it non-blocking: it is full at the moment.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}
