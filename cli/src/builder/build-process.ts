// Runs a function's `build` command once, as in a terminal, but without a shell and with a time limit.
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Clock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';
import { exitReason, startProcess } from '../worker/process/worker-process.ts';

/** The maximum duration of a build, in milliseconds; a project's first one often downloads its packages. */
export const buildBoundMs = 10 * 60_000;

/**
 * How long to wait for the rest of the output once a build has ended, in milliseconds: a server that it leaves running, such
 * as a compiler's, may hold the pipe open as long as it lives.
 */
export const lastOutputMs = 1000;

/** How many lines of a failed build's output are shown, and how many of the last ones are kept at all. */
const shownLines = 20;
const keptLines = 5000;
const longestLine = 500;

/** Matches the line where the useful part of a long output begins. */
const telling = /\b(?:error|fatal|failed|failure|exception|undefined|cannot|not found)\b|:\d+(?::|\b)/i;

interface BuildProcessOptions {
  readonly command: readonly [string, ...string[]];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Called with each line of its output. */
  readonly onLine: (line: string) => void;
}

/** A running build. */
export interface BuildProcess {
  /** Undefined after a successful build, otherwise what went wrong with the relevant lines; never rejects. */
  readonly failure: Promise<string | undefined>;
  kill(): void;
}

/** Starts the build in a process group that ends with this process. */
export function startBuild(options: BuildProcessOptions): BuildProcess {
  const { command, folder, clock, onLine } = options;
  const words = `\`${command.join(' ')}\``;
  const env = Object.fromEntries(
    Object.entries(options.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const child = startProcess(command, { cwd: folder, env });
  const kill = () => child.kill();
  process.once('exit', kill);
  let isOverdue = false;
  const bound = clock.after(buildBoundMs, () => {
    isOverdue = true;
    kill();
  });
  const lines: string[] = [];
  let count = 0;
  const take = (line: string) => {
    onLine(line);
    if (line.trim() === '') return;
    count += 1;
    lines.push(line.slice(0, longestLine).trimEnd());
    if (lines.length > 2 * keptLines) lines.splice(0, lines.length - keptLines);
  };
  const read = Promise.all([child.stdout, child.stderr].map((stream) => readLines(stream, take)));
  const failure = child.exited.then(async (exit) => {
    bound.cancel();
    process.off('exit', kill);
    if (exit.notStarted !== undefined) return `${words} can't be started in ${folder}: ${exit.notStarted}`;
    await within(clock, lastOutputMs, read);
    for (const stream of [child.stdout, child.stderr]) stream.destroy();
    await read;
    const reason = isOverdue ? `took longer than ${buildBoundMs / 60_000} minutes` : exitReason(exit);
    return reason === undefined
      ? undefined
      : [`${words} failed: ${reason}`, ...shown(lines, count)].join('\n');
  });
  return { failure, kill };
}

/** Resolves at the end of the stream. */
function readLines(stream: Readable, take: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    createInterface({ input: stream }).on('line', take).on('close', resolve);
    stream.once('error', () => resolve());
    stream.once('close', () => resolve());
  });
}

/**
 * The lines of an output that most likely show what is wrong: all of a short one, otherwise those from the first error on.
 * `count` is the total number of lines if only the last ones were kept.
 */
export function shown(lines: readonly string[], count: number = lines.length): string[] {
  if (count <= shownLines) return [...lines];
  const first = Math.max(
    0,
    lines.findIndex((line) => telling.test(line)),
  );
  const start = Math.min(first, lines.length - shownLines);
  const more = `… ${count - shownLines} more lines, which --verbose shows`;
  return [...lines.slice(start, start + shownLines), more];
}
