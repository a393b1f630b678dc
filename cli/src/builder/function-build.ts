// Builds one function, and again after every change: at most one build at a time, and the newest one wins.

import { dirname, relative } from 'node:path';
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { BuildEvent, LoadedReport } from './build-event.ts';
import { codeHash } from './code-hash.ts';
import type { Compilation, Compiler } from './contract.ts';
import { changedAt, clockLagMs } from './file-state.ts';
import type { FileWatcher, Subscriber } from './file-watcher.ts';
import { FurtherFiles } from './further-files.ts';
import type { Target } from './resolve-targets.ts';

/** Builds in a row that may be discarded because a source changed in the meantime; the next one is published anyway. */
const mostDiscarded = 10;

interface FunctionBuildOptions {
  readonly target: Target;
  readonly compiler: Compiler;
  readonly watcher: FileWatcher;
  readonly clock: Clock;
  readonly onEvent: (event: BuildEvent) => void;
  /** Whether the function was running at a time, in milliseconds since the epoch. */
  readonly wasRunning: (atMs: number) => boolean;
}

export class FunctionBuild implements Subscriber {
  readonly #options: FunctionBuildOptions;
  readonly #further: FurtherFiles;
  /** What the last build has read; further watched paths are separate. */
  #inputs: ReadonlySet<string> = new Set();
  #extra: ReadonlySet<string> = new Set();
  #guesses: ReadonlySet<string> | undefined;
  /** Something changed that the build itself does not read: publish its result even if it is the same. */
  #forced = false;
  /** A person asked for this build, and gets an answer. */
  #asked = false;
  readonly #changed = new Set<string>();
  /** When the first change that is not published yet was noticed. */
  #since: number | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #build = 0;
  #fingerprint: string | undefined;
  #discarded = 0;
  /** The last build was discarded. */
  #isOwed = false;
  #told = false;
  #tellFirst: () => void = () => {};
  readonly #firstTold = new Promise<void>((resolve) => {
    this.#tellFirst = resolve;
  });

  constructor(options: FunctionBuildOptions) {
    this.#options = options;
    const { functionName, taskRoot } = options.target;
    const watch = 'watch' in options.target ? options.target.watch : undefined;
    const { onEvent } = options;
    const onNotice = (message: string) => onEvent({ type: 'notice', message });
    this.#further = new FurtherFiles({ functionName, taskRoot, watch, onNotice });
  }

  get functionName(): string {
    return this.#options.target.functionName;
  }

  /** Resolves with this function's first event. */
  start(): Promise<void> {
    this.#run();
    return this.#firstTold;
  }

  onChange(changed: readonly string[], since: number): void {
    const { compiler, wasRunning } = this.#options;
    const suspects = changed.filter((file) => wasRunning(changedAt(file) ?? Date.now()));
    const own = new Set(compiler.ownWrites?.(suspects));
    const isFurther = (file: string) => this.#extra.has(file) && !this.#inputs.has(file) && !own.has(file);
    for (const file of this.#further.ownWrites(suspects.filter(isFurther), this.#extra)) own.add(file);
    const sources = changed.filter((file) => !own.has(file));
    if (sources.length === 0) {
      // What the function has written is no reason to build, but may be why a build for another reason was discarded.
      if (this.#isOwed) this.#run();
      return;
    }
    if (sources.some(isFurther)) this.#forced = true;
    for (const file of sources) if (!compiler.isOutput?.(file)) this.#changed.add(file);
    this.#since = Math.min(this.#since ?? since, since);
    this.#run();
  }

  /** Builds again, and publishes the result even if it is the same. */
  rebuild(): void {
    this.#forced = true;
    this.#asked = true;
    this.#since ??= this.#options.clock.now();
    this.#run();
  }

  /** A worker has reported what it loaded. */
  onLoaded(loaded: LoadedReport): void {
    if (this.#closed || !this.#further.add(loaded)) return;
    const torn = this.#watch(loaded.since);
    // The watcher checks and reports what changed during loading.
    if (torn) this.#forced = true;
  }

  /** Whether a source has changed since a time, in milliseconds since the epoch; also if the source is gone. */
  changedSince(sinceMs: number): boolean {
    const paths = [...this.#inputs, ...this.#extra, ...(this.#guesses ?? [])];
    // The folder's time shows that a file went away; a place that was always empty does not count.
    return paths.some((path) => (changedAt(path) ?? changedAt(dirname(path)) ?? 0) >= sinceMs - clockLagMs);
  }

  /** Watches all that counts now; returns true if some of it may have changed since it was read. */
  #watch(readSince: number): boolean {
    const { watcher } = this.#options;
    const guesses = this.#further.isKnown ? [] : (this.#guesses ?? []);
    this.#extra = this.#further.list(this.#inputs);
    return watcher.watch(this, new Set([...this.#inputs, ...guesses, ...this.#extra]), readSince);
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
    const { clock, compiler, onEvent, target } = this.#options;
    this.#since ??= clock.now();
    this.#isOwed = false;
    const readSince = Date.now();
    try {
      const compilation = await compiler.compile(this.#further.isKnown ? [...this.#changed] : []);
      if (this.#closed) return;
      this.#inputs = compilation.inputs;
      this.#guesses = compilation.ok ? compilation.guesses : undefined;
      const torn = this.#watch(readSince);
      this.#isOwed = (torn || this.#again) && this.#discarded++ < mostDiscarded;
      if (this.#isOwed) return;
      this.#discarded = 0;
      await this.#publish(compilation);
    } catch (error) {
      if (this.#closed) return;
      const { functionName } = target;
      const errors = [{ text: `the build failed unexpectedly: ${messageOf(error)}` }];
      onEvent({ type: 'build_error', functionName, errors, hasLastGood: this.#build > 0 });
      this.#haveTold();
    }
  }

  async #publish(compilation: Compilation): Promise<void> {
    const { clock, onEvent, target } = this.#options;
    const { functionName, taskRoot, handler, runtime, layers = [] } = target;
    const changed = [...this.#changed].map((file) => relative(taskRoot, file) || '.');
    const since = this.#since ?? clock.now();
    const wasAsked = this.#asked;
    this.#asked = false;
    this.#changed.clear();
    this.#since = undefined;
    if (!compilation.ok) {
      this.#fingerprint = undefined;
      if (compilation.isReported && this.#told && !wasAsked) return;
      onEvent({
        type: 'build_error',
        functionName,
        errors: compilation.errors,
        hasLastGood: this.#build > 0,
      });
      return this.#haveTold();
    }
    const { fingerprint } = compilation;
    const isSame = fingerprint !== undefined && fingerprint === this.#fingerprint;
    if (isSame && !this.#forced) return;
    this.#forced = false;
    const runner = await compilation.publish(this.#build + 1);
    if (this.#closed) return;
    this.#build++;
    this.#fingerprint = fingerprint;
    const first = !this.#told;
    const hash = codeHash(compilation, this.#extra, taskRoot);
    const code = { functionName, build: this.#build, hash, runner, taskRoot, handler, runtime, layers };
    const sources = compilation.inputs;
    onEvent({ type: 'built', code, first, ms: clock.now() - since, changed: first ? [] : changed, sources });
    this.#haveTold();
  }

  #haveTold(): void {
    this.#told = true;
    this.#tellFirst();
  }
}
