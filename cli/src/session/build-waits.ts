// [4] Invocations that arrive before their function's first build has ended: they wait for it as long as their callers do.
import type { Clock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';
import type { FunctionError } from '../worker/contract.ts';
import type { FirstBuilds } from './first-builds.ts';
import { buildFailure, gaveUp, stillBuilding, stoppedError } from './own-errors.ts';
import type { Run } from './run.ts';

interface BuildWaitsOptions {
  readonly builds: Pick<FirstBuilds, 'of'>;
  readonly clock: Clock;
  /** An invocation begins to wait; `waiting` is the number that wait now. */
  readonly onWait: (run: Run, waiting: number) => void;
}

/** Reserved of the caller's time, at most a quarter, so that the build error still reaches the caller. */
const tellMs = 500;

export class BuildWaits {
  readonly #options: BuildWaitsOptions;
  /** With the function that ends their wait. */
  readonly #waiting = new Map<Run, () => void>();

  constructor(options: BuildWaitsOptions) {
    this.#options = options;
  }

  /** Whether the code can run now. */
  isBuilt(functionName: string): boolean {
    return this.#options.builds.of(functionName).state === 'good';
  }

  /** Resolves with undefined when the code can run, or with the error that prevents it. */
  async until(run: Run): Promise<FunctionError | undefined> {
    const { builds } = this.#options;
    const { functionName } = run;
    const before = builds.of(functionName);
    if (before.state === 'building') await this.#wait(run, before.over);
    if (run.cancelled !== undefined) return gaveUp(run.cancelled);
    if (run.state !== 'running') return stoppedError();
    const build = builds.of(functionName);
    if (build.state === 'good') return undefined;
    return build.state === 'failed' ? buildFailure(functionName, build.errors) : stillBuilding(functionName);
  }

  /** Nobody waits for this run any more. */
  end(run: Run): void {
    this.#waiting.get(run)?.();
  }

  async #wait(run: Run, over: Promise<void>): Promise<void> {
    const { clock, onWait } = this.#options;
    const leftMs = Math.max(0, run.deadlineMs - clock.now());
    const ended = new Promise<void>((resolve) => this.#waiting.set(run, resolve));
    onWait(run, this.#waiting.size);
    await within(clock, leftMs - Math.min(tellMs, leftMs / 4), Promise.race([over, ended]));
    this.#waiting.delete(run);
  }
}
