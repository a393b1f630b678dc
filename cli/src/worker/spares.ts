// [5] The spares of all interpreters in use, and how each runtime client of ours is started.
import process from 'node:process';
import { lambdaDefaults, startupVariables } from './environment.ts';
import type { Runner } from './invocation.ts';
import { Spare } from './spare.ts';
import type { Worker, WorkerSettings } from './worker.ts';

/** A runner whose process is a runtime client of ours. */
export type ClientRunner = Exclude<Runner, { kind: 'command' }>;

export interface SparesOptions {
  /** Runs a JavaScript file; default: this very interpreter, with source maps. */
  readonly nodeCommand?: readonly string[];
  /** The built Node runtime client. */
  readonly nodeRuntimeFile: string;
  readonly pythonRuntimeFile: string;
  /** This machine's proxies and authorities, as far as functions get them. */
  readonly network: Readonly<Record<string, string>>;
}

export class Spares {
  readonly #settings: WorkerSettings;
  readonly #options: SparesOptions;
  readonly #onBoot: (worker: Worker) => void;
  /** By the interpreter and what it starts with, and by the function where it is debugged. */
  readonly #spares = new Map<string, Spare>();

  constructor(settings: WorkerSettings, options: SparesOptions, onBoot: (worker: Worker) => void) {
    this.#settings = settings;
    this.#options = options;
    this.#onBoot = onBoot;
  }

  /**
   * The spare for such functions of a runtime, e.g. `nodejs22.x`, or for that one which is debugged; it may have no
   * process yet.
   */
  of(runner: ClientRunner, runtime: string, debugged: string | undefined): Spare {
    const command = this.#command(runner, debugged !== undefined);
    // What a function sets itself is known later.
    const defaults = lambdaDefaults(runtime);
    const { network } = this.#options;
    const startup = startupVariables({ ...defaults, ...network, AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}` });
    const key = JSON.stringify([command[0], startup, debugged]);
    const spare =
      this.#spares.get(key) ?? new Spare(this.#settings, command, startup, this.#onBoot, debugged);
    this.#spares.set(key, spare);
    return spare;
  }

  /** The process that is kept for a function which is debugged, where there is one. */
  keptFor(functionName: string): Worker | undefined {
    const kept = [...this.#spares.values()].flatMap(({ worker }) => worker ?? []);
    return kept.find((worker) => worker.debugger?.functionName === functionName && !worker.ended);
  }

  /** No more are booted; ending those there are remains the caller's. */
  close(): void {
    for (const spare of this.#spares.values()) spare.close();
  }

  #command(runner: ClientRunner, debugged: boolean): [string, ...string[]] {
    const { nodeCommand, nodeRuntimeFile, pythonRuntimeFile } = this.#options;
    // Lambda's locale is UTF-8, whatever this machine's is.
    if (runner.kind === 'python') {
      // Breakpoints in frozen modules are missed, and debugpy warns of it; before Python 3.11 this says nothing.
      const thawed = debugged ? ['-X', 'frozen_modules=off'] : [];
      return [runner.interpreter, '-X', 'utf8', ...thawed, pythonRuntimeFile];
    }
    const [program = process.execPath, ...args] = nodeCommand ?? [process.execPath, '--enable-source-maps'];
    return [program, ...args, nodeRuntimeFile];
  }
}
