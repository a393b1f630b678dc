// Serves a function whose import graph cannot be read: a `command`, or Node without esbuild. All sources count.
import { dirname, relative } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';
import type { Runner } from '../worker/contract.ts';
import type { BuildTarget } from './build-event.ts';
import type { Compilation, Compiler } from './contract.ts';
import { filesOfCommand, listSources, maximumSources } from './source-folder.ts';
import { WatchPatterns } from './watch-patterns.ts';
import { WrittenFiles } from './written-files.ts';

export class FolderCompiler implements Compiler {
  readonly #target: BuildTarget;
  readonly #onNotice: (message: string) => void;
  readonly #patterns: WatchPatterns | undefined;
  readonly #written: WrittenFiles;
  #inputs: ReadonlySet<string> = new Set();
  #toldOfMany = false;

  constructor(target: BuildTarget, onNotice: (message: string) => void) {
    const { functionName, taskRoot, watch } = target;
    this.#target = target;
    this.#onNotice = onNotice;
    this.#patterns = watch && new WatchPatterns(taskRoot, watch);
    this.#written = new WrittenFiles({ functionName, taskRoot, patterns: this.#patterns, onNotice });
  }

  async compile(): Promise<Compilation> {
    const { taskRoot, sourceFile, exportPath, command, functionName } = this.#target;
    // A program in target/ or a handler in dist/ counts, although such folders are otherwise skipped.
    const inputs = listSources([taskRoot, ...(sourceFile === undefined ? [] : [dirname(sourceFile)])], {
      patterns: this.#patterns,
      isWritten: (path) => this.#written.has(path),
    });
    for (const file of filesOfCommand(command ?? [], taskRoot)) inputs.add(file);
    this.#inputs = inputs;
    if (inputs.size >= maximumSources && !this.#toldOfMany) {
      this.#toldOfMany = true;
      this.#onNotice(
        `${taskRoot} holds more than ${maximumSources} files: changes in some are not seen. Set source_dir of ${functionName} to the folder of its sources.`,
      );
    }
    if (!command && sourceFile !== undefined && kindOf(sourceFile) !== 'file') {
      const file = relative(taskRoot, sourceFile);
      return { ok: false, inputs, errors: [{ text: 'the file does not exist', file }] };
    }
    const runner: Runner = command
      ? { kind: 'command', command }
      : { kind: 'node', moduleFile: sourceFile ?? '', exportPath };
    return { ok: true, inputs, fingerprint: undefined, publish: async () => runner };
  }

  ownWrites(changed: readonly string[]): readonly string[] {
    return this.#written.judge(changed, this.#inputs);
  }

  async dispose(): Promise<void> {}
}
