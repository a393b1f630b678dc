// [5] Booted processes that wait for a function, one for each interpreter in use, since booting costs more than the rest of a
// reload. Also: how each of our runtime clients is started.
import process from 'node:process';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import { type Runner, stoppedError } from '../contract.ts';
import { type FunctionEnvironment, lambdaDefaults, startupVariables } from '../process/environment.ts';
import { Worker, type WorkerSettings } from './worker.ts';

type Variables = Readonly<Record<string, string>>;

export class Spare {
  readonly #settings: WorkerSettings;
  readonly #command: readonly [string, ...string[]];
  readonly #debugged: string | undefined;
  readonly #clock: Clock;
  readonly #onBoot: (worker: Worker) => void;
  /** The variables that the next one starts with: those of the newest worker. */
  #startup: Variables;
  #worker: Worker | undefined;
  #pending: { readonly due: number; readonly timer: Timer } | undefined;
  #closed = false;

  /**
   * `command` runs the runtime client, whose file comes last; `startup` are the variables of the first process; `debugged` is the
   * function it is reserved for, see `Worker`.
   */
  constructor(
    settings: WorkerSettings,
    command: readonly [string, ...string[]],
    startup: Variables,
    onBoot: (worker: Worker) => void,
    debugged?: string,
  ) {
    this.#settings = settings;
    this.#command = command;
    this.#debugged = debugged;
    this.#startup = startup;
    this.#clock = settings.clock;
    this.#onBoot = onBoot;
  }

  /** The waiting process, if there is one. */
  get worker(): Worker | undefined {
    return this.#worker;
  }

  /** A process for a function with this environment: the spare if it fits, otherwise one that boots now. */
  take(environment: FunctionEnvironment): Worker {
    // What NODE_OPTIONS loads runs before the handler is known here; on Lambda it sees all of the function's variables.
    if (environment.variables.NODE_OPTIONS) return this.#boot(environment.variables);
    const spare = this.#worker;
    this.#worker = undefined;
    this.#startup = startupVariables(environment.variables);
    if (spare !== undefined && !spare.ended && spare.fits(environment)) return spare;
    spare?.end('other start variables are needed', stoppedError());
    return this.#boot();
  }

  /** Boots one, unless there is one, after this many milliseconds, or earlier if that was requested before. */
  bootAfter(ms: number): void {
    if (this.#closed || (this.#worker !== undefined && !this.#worker.ended)) return;
    const due = this.#clock.now() + ms;
    if (this.#pending !== undefined && this.#pending.due <= due) return;
    this.#pending?.timer.cancel();
    const boot = () => {
      this.#pending = undefined;
      this.#worker ??= this.#boot();
    };
    this.#pending = { due, timer: this.#clock.after(ms, boot, { background: true }) };
  }

  /** Boots no more; the caller ends the existing one. */
  close(): void {
    this.#closed = true;
    this.#pending?.timer.cancel();
  }

  /** `whole` is the full environment of the function it boots for, if that must be there from the start. */
  #boot(whole?: Variables): Worker {
    const startup = whole === undefined ? this.#startup : startupVariables(whole);
    const worker = Worker.spare(this.#settings, this.#command, startup, this.#debugged, whole);
    this.#onBoot(worker);
    void worker.exited.then(() => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

/** A runner whose process is one of our runtime clients. */
export type ClientRunner = Exclude<Runner, { kind: 'command' }>;

export interface SparesOptions {
  /** Runs a JavaScript file; default: this interpreter, with source maps. */
  readonly nodeCommand?: readonly string[];
  /** The built Node runtime client. */
  readonly nodeRuntimeFile: string;
  readonly pythonRuntimeFile: string;
  /** This machine's proxies and authorities, as far as functions use them. */
  readonly network: Readonly<Record<string, string>>;
}

export class Spares {
  readonly #settings: WorkerSettings;
  readonly #options: SparesOptions;
  readonly #onBoot: (worker: Worker) => void;
  /** By interpreter and start variables, and by function if it is debugged. */
  readonly #spares = new Map<string, Spare>();

  constructor(settings: WorkerSettings, options: SparesOptions, onBoot: (worker: Worker) => void) {
    this.#settings = settings;
    this.#options = options;
    this.#onBoot = onBoot;
  }

  /**
   * The spare for functions of a runtime, e.g. `nodejs22.x`, or for the one function that is debugged; it may have no process
   * yet.
   */
  of(runner: ClientRunner, runtime: string, debugged: string | undefined): Spare {
    const command = this.#command(runner, debugged !== undefined);
    // What a function sets itself becomes known later.
    const defaults = lambdaDefaults(runtime);
    const { network } = this.#options;
    const startup = startupVariables({ ...defaults, ...network, AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}` });
    const key = JSON.stringify([command[0], startup, debugged]);
    const spare =
      this.#spares.get(key) ?? new Spare(this.#settings, command, startup, this.#onBoot, debugged);
    this.#spares.set(key, spare);
    return spare;
  }

  /** The process reserved for a debugged function, if there is one. */
  keptFor(functionName: string): Worker | undefined {
    const kept = [...this.#spares.values()].flatMap(({ worker }) => worker ?? []);
    return kept.find((worker) => worker.debugger?.functionName === functionName && !worker.ended);
  }

  /** Boots no more; the caller ends the existing ones. */
  close(): void {
    for (const spare of this.#spares.values()) spare.close();
  }

  #command(runner: ClientRunner, debugged: boolean): [string, ...string[]] {
    const { nodeCommand, nodeRuntimeFile, pythonRuntimeFile } = this.#options;
    // Lambda's locale is UTF-8, whatever this machine's is.
    if (runner.kind === 'python') {
      // debugpy misses breakpoints in frozen modules and warns of it; before Python 3.11 this option is ignored.
      const thawed = debugged ? ['-X', 'frozen_modules=off'] : [];
      return [runner.interpreter, '-X', 'utf8', ...thawed, pythonRuntimeFile];
    }
    const [program = process.execPath, ...args] = nodeCommand ?? [process.execPath, '--enable-source-maps'];
    return [program, ...args, nodeRuntimeFile];
  }
}
