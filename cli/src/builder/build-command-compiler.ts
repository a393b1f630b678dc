// Makes a function with a `build` command runnable: runs the command, then continues as for any other function.
import type { BuildCommand } from './build-commands.ts';
import type { BuildTarget, UnbuiltTarget } from './build-event.ts';
import type { Compilation, Compiler } from './contract.ts';
import { contentOf } from './file-state.ts';
import { listSources } from './source-folder.ts';
import { WatchPatterns } from './watch-patterns.ts';
import { WrittenFiles } from './written-files.ts';

interface BuildCommandCompilerOptions {
  readonly target: UnbuiltTarget;
  readonly command: BuildCommand;
  /** The compiler for the function once it is built. */
  readonly compilerFor: (target: BuildTarget) => Promise<Compiler>;
  readonly onNotice: (message: string) => void;
}

export class BuildCommandCompiler implements Compiler {
  readonly #options: BuildCommandCompilerOptions;
  readonly #patterns: WatchPatterns | undefined;
  readonly #written: WrittenFiles;
  #compiler: Compiler | undefined;
  #sources: ReadonlySet<string> = new Set();

  constructor(options: BuildCommandCompilerOptions) {
    const { functionName, taskRoot, watch } = options.target;
    this.#options = options;
    this.#patterns = watch && new WatchPatterns(taskRoot, watch);
    const { onNotice } = options;
    this.#written = new WrittenFiles({ functionName, taskRoot, patterns: this.#patterns, onNotice });
  }

  async compile(changed?: readonly string[]): Promise<Compilation> {
    const { command, compilerFor, target } = this.#options;
    const failure = await command.upToDate();
    const sources = listSources([target.taskRoot], {
      patterns: this.#patterns,
      isWritten: (path) => this.#written.has(path),
    });
    this.#sources = sources;
    if (failure !== undefined) return { ok: false, inputs: sources, errors: [{ text: failure }] };
    if (!this.#compiler) {
      const built = target.afterBuild();
      if ('text' in built) {
        const text = `the build succeeded, but "${built.path}" ${built.text}`;
        return { ok: false, inputs: sources, errors: [{ text }] };
      }
      this.#compiler = await compilerFor(built);
    }
    const compilation = await this.#compiler.compile(changed);
    const inputs = new Set([...sources, ...compilation.inputs]);
    if (!compilation.ok) return { ...compilation, inputs };
    // A change of the command's own output must not start yet another worker.
    const fingerprint =
      compilation.fingerprint ?? contentOf([...compilation.inputs, ...(compilation.guesses ?? [])]);
    return { ...compilation, inputs, fingerprint };
  }

  isOutput(path: string): boolean {
    return this.#options.command.isOutput(path);
  }

  ownWrites(changed: readonly string[]): readonly string[] {
    return this.#written.judge(changed, this.#sources);
  }

  async dispose(): Promise<void> {
    await this.#compiler?.dispose();
  }
}
