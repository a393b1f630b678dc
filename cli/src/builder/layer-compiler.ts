// Adds a function's layers to its inputs: a change in one of their folders starts a new worker.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeModulesOf } from '../manifest/layers.ts';
import type { BuildTarget } from './build-event.ts';
import type { Compilation, Compiler } from './contract.ts';
import { contentOf } from './file-state.ts';
import { listLayers, maximumSources } from './source-folder.ts';

export class LayerCompiler implements Compiler {
  readonly #layers: readonly string[];
  readonly #target: BuildTarget;
  readonly #compiler: Compiler;
  readonly #onNotice: (message: string) => void;

  constructor(
    target: BuildTarget,
    layers: readonly string[],
    compiler: Compiler,
    onNotice: (message: string) => void,
  ) {
    this.#target = target;
    this.#layers = layers;
    this.#compiler = compiler;
    this.#onNotice = onNotice;
  }

  async compile(changed?: readonly string[]): Promise<Compilation> {
    const compilation = await this.#compiler.compile(changed);
    const files = listLayers(this.#layers);
    if (files.size >= maximumSources) {
      this.#onNotice(
        `the layers of ${this.#target.functionName} hold more than ${maximumSources} files: changes in some are not seen`,
      );
    }
    const inputs = new Set([...compilation.inputs, ...files]);
    if (!compilation.ok) return { ...compilation, inputs };
    const { fingerprint } = compilation;
    return {
      ...compilation,
      inputs,
      fingerprint: fingerprint === undefined ? undefined : `${fingerprint} ${contentOf(files)}`,
    };
  }

  ownWrites(changed: readonly string[]): readonly string[] {
    return this.#compiler.ownWrites?.(changed) ?? [];
  }

  isOutput(path: string): boolean {
    return this.#compiler.isOutput?.(path) ?? false;
  }

  dispose(): Promise<void> {
    return this.#compiler.dispose();
  }
}

/** Packages that layers provide for Node.js, e.g. `axios` and `@scope/name`; they are not bundled. */
export function packagesOfLayers(layers: readonly string[], runtime: string): string[] {
  const folders = layers.flatMap((layer) => nodeModulesOf(layer, runtime));
  const packages = folders.flatMap((folder) =>
    namesIn(folder).flatMap((name) =>
      name.startsWith('@') ? namesIn(join(folder, name)).map((rest) => `${name}/${rest}`) : [name],
    ),
  );
  return [...new Set(packages)].filter((name) => !name.startsWith('.')).sort();
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
