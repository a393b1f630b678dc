// Runs a function's sources as they are, as Lambda does; esbuild only reads the import graph, to watch exactly those files.
import type { BuildOptions } from 'esbuild';
import type { BuildTarget } from './build-event.ts';
import type { Compilation, Compiler } from './contract.ts';
import type { Esbuild } from './find-esbuild.ts';
import { buildMessage, IncrementalBuild } from './incremental-build.ts';
import { missingExport } from './missing-export.ts';
import { moduleFormat } from './module-format.ts';
import { packagePlugin } from './package-plugin.ts';

/** What esbuild cannot bundle but Node may run: lazy requires, native addons, sloppy CommonJS. */
const notForNode = /^(?:Could not resolve|No loader is configured|No matching export)|output format/;

export class SourceCompiler implements Compiler {
  readonly #target: BuildTarget;
  readonly #sourceFile: string;
  readonly #root: string;
  readonly #build: IncrementalBuild;

  constructor(target: BuildTarget, sourceFile: string, esbuild: Esbuild, root: string) {
    this.#target = target;
    this.#sourceFile = sourceFile;
    this.#root = root;
    const options: BuildOptions & { absWorkingDir: string } = {
      absWorkingDir: target.taskRoot,
      entryPoints: [sourceFile],
      outdir: target.taskRoot,
      format: 'esm',
      loader: { '': 'js' },
      plugins: [
        packagePlugin({
          mode: 'watch',
          format: 'esm',
          outputFolder: target.taskRoot,
          pnpFile: undefined,
          onMissing: () => {},
        }),
      ],
    };
    this.#build = new IncrementalBuild(esbuild, options, root);
  }

  async compile(): Promise<Compilation> {
    const { errors, inputs: graph, metafile, outputs } = await this.#build.run();
    const inputs = new Set([
      ...graph,
      ...moduleFormat(this.#sourceFile, this.#root).decidedBy,
      this.#sourceFile,
    ]);
    const faults = errors.filter(({ text }) => !notForNode.test(text));
    if (faults.length > 0) return { ok: false, inputs, errors: faults.map(buildMessage) };
    const [target, sourceFile] = [this.#target, this.#sourceFile];
    const missing = missingExport({ target, sourceFile, metafile, outputs, workingFolder: target.taskRoot });
    if (missing) return { ok: false, inputs, errors: [missing] };
    const runner = {
      kind: 'node',
      moduleFile: this.#sourceFile,
      exportPath: this.#target.exportPath,
    } as const;
    return { ok: true, inputs, fingerprint: undefined, publish: async () => runner };
  }

  dispose(): Promise<void> {
    return this.#build.dispose();
  }
}
