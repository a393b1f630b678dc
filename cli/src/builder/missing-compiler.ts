// Stands in for a function whose files aren't there yet: says what is missing, and builds it once they are.

import type { UnrunnableTarget } from './build-event.ts';
import type { Compilation, Compiler } from './contract.ts';
import type { Target } from './resolve-targets.ts';

interface MissingCompilerOptions {
  readonly target: UnrunnableTarget;
  /** Looks for the files again. */
  readonly again: () => Target;
  /** How the function is made runnable once its files are there. */
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
      const isTold = this.#told === problem;
      this.#told = problem;
      return { ok: false, inputs: new Set(places), errors: [{ text: problem }], isTold };
    }
    this.#compiler = await compilerFor(found);
    return this.#compiler.compile();
  }

  ownDoing(changed: readonly string[]): readonly string[] {
    return this.#compiler?.ownDoing?.(changed) ?? [];
  }

  isOutput(path: string): boolean {
    return this.#compiler?.isOutput?.(path) ?? false;
  }

  async dispose(): Promise<void> {
    await this.#compiler?.dispose();
  }
}
