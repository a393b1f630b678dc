// Bundles a function with esbuild: TypeScript and JSX by default, anything else when the manifest says so.
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildOptions, OutputFile } from 'esbuild';
import { nodeMajor } from '../manifest/runtimes.ts';
import type { BuildTarget } from './build-event.ts';
import type { Compilation, Compiler } from './compiler.ts';
import type { Esbuild } from './find-esbuild.ts';
import { buildMessage, IncrementalBuild, type IncrementalResult } from './incremental-build.ts';
import { packagesOfLayers } from './layer-compiler.ts';
import { moduleFormat } from './module-format.ts';
import type { FunctionOutput } from './output-folder.ts';

export interface BundleCompilerOptions {
  readonly target: BuildTarget;
  readonly sourceFile: string;
  readonly esbuild: Esbuild;
  readonly output: FunctionOutput;
  /** Folder below which new configuration files count. */
  readonly root: string;
  /** Major version of the Node that runs the bundle, where it is known. */
  readonly nodeMajor: number | undefined;
}

export class BundleCompiler implements Compiler {
  readonly #options: BundleCompilerOptions;
  #format: 'esm' | 'cjs' | undefined;
  #build: IncrementalBuild | undefined;
  /** Packages that layers brought when the build was set up. */
  #layerPackages: readonly string[] = [];
  /** The sources need an ES module although nothing says that they are one. */
  #needsEsm = false;

  constructor(options: BundleCompilerOptions) {
    this.#options = options;
  }

  async compile(): Promise<Compilation> {
    const { sourceFile, root, output, target } = this.#options;
    const { format, certain, decidedBy } = moduleFormat(sourceFile, root);
    let result = await this.#run(!certain && this.#needsEsm ? 'esm' : format);
    if (!certain && this.#format === 'cjs' && needsEsm(result)) {
      this.#needsEsm = true;
      result = await this.#run('esm');
    }
    const inputs = new Set([...result.inputs, ...decidedBy, sourceFile]);
    if (result.errors.length > 0) return { ok: false, inputs, errors: result.errors.map(buildMessage) };
    const { outputs } = result;
    return {
      ok: true,
      inputs,
      fingerprint: outputs.map(({ hash }) => hash).join(),
      publish: async (build) => {
        const folder = await output.folderOf(build);
        const files = await write(outputs, output.placeholder, folder);
        const moduleFile = files.find((file) => /\.[cm]js$/.test(file)) ?? sourceFile;
        return { kind: 'node', moduleFile, exportPath: target.exportPath };
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
    return this.#build.run();
  }

  #esbuildOptions(format: 'esm' | 'cjs'): BuildOptions & { absWorkingDir: string } {
    const { target, sourceFile, output } = this.#options;
    const { packages, external } = target.esbuild;
    const url = pathToFileURL(sourceFile).href;
    return {
      absWorkingDir: target.taskRoot,
      entryPoints: [{ in: sourceFile, out: placeInOutput(target.taskRoot, sourceFile) }],
      outdir: output.placeholder,
      outExtension: { '.js': format === 'esm' ? '.mjs' : '.cjs' },
      format,
      target: this.#syntaxTarget(),
      sourcemap: 'linked',
      sourcesContent: true,
      ...(packages === 'external' && { packages }),
      external: [...external, ...this.#layerPackages],
      loader: { '.node': 'copy' },
      // On Lambda a bundle lies where the handler is, with the files it reads beside it: so it does for this code.
      define: {
        'import.meta.url': JSON.stringify(url),
        'import.meta.filename': JSON.stringify(sourceFile),
        'import.meta.dirname': JSON.stringify(dirname(sourceFile)),
        __filename: JSON.stringify(sourceFile),
        __dirname: JSON.stringify(dirname(sourceFile)),
      },
      // Bundled CommonJS calls require. `var`, since sources may declare one of the same name.
      ...(format === 'esm' && {
        banner: {
          js: `import { createRequire as __livectlRequire } from 'node:module';var require = __livectlRequire(${JSON.stringify(url)});`,
        },
      }),
    };
  }

  /** Syntax that both the deployed runtime and the Node here understand. */
  #syntaxTarget(): string {
    const deployed = nodeMajor(this.#options.target.runtime) ?? 20;
    return `node${Math.min(deployed, this.#options.nodeMajor ?? deployed)}`;
  }
}

/** `src/hello` for `src/hello.ts`; only the name where the file lies outside the task root. */
function placeInOutput(taskRoot: string, sourceFile: string): string {
  const file = relative(taskRoot, sourceFile);
  const place = file.startsWith('..') ? basename(file) : file;
  return place.slice(0, -extname(place).length).split(sep).join('/');
}

/** Top-level await is an error in CommonJS; what `import.meta` holds beyond the defines would be empty. */
function needsEsm({ errors, warnings }: IncrementalResult): boolean {
  return (
    errors.some(({ text }) => text.startsWith('Top-level await')) ||
    warnings.some(({ id }) => id === 'empty-import-meta')
  );
}

/** Writes the outputs into a build's own folder; returns their paths. */
async function write(outputs: readonly OutputFile[], from: string, to: string): Promise<string[]> {
  return Promise.all(
    outputs.map(async ({ path, contents }) => {
      const file = join(to, relative(from, path));
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, contents, { mode: 0o600 });
      return file;
    }),
  );
}
