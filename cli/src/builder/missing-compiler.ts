// For a function whose files do not exist yet: reports what is missing, and builds the function once it exists.

import type { UnrunnableTarget } from './build-event.ts';
import type { Compilation, Compiler } from './contract.ts';
import type { Target } from './resolve-targets.ts';

interface MissingCompilerOptions {
  readonly target: UnrunnableTarget;
  /** Looks for the files again. */
  readonly again: () => Target;
  /** The compiler for the function once its files exist. */
  readonly compilerFor: (target: Target) => Promise<Compiler>;
}

export class MissingCompiler implements Compiler {
  readonly #options: MissingCompilerOptions;
  #compiler: Compiler | undefined;
  #told: string | undefined;

  constructor(options: MissingCompilerOptions) {
    this.#options = options;
  }

  async compile(): Promise<Compilation> {
    if (this.#compiler) return this.#compiler.compile();
    const { again, compilerFor, target } = this.#options;
    const found = again();
    if ('problem' in found) {
      const { places = target.places ?? [], problem } = found;
      // The folder changes with every file that comes or goes.
      const isReported = this.#told === problem;
      this.#told = problem;
      return { ok: false, inputs: new Set(places), errors: [{ text: problem }], isReported };
    }
    this.#compiler = await compilerFor(found);
    return this.#compiler.compile();
  }

  ownWrites(changed: readonly string[]): readonly string[] {
    return this.#compiler?.ownWrites?.(changed) ?? [];
  }

  isOutput(path: string): boolean {
    return this.#compiler?.isOutput?.(path) ?? false;
  }

  async dispose(): Promise<void> {
    await this.#compiler?.dispose();
  }
}
