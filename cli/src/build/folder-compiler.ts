// Serves a function whose import graph nobody can read: a `command`, or Node without esbuild. All sources count.
import { dirname, relative } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';
import type { Runner } from '../worker/invocation.ts';
import type { BuildTarget } from './build-event.ts';
import type { Compilation, Compiler } from './compiler.ts';
import { filesOfCommand, listSources, maximumSources } from './source-folder.ts';

export class FolderCompiler implements Compiler {
  readonly #target: BuildTarget;
  readonly #onNotice: (message: string) => void;
  #toldOfMany = false;

  constructor(target: BuildTarget, onNotice: (message: string) => void) {
    this.#target = target;
    this.#onNotice = onNotice;
  }

  async compile(): Promise<Compilation> {
    const { taskRoot, sourceFile, exportPath, command, functionName } = this.#target;
    // A program in target/ or a handler in dist/ counts, although such folders don't.
    const inputs = listSources([taskRoot, ...(sourceFile === undefined ? [] : [dirname(sourceFile)])]);
    for (const file of filesOfCommand(command ?? [], taskRoot)) inputs.add(file);
    if (inputs.size >= maximumSources && !this.#toldOfMany) {
      this.#toldOfMany = true;
      this.#onNotice(
        `${taskRoot} holds more than ${maximumSources} files: changes in some are not seen. Set source_dir of ${functionName} to the folder of its sources.`,
      );
    }
    if (!command && sourceFile !== undefined && kindOf(sourceFile) !== 'file') {
      const file = relative(taskRoot, sourceFile);
      return { ok: false, inputs, errors: [{ text: 'the file is not there', file }] };
    }
    const runner: Runner = command
      ? { kind: 'command', command }
      : { kind: 'node', moduleFile: sourceFile ?? '', exportPath };
    return { ok: true, inputs, fingerprint: undefined, publish: async () => runner };
  }

  async dispose(): Promise<void> {}
}
