// [5] The spares of all interpreters in use, and how each runtime client of ours is started.
import process from 'node:process';
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
}

export class Spares {
  readonly #settings: WorkerSettings;
  readonly #options: SparesOptions;
  readonly #onBoot: (worker: Worker) => void;
  /** By the interpreter. */
  readonly #spares = new Map<string, Spare>();

  constructor(settings: WorkerSettings, options: SparesOptions, onBoot: (worker: Worker) => void) {
    this.#settings = settings;
    this.#options = options;
    this.#onBoot = onBoot;
  }

  /** The spare for such functions; it may have no process yet. */
  of(runner: ClientRunner): Spare {
    const [program, ...args] = this.#command(runner);
    const spare = this.#spares.get(program) ?? new Spare(this.#settings, [program, ...args], this.#onBoot);
    this.#spares.set(program, spare);
    return spare;
  }

  /** No more are booted; ending those there are remains the caller's. */
  close(): void {
    for (const spare of this.#spares.values()) spare.close();
  }

  #command(runner: ClientRunner): [string, ...string[]] {
    const { nodeCommand, nodeRuntimeFile, pythonRuntimeFile } = this.#options;
    // Lambda's locale is UTF-8, whatever this machine's is.
    if (runner.kind === 'python') return [runner.interpreter, '-X', 'utf8', pythonRuntimeFile];
    const [program = process.execPath, ...args] = nodeCommand ?? [process.execPath, '--enable-source-maps'];
    return [program, ...args, nodeRuntimeFile];
  }
}
