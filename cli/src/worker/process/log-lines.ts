// [5] Determines for each line printed by a worker which invocation it belongs to, separately for each pipe.
import type { Readable } from 'node:stream';
import type { Clock } from '../../../../protocol/clock.ts';
import { within } from '../../../../protocol/within.ts';
import type { LogLevel, LogPhase } from '../contract.ts';
import { LineSource } from './line-source.ts';
import { parseLine } from './log-format.ts';
import { markWords } from './log-marks.ts';

/** How long to wait for the marks that end an invocation, or for an exit that follows it, in milliseconds. */
const endBoundMs = 1000;
/** How long `drained` continues to read the output of a program without marks, in milliseconds. */
const drainBoundMs = 100;
/** How long a program without marks waits for us to read its output, in milliseconds. */
const settleBoundMs = 20;

export interface LogLine {
  /** The line's invocation; undefined if none was in flight. */
  readonly id: string | undefined;
  /** What the worker was doing, if the line belongs to no invocation. */
  readonly phase: LogPhase | undefined;
  readonly level: LogLevel;
  readonly message: string;
}

interface LogReaderOptions {
  readonly onLine: (line: LogLine) => void;
  readonly clock: Clock;
  /**
   * Begins the lines with which a runtime client marks both pipes, see `log-marks.ts`. Without it, output that can be read when
   * the program asks for an invocation precedes that, and output that can be read when it answers belongs to it.
   */
  readonly marker?: string | undefined;
  /** Receives what the runtime client reports about its debugger, without the mark's word. */
  readonly onDebugger?: (words: string) => void;
}

interface Pipe {
  readonly source: LineSource;
  /** The invocation in flight at this point of the pipe. */
  current: string | undefined;
  /** Whether this is before its first invocation. */
  initialising: boolean;
  /** The function closed the pipe, or the worker is gone. */
  closed: boolean;
}

/** An invocation that has been announced. */
interface Expected {
  /** The pipes that have not reached its end. */
  readonly open: Set<Pipe>;
  readonly drained: Set<() => void>;
}

/** The log of one worker. */
export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #expected = new Map<string, Expected>();
  readonly #pipes: Pipe[];

  constructor(stdout: Readable, stderr: Readable, options: LogReaderOptions) {
    this.#options = options;
    this.#pipes = [stdout, stderr].map((stream) => {
      const pipe: Pipe = {
        source: new LineSource(stream, (line) => this.#onLine(pipe, line)),
        current: undefined,
        initialising: true,
        closed: false,
      };
      stream.once('end', () => this.#closed(pipe));
      return pipe;
    });
  }

  /**
   * The worker is given this invocation next: lines of an init phase that it waits for are its own. If a promise is returned, the
   * event must not be handed over before that resolves, after at most 20 ms.
   */
  expect(id: string): Promise<void> | undefined {
    const open = new Set(this.#pipes.filter(({ closed }) => !closed));
    if (open.size > 0) this.#expected.set(id, { open, drained: new Set() });
    if (this.#options.marker !== undefined) return undefined;
    const begin = () => {
      for (const pipe of this.#pipes) this.#begin(pipe, id);
    };
    if (this.#pipes.some(({ initialising }) => initialising)) {
      begin();
      return undefined;
    }
    return this.#quiet(settleBoundMs).then(() => {
      this.#endLines();
      begin();
    });
  }

  /** Resolves when all lines of an invocation have been passed on, or after a second; without a marker after 100 ms. */
  drained(id: string): Promise<void> {
    const expected = this.#expected.get(id);
    if (expected === undefined) return Promise.resolve();
    if (this.#options.marker === undefined) {
      return this.#quiet(drainBoundMs).then(() => {
        this.#endLines();
        for (const pipe of this.#pipes) this.#end(pipe, id);
      });
    }
    return this.#ended(expected);
  }

  /** For a worker that is about to exit: resolves when its pipes have been read to the end, or after a second. */
  finished(id: string): Promise<void> {
    const expected = this.#expected.get(id);
    if (expected === undefined) return Promise.resolve();
    return this.#ended(expected);
  }

  /** Without a marker: resolves when everything printed so far has been read, after at most 20 ms. */
  settled(): Promise<void> | undefined {
    return this.#options.marker === undefined ? this.#quiet(settleBoundMs) : undefined;
  }

  /** The worker has exited and its pipes were read to the end. */
  close(): void {
    for (const { source } of this.#pipes) source.end();
    for (const pipe of this.#pipes) this.#closed(pipe);
  }

  /** No more output comes from this pipe. */
  #closed(pipe: Pipe): void {
    if (pipe.closed) return;
    pipe.source.endLine();
    pipe.closed = true;
    for (const id of [...this.#expected.keys()]) this.#end(pipe, id);
  }

  #endLines(): void {
    for (const { source } of this.#pipes) source.endLine();
  }

  #onLine(pipe: Pipe, line: string): void {
    const { marker } = this.#options;
    const at = marker === undefined ? -1 : line.lastIndexOf(`${marker} `);
    if (at < 0 || marker === undefined) return this.#pass(pipe, line);
    // A handler, or a process that it started, may have left a line unfinished; the mark is then at the end of that line.
    const rest = line.slice(at + marker.length + 1);
    const words = Object.values(markWords).find((word) => rest.startsWith(word));
    const told = rest.slice(words?.length);
    // A mark that does not fit here is not the client's: a function can find the marker as well.
    if (words === markWords.begin && (pipe.current !== undefined || !this.#expected.has(told)))
      return this.#pass(pipe, line);
    if (words === undefined || (words === markWords.end && pipe.current !== told))
      return this.#pass(pipe, line);
    if (at > 0) this.#pass(pipe, line.slice(0, at));
    if (words === markWords.debugger) this.#options.onDebugger?.(told);
    else if (words === markWords.begin) this.#begin(pipe, told);
    else this.#end(pipe, told);
  }

  /** A line belongs to the invocation at its position, whatever id it contains: a function may print anything. */
  #pass(pipe: Pipe, line: string): void {
    const { level, message } = parseLine(line);
    const [waiting] = this.#expected.keys();
    const id = pipe.initialising ? waiting : pipe.current;
    const phase = id !== undefined ? undefined : pipe.initialising ? 'init' : 'idle';
    this.#options.onLine({ id, phase, level, message });
  }

  #begin(pipe: Pipe, id: string): void {
    pipe.current = id;
    pipe.initialising = false;
  }

  #end(pipe: Pipe, id: string): void {
    pipe.current = undefined;
    const expected = this.#expected.get(id);
    if (expected === undefined) return;
    expected.open.delete(pipe);
    if (expected.open.size > 0) return;
    this.#expected.delete(id);
    for (const done of expected.drained) done();
  }

  /** A program's output before its call is in its pipes when the call arrives: two turns without a read are enough. */
  async #quiet(boundMs: number): Promise<void> {
    let isOver = false;
    const quiet = new Promise<void>((done) => {
      const look = (quietTurns: number) => {
        const before = this.#bytesRead();
        setImmediate(() => {
          const quiet = before === this.#bytesRead() && this.#pipes.every(({ source }) => source.idle);
          if (quiet && quietTurns === 1) done();
          else if (!isOver) look(quiet ? quietTurns + 1 : 0);
        });
      };
      look(0);
    });
    await within(this.#options.clock, boundMs, quiet, { background: true });
    isOver = true;
  }

  #bytesRead(): number {
    return this.#pipes.reduce((sum, { source }) => sum + source.bytesRead, 0);
  }

  async #ended({ drained }: Expected): Promise<void> {
    const ended = new Promise<void>((done) => drained.add(done));
    await within(this.#options.clock, endBoundMs, ended, { background: true });
  }
}
