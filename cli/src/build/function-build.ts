// Builds one function, again after every change: at most one build at a time, and the newest one wins.

import { relative } from 'node:path';
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { Target } from '../manifest/resolve-targets.ts';
import type { BuildEvent } from './build-event.ts';
import type { Compilation, Compiler } from './compiler.ts';
import type { FileWatcher, Subscriber } from './file-watcher.ts';

/** Builds in a row that may be thrown away because a source changed meanwhile; the next one is published anyway. */
const mostDiscarded = 10;

export interface FunctionBuildOptions {
  readonly target: Target;
  readonly compiler: Compiler;
  readonly watcher: FileWatcher;
  readonly clock: Clock;
  readonly onEvent: (event: BuildEvent) => void;
  /** Whether a worker of the function is starting or has an invocation. */
  readonly isRunning: () => boolean;
}

export class FunctionBuild implements Subscriber {
  readonly #options: FunctionBuildOptions;
  readonly #changed = new Set<string>();
  /** When the first of the changes was noticed that are not published yet. */
  #since: number | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #build = 0;
  #fingerprint: string | undefined;
  #discarded = 0;
  #told = false;
  #tellFirst: () => void = () => {};
  readonly #firstTold = new Promise<void>((resolve) => {
    this.#tellFirst = resolve;
  });

  constructor(options: FunctionBuildOptions) {
    this.#options = options;
  }

  /** Resolves with the first event of this function. */
  start(): Promise<void> {
    this.#run();
    return this.#firstTold;
  }

  onChange(changed: readonly string[], since: number): void {
    const { compiler, isRunning } = this.#options;
    const own = isRunning() ? (compiler.ownDoing?.(changed) ?? []) : [];
    const sources = changed.filter((file) => !own.includes(file));
    if (sources.length === 0) return;
    for (const file of sources) if (!compiler.isOutput?.(file)) this.#changed.add(file);
    this.#since = Math.min(this.#since ?? since, since);
    this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#options.watcher.unwatch(this);
    await this.#running;
    await this.#options.compiler.dispose();
    this.#tellFirst();
  }

  #run(): void {
    if (this.#closed) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = this.#once().finally(() => {
      this.#running = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.#run();
    });
  }

  async #once(): Promise<void> {
    const { clock, compiler, watcher, onEvent, target } = this.#options;
    this.#since ??= clock.now();
    const readSince = Date.now();
    try {
      const compilation = await compiler.compile();
      if (this.#closed) return;
      const torn = watcher.watch(this, compilation.inputs, readSince);
      if ((torn || this.#again) && this.#discarded++ < mostDiscarded) return;
      this.#discarded = 0;
      await this.#publish(compilation);
    } catch (error) {
      if (this.#closed) return;
      const { functionName } = target;
      const errors = [{ text: `the build broke down: ${messageOf(error)}` }];
      onEvent({ type: 'build_error', functionName, errors, hasLastGood: this.#build > 0 });
      this.#haveTold();
    }
  }

  async #publish(compilation: Compilation): Promise<void> {
    const { clock, onEvent, target } = this.#options;
    const { functionName, taskRoot, handler, runtime, layers = [] } = target;
    const changed = [...this.#changed].map((file) => relative(taskRoot, file) || '.');
    const since = this.#since ?? clock.now();
    this.#changed.clear();
    this.#since = undefined;
    if (!compilation.ok) {
      this.#fingerprint = undefined;
      onEvent({
        type: 'build_error',
        functionName,
        errors: compilation.errors,
        hasLastGood: this.#build > 0,
      });
      return this.#haveTold();
    }
    const { fingerprint } = compilation;
    if (fingerprint !== undefined && fingerprint === this.#fingerprint) return;
    const runner = await compilation.publish(this.#build + 1);
    if (this.#closed) return;
    this.#build++;
    this.#fingerprint = fingerprint;
    const first = !this.#told;
    const code = { functionName, build: this.#build, runner, taskRoot, handler, runtime, layers };
    onEvent({ type: 'built', code, first, ms: clock.now() - since, changed: first ? [] : changed });
    this.#haveTold();
  }

  #haveTold(): void {
    this.#told = true;
    this.#tellFirst();
  }
}
