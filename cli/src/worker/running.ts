// [5] What a worker consists of once it runs: its Runtime API, its process, and the log that is read from it.
import type { Clock } from '../../../protocol/clock.ts';
import { type LogLine, LogReader } from './log-lines.ts';
import type { Program } from './program.ts';
import { type RuntimeApi, startRuntimeApi } from './runtime-api.ts';
import type { RuntimeClient } from './runtime-client.ts';
import { startProcess, type WorkerProcess } from './worker-process.ts';

export interface Running {
  readonly api: RuntimeApi;
  readonly process: WorkerProcess;
  readonly logs: LogReader;
}

export interface RunningOptions {
  /** Our side of what the process runs. */
  readonly side: RuntimeClient | Program;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  /** This machine's part of the environment. */
  readonly machine: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly onLine: (line: LogLine) => void;
  /** What the runtime client says of its debugger. */
  readonly onDebugger: (words: string) => void;
}

/** Rejects where the Runtime API has no port to listen on; a program that doesn't start is an exit of its process. */
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
