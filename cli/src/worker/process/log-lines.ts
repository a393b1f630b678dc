// [5] Says of each line a worker prints which invocation it belongs to, pipe by pipe.
import type { Readable } from 'node:stream';
import type { Clock } from '../../../../protocol/clock.ts';
import { within } from '../../../../protocol/within.ts';
import type { LogLevel, LogPhase } from '../contract.ts';
import { LineSource } from './line-source.ts';
import { parseLine } from './log-format.ts';
import { markWords } from './log-marks.ts';

/** How long is waited for the marks that end an invocation, or for an exit that follows it, in milliseconds. */
const endBoundMs = 1000;
/** How long `drained` reads on what a program without marks has printed, in milliseconds. */
const drainBoundMs = 100;
/** How long a program without marks waits for us to read what it printed, in milliseconds. */
const settleBoundMs = 20;

export interface LogLine {
  /** The invocation it belongs to; undefined where none was in flight. */
  readonly id: string | undefined;
  /** What the worker was at where it is nobody's line. */
  readonly phase: LogPhase | undefined;
  readonly level: LogLevel;
  readonly message: string;
}

interface LogReaderOptions {
  readonly onLine: (line: LogLine) => void;
  readonly clock: Clock;
  /**
   * Begins the lines by which a runtime client marks both pipes, see `log-marks.ts`. Without it, what can be read when
   * the program asks for an invocation comes before that, and what can be read when it answers belongs to it.
   */
  readonly marker?: string | undefined;
  /** Told what the runtime client says of its debugger, after the mark's word. */
  readonly onDebugger?: (words: string) => void;
}

interface Pipe {
  readonly source: LineSource;
  /** The invocation that is in flight at this point of the pipe. */
  current: string | undefined;
  /** Before its first invocation. */
  initialising: boolean;
  /** The function closed it, or the worker is gone. */
  closed: boolean;
}

/** An invocation that has been announced. */
interface Expected {
  /** The pipes that have not come to its end. */
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
   * The worker is given this invocation next: lines of an init phase that it waits for are its own. Where a promise
   * comes back, the event must not be handed over before that resolves, after 20 ms at most.
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

  /** Without a marker: resolves when what was printed until now has been read, after 20 ms at most. */
  settled(): Promise<void> | undefined {
    return this.#options.marker === undefined ? this.#quiet(settleBoundMs) : undefined;
  }

  /** The worker has exited and its pipes are read to the end. */
  close(): void {
    for (const { source } of this.#pipes) source.end();
    for (const pipe of this.#pipes) this.#closed(pipe);
  }

  /** Nothing more comes from it. */
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
    // A handler, or a process it started, may have left a line unfinished; the mark then stands at its end.
    const rest = line.slice(at + marker.length + 1);
    const words = Object.values(markWords).find((word) => rest.startsWith(word));
    const told = rest.slice(words?.length);
    // What doesn't fit here is no mark of the client's: a function can find the marker, too.
    if (words === markWords.begin && (pipe.current !== undefined || !this.#expected.has(told)))
      return this.#pass(pipe, line);
    if (words === undefined || (words === markWords.end && pipe.current !== told))
      return this.#pass(pipe, line);
    if (at > 0) this.#pass(pipe, line.slice(0, at));
    if (words === markWords.debugger) this.#options.onDebugger?.(told);
    else if (words === markWords.begin) this.#begin(pipe, told);
    else this.#end(pipe, told);
  }

  /** Where the line stands says whose it is, whatever id it names: a function may print anything. */
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

  /** What a program wrote before it called us is in its pipes when the call arrives: two turns without a read are enough. */
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
