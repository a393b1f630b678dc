// [5] One worker as a process, in its own group, so that Ctrl-C in the terminal does not reach it and everything it started can
// be ended with it; also Lambda's words for how it ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import type { Clock } from '../../../../protocol/clock.ts';
import { type FunctionError, functionError } from '../contract.ts';
import { type RuntimeApi, startRuntimeApi } from '../runtime-api/runtime-api.ts';
import { type LogLine, LogReader } from './log-lines.ts';
import { descendants, type KeptProcess, processKeeper } from './process-keeper.ts';
import type { Program } from './program.ts';
import type { RuntimeClient } from './runtime-client.ts';
import { whyNotStarted } from './why-not-started.ts';

/** How a process ended, or why it did not start. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it did not start. */
  readonly notStarted?: string;
}

export interface WorkerProcess {
  /** Undefined if it could not be started. */
  readonly pid: number | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has exited; never rejects. */
  readonly exited: Promise<Exit>;
  /** Resolves when its output has been read to the end as well. */
  readonly closed: Promise<void>;
  /** Resolves when what it left behind is gone as well, so that its mark may be reused. */
  readonly cleared: Promise<void>;
  /** Kills the process and its group at once; with a mark, also what it started outside its group. */
  kill(): void;
  /** Stops or continues the process and its group. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

interface ProcessOptions {
  readonly cwd: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Its value of `AWS_LAMBDA_RUNTIME_API`, which identifies everything it starts, so that none of that outlives it. Without it,
   * processes that leave the group may stay, e.g. a compiler's server.
   */
  readonly mark?: string | undefined;
}

/** Starts a program without a shell. Never throws: `exited` reports failures. */
export function startProcess(
  command: readonly [string, ...string[]],
  options: ProcessOptions,
): WorkerProcess {
  const [program, ...args] = command;
  const failed = (error: unknown): Exit => {
    return { code: null, signal: null, notStarted: whyNotStarted(program, options.cwd, error) };
  };
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    // Some failures are thrown at once: a word with a NUL, too many words, a program for another machine.
    return stillborn(failed(error));
  }
  const kept: KeptProcess | undefined =
    child.pid === undefined ? undefined : { pid: child.pid, mark: options.mark };
  if (kept) processKeeper.add(kept);
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => resolve(failed(error)));
    child.once('exit', (code, signal) => {
      // What it left in its group holds its pipes open and would outlive us.
      killGroup(child);
      resolve({ code, signal });
    });
  });
  const cleared = exited.then(() => (kept ? processKeeper.ended(kept) : undefined));
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    pid: child.pid,
    // Under Deno a program that cannot be started has no pipes.
    stdout: child.stdout ?? Readable.from([]),
    stderr: child.stderr ?? Readable.from([]),
    exited,
    closed,
    cleared,
    kill: () => {
      const strays = options.mark === undefined || child.pid === undefined ? [] : descendants(child.pid);
      killGroup(child);
      for (const pid of strays) send(pid, 'SIGKILL');
    },
    signal: (signal) => {
      if (child.pid !== undefined) send(-child.pid, signal);
    },
  };
}

function stillborn(exit: Exit): WorkerProcess {
  const [stdout, stderr] = [Readable.from([]), Readable.from([])];
  const [exited, closed] = [Promise.resolve(exit), Promise.resolve()];
  return {
    pid: undefined,
    stdout,
    stderr,
    exited,
    closed,
    cleared: closed,
    kill: () => {},
    signal: () => {},
  };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true }).on(
      'error',
      () => {},
    );
    return;
  }
  send(-child.pid, 'SIGKILL');
}

/** Sends to a process, or to a group by its negative number. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process, or the whole group, has already ended.
  }
}

/** The names of signals in Go, in which Lambda's supervisor is written. */
const signalWords: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

/** E.g. `exit status 1` or `signal: killed`, or why it did not start; undefined for exit status 0. */
export function exitReason(exit: Exit): string | undefined {
  if (exit.notStarted !== undefined) return exit.notStarted;
  if (exit.signal !== null) return `signal: ${signalWords[exit.signal] ?? exit.signal}`;
  return exit.code === 0 ? undefined : `exit status ${exit.code}`;
}

/** The error of an invocation whose worker ended without an answer. */
export function exitError(id: string, exit: Exit, command: readonly string[]): FunctionError {
  if (exit.notStarted !== undefined) {
    const words = `can't start '${command.join(' ')}': ${exit.notStarted}`;
    return functionError('Runtime.InvalidEntrypoint', `RequestId: ${id} Error: ${words}`);
  }
  const reason = exitReason(exit);
  const words =
    reason === undefined
      ? 'Runtime exited without providing a reason'
      : `Runtime exited with error: ${reason}`;
  return functionError('Runtime.ExitError', `RequestId: ${id} Error: ${words}`);
}

export interface Running {
  readonly api: RuntimeApi;
  readonly process: WorkerProcess;
  readonly logs: LogReader;
}

interface RunningOptions {
  /** Our counterpart of what the process runs. */
  readonly side: RuntimeClient | Program;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** This machine's part of the environment. */
  readonly machine: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly onLine: (line: LogLine) => void;
  /** Receives what the runtime client reports about its debugger. */
  readonly onDebugger: (words: string) => void;
}

/** Rejects if the Runtime API finds no port; a program that does not start is an exit of its process. */
export async function startRunning(options: RunningOptions): Promise<Running> {
  const { side, command, cwd, machine, ...reading } = options;
  let logs: LogReader | undefined;
  const api = await startRuntimeApi({ ...side.apiOptions, beforeAccept: () => logs?.settled() });
  const variables = { ...side.variables(api.address), AWS_LAMBDA_RUNTIME_API: api.address };
  const process = startProcess(command, {
    cwd,
    env: { ...machine, ...variables },
    mark: api.address,
  });
  logs = new LogReader(process.stdout, process.stderr, { ...reading, marker: side.logMarker });
  const reader = logs;
  void process.closed.then(() => reader.close());
  return { api, process, logs };
}
