// [5] The one booted process of an interpreter that waits for a function: booting costs more than all else in a reload.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { type FunctionEnvironment, startupVariables } from './environment.ts';
import { stoppedError } from './invocation.ts';
import { Worker, type WorkerSettings } from './worker.ts';

type Variables = Readonly<Record<string, string>>;

export class Spare {
  readonly #settings: WorkerSettings;
  readonly #command: readonly [string, ...string[]];
  readonly #debugged: string | undefined;
  readonly #clock: Clock;
  readonly #onBoot: (worker: Worker) => void;
  /** The variables the next one starts with: those the newest worker needed. */
  #startup: Variables;
  #worker: Worker | undefined;
  #pending: { readonly due: number; readonly timer: Timer } | undefined;
  #closed = false;

  /**
   * `command` runs the runtime client, its file last; `startup` are the variables of the first one; `debugged` names the
   * function it is kept for, see `Worker`.
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

  /** The process that waits, where there is one. */
  get worker(): Worker | undefined {
    return this.#worker;
  }

  /** A process for a function with this environment: the spare where it fits, else one that boots now. */
  take(environment: FunctionEnvironment): Worker {
    // What NODE_OPTIONS load runs before the handler is known here: on Lambda it sees all variables of the function.
    if (environment.variables.NODE_OPTIONS) return this.#boot(environment.variables);
    const spare = this.#worker;
    this.#worker = undefined;
    this.#startup = startupVariables(environment.variables);
    if (spare !== undefined && !spare.ended && spare.fits(environment)) return spare;
    spare?.end('other start variables are needed', stoppedError());
    return this.#boot();
  }

  /** Boots one, where there is none, in so many milliseconds or as soon as was asked for before. */
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

  /** No more are booted; ending the one there is remains the caller's. */
  close(): void {
    this.#closed = true;
    this.#pending?.timer.cancel();
  }

  /** `whole` is the environment of the function it boots for, where that must be there from the start. */
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
