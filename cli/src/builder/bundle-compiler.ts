// Bundles a function with esbuild: TypeScript and JSX by default, other sources if the manifest says so.
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, posix, relative, resolve, sep } from 'node:path';
import type { OutputFile, Plugin } from 'esbuild';
import type { BuildTarget } from './build-event.ts';
import { bundleOptions } from './bundle-options.ts';
import type { Compilation, Compiler } from './contract.ts';
import { decoratorPlugin } from './decorator-plugin.ts';
import { explained } from './explain-build-error.ts';
import type { Esbuild } from './find-esbuild.ts';
import { IncrementalBuild, type IncrementalOptions, type IncrementalResult } from './incremental-build.ts';
import { packagesOfLayers } from './layer-compiler.ts';
import { missingExport } from './missing-export.ts';
import { moduleFormat } from './module-format.ts';
import type { FunctionOutput } from './output-folder.ts';
import { packagePlugin } from './package-plugin.ts';
import { findPnpFile } from './pnp-file.ts';
import { stemOf, threadBanner } from './thread-references.ts';
import { Threads } from './threads.ts';
import { placesFor } from './unresolved-imports.ts';

interface BundleCompilerOptions {
  readonly target: BuildTarget;
  readonly sourceFile: string;
  readonly esbuild: Esbuild;
  readonly output: FunctionOutput;
  /** Folder below which new configuration files count. */
  readonly root: string;
  /** Major version of the Node that runs the bundle, if known. */
  readonly nodeMajor: number | undefined;
  /** Reports a message; repeats are suppressed. */
  readonly onNotice: (message: string) => void;
  /** A script beside the handler: its format follows from its file and package.json, since others refer to it by extension. */
  readonly isBeside?: boolean;
}

export class BundleCompiler implements Compiler {
  readonly #options: BundleCompilerOptions;
  #format: 'esm' | 'cjs' | undefined;
  #build: IncrementalBuild | undefined;
  /** Packages that layers provided when the build was set up. */
  #layerPackages: readonly string[] = [];
  /** Where missing imported packages would be. */
  readonly #missing = new Set<string>();
  /** The sources need an ES module although nothing declares them as one. */
  #needsEsm = false;
  /** A tsconfig asks for metadata, which esbuild does not write. */
  #needsMetadata = false;

  readonly #threads: Threads;

  constructor(options: BundleCompilerOptions) {
    this.#options = options;
    const { sourceFile, target } = options;
    const own = placeInOutput(target.taskRoot, sourceFile);
    this.#threads = new Threads({ entryPoint: sourceFile, taskRoot: target.taskRoot }, (file) => {
      const place = posix.relative(posix.dirname(own), placeInOutput(target.taskRoot, file));
      return `./${place}${outputExtension(formatBeside(target, file, options.root))}`;
    });
  }

  /** Scripts that the sources of the last build start by file name. */
  get threads(): readonly string[] {
    return this.#threads.files;
  }

  async compile(): Promise<Compilation> {
    const { sourceFile, root, output, target } = this.#options;
    const { format: found, certain: isFound, decidedBy } = moduleFormat(sourceFile, root);
    const format = target.esbuild.format ?? found;
    const certain = target.esbuild.format !== undefined || isFound || this.#options.isBeside;
    let result = await this.#run(!certain && this.#needsEsm ? 'esm' : format);
    if (!certain && this.#format === 'cjs' && needsEsm(result)) {
      this.#needsEsm = true;
      result = await this.#run('esm');
    }
    if (result.emitDecoratorMetadata && !this.#needsMetadata) {
      this.#needsMetadata = true;
      await this.dispose();
      result = await this.#run(this.#format ?? format);
    }
    if (result.errors.length === 0 && this.#threads.look(result.inputs)) {
      await this.dispose();
      result = await this.#run(this.#format ?? format);
    }
    const inputs = new Set([...result.inputs, ...this.#missing, ...decidedBy, sourceFile]);
    if (result.errors.length > 0) return { ok: false, inputs, errors: result.errors.map(explained) };
    const { metafile, outputs } = result;
    const workingFolder = target.taskRoot;
    const missing = this.#options.isBeside
      ? undefined
      : missingExport({ target, sourceFile, metafile, outputs, workingFolder });
    if (missing) return { ok: false, inputs, errors: [missing] };
    return {
      ok: true,
      inputs,
      fingerprint: outputs.map(({ hash }) => hash).join(),
      publish: async (build) => {
        const folder = await output.folderOf(build);
        await write(outputs, output.placeholder, folder);
        const place = placeInOutput(target.taskRoot, sourceFile);
        const moduleFile = join(folder, place + outputExtension(this.#format ?? format));
        const built = { [stemOf(sourceFile)]: moduleFile };
        return { kind: 'node', moduleFile, exportPath: target.exportPath, built };
      },
    };
  }

  async dispose(): Promise<void> {
    await this.#build?.dispose();
    this.#build = undefined;
  }

  async #run(format: 'esm' | 'cjs'): Promise<IncrementalResult> {
    const { esbuild, root, target } = this.#options;
    const layerPackages = packagesOfLayers(target.layers ?? [], target.runtime);
    if (this.#format !== format || layerPackages.join() !== this.#layerPackages.join()) {
      await this.dispose();
      this.#format = format;
      this.#layerPackages = layerPackages;
    }
    this.#build ??= new IncrementalBuild(esbuild, this.#esbuildOptions(format), root);
    this.#missing.clear();
    return this.#build.run();
  }

  #esbuildOptions(format: 'esm' | 'cjs'): IncrementalOptions {
    const { nodeMajor, output, sourceFile, target } = this.#options;
    const outputFolder = dirname(join(output.placeholder, placeInOutput(target.taskRoot, sourceFile)));
    const external = [...target.esbuild.external, ...this.#layerPackages];
    const options = bundleOptions({ target, sourceFile, format, nodeMajor, external });
    const banner = this.#threads.isUsed ? `${threadBanner(format)}${options.banner?.js ?? ''}` : undefined;
    return {
      ...options,
      ...(banner !== undefined && { banner: { js: banner } }),
      entryPoints: [{ in: sourceFile, out: placeInOutput(target.taskRoot, sourceFile) }],
      outdir: output.placeholder,
      plugins: this.#plugins(format, outputFolder),
    };
  }

  #plugins(format: 'esm' | 'cjs', outputFolder: string): Plugin[] {
    const { onNotice, root, target } = this.#options;
    const { packages, tsconfig } = target.esbuild;
    const only = tsconfig === undefined ? undefined : resolve(target.taskRoot, tsconfig);
    const { prepare } = this.#threads;
    const sources = [
      ...(this.#needsMetadata ? [decoratorPlugin({ tsconfig: only, root, onNotice, prepare })] : []),
      ...(this.#threads.isUsed ? [this.#threads.plugin()] : []),
    ];
    if (packages === 'external') return sources;
    const pnpFile = findPnpFile(dirname(this.#options.sourceFile));
    const onMissing = (specifier: string, folder: string) => {
      for (const place of placesFor(specifier, join(folder, 'importer'))) this.#missing.add(place);
    };
    return [...sources, packagePlugin({ mode: packages, format, outputFolder, pnpFile, onMissing })];
  }
}

/** `src/hello` for `src/hello.ts`; only the base name if the file is outside the task root. */
function placeInOutput(taskRoot: string, sourceFile: string): string {
  const file = relative(taskRoot, sourceFile);
  const place = file.startsWith('..') ? basename(file) : file;
  return place.slice(0, -extname(place).length).split(sep).join('/');
}

function outputExtension(format: 'esm' | 'cjs'): string {
  return format === 'esm' ? '.mjs' : '.cjs';
}

function formatBeside({ esbuild }: BuildTarget, file: string, root: string): 'esm' | 'cjs' {
  return esbuild.format ?? moduleFormat(file, root).format;
}

/** Top-level await is an error in CommonJS; anything in `import.meta` beyond the defines would be empty. */
function needsEsm({ errors, warnings }: IncrementalResult): boolean {
  return (
    errors.some(({ text }) => text.startsWith('Top-level await')) ||
    warnings.some(({ id }) => id === 'empty-import-meta')
  );
}

/** Writes the outputs into a build's own folder. */
async function write(outputs: readonly OutputFile[], from: string, to: string): Promise<void> {
  await Promise.all(
    outputs.map(async ({ path, contents }) => {
      const file = join(to, relative(from, path));
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, contents, { mode: 0o600 });
    }),
  );
}
