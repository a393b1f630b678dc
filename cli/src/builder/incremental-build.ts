// One incremental esbuild build: rebuilds quickly, and knows its inputs even if it fails.
import { dirname, resolve } from 'node:path';
import type {
  BuildContext,
  BuildFailure,
  BuildOptions,
  BuildResult,
  Message,
  Metafile,
  OutputFile,
} from 'esbuild';
import type { BuildMessage } from './build-event.ts';
import { type Esbuild, revive } from './find-esbuild.ts';
import { tsconfigFiles } from './tsconfig-files.ts';
import { placesFor } from './unresolved-imports.ts';

export interface IncrementalResult {
  /** Empty after a successful build. */
  readonly errors: readonly Message[];
  readonly warnings: readonly Message[];
  readonly outputs: readonly OutputFile[];
  /** Only after a successful build. */
  readonly metafile?: Metafile | undefined;
  /** Absolute: sources, tsconfig files, and places where a missing import would be found. */
  readonly inputs: ReadonlySet<string>;
  /** A tsconfig of the sources sets `emitDecoratorMetadata`. */
  readonly emitDecoratorMetadata: boolean;
}

/** Settings shared by all our builds; paths in messages and metafiles are relative to `absWorkingDir`. */
export type IncrementalOptions = BuildOptions & { readonly absWorkingDir: string };

export class IncrementalBuild {
  readonly #esbuild: Esbuild;
  readonly #options: IncrementalOptions;
  /** Folder below which new configuration files count. */
  readonly #root: string;
  #context: Promise<BuildContext> | undefined;
  /** The sources of the last successful build. */
  #sources: ReadonlySet<string> = new Set();

  constructor(esbuild: Esbuild, options: IncrementalOptions, root: string) {
    this.#esbuild = esbuild;
    this.#options = {
      ...options,
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      logLevel: 'silent',
    };
    this.#root = root;
  }

  /** Never rejects for errors in the sources. */
  async run(): Promise<IncrementalResult> {
    try {
      const { metafile, outputFiles, warnings } = await this.#rebuild();
      this.#sources = this.#absolute(Object.keys(metafile?.inputs ?? {}));
      const configured = this.#withConfiguration(this.#sources, externalImports(metafile), []);
      return { errors: [], warnings, metafile, outputs: outputFiles ?? [], ...configured };
    } catch (thrown) {
      if (!isFailure(thrown)) throw thrown;
      const sources = new Set([...this.#sources, ...(await this.#sourcesOfFailure())]);
      const configured = this.#withConfiguration(sources, [], thrown.errors);
      return { errors: thrown.errors, warnings: thrown.warnings, outputs: [], ...configured };
    }
  }

  async #rebuild(): Promise<BuildResult> {
    this.#context ??= this.#esbuild.context(this.#options);
    try {
      return await (await this.#context).rebuild();
    } catch (thrown) {
      if (isFailure(thrown)) throw thrown;
      // esbuild's process is gone: Ctrl-C in a terminal reaches it as well, as does the kernel's OOM killer.
      await this.dispose();
      await revive(this.#esbuild);
      this.#context = this.#esbuild.context(this.#options);
      return (await this.#context).rebuild();
    }
  }

  async dispose(): Promise<void> {
    const context = await this.#context?.catch(() => undefined);
    this.#context = undefined;
    await context?.dispose().catch(() => undefined);
  }

  #absolute(inputs: readonly string[]): Set<string> {
    // `<define:x>`, `(disabled):x` and data URLs are inputs without a file.
    const files = inputs.filter((input) => !/^(?:<|\(|data:|livectl-)/.test(input));
    return new Set(files.map((file) => resolve(this.#options.absWorkingDir, file)));
  }

  #withConfiguration(
    sources: ReadonlySet<string>,
    externals: readonly string[],
    errors: readonly Message[],
  ): Pick<IncrementalResult, 'inputs' | 'emitDecoratorMetadata'> {
    const inputs = new Set(sources);
    const own = [...sources].filter((file) => !/[\\/]node_modules[\\/]/.test(file));
    const folders = new Set(own.map((file) => dirname(file)));
    const tsconfig = tsconfigFiles(folders, this.#root, this.#options.tsconfig);
    for (const file of tsconfig.files) inputs.add(file);
    // An import that `paths` maps to a missing file counts as a package.
    const mapped = externals.flatMap((specifier) => tsconfig.targetsOf(specifier));
    for (const target of mapped) inputs.add(target).add(dirname(target));
    for (const { text, location } of errors) {
      const specifier = /^Could not resolve "(.+?)"/.exec(text)?.[1];
      if (specifier === undefined || !location) continue;
      for (const place of placesFor(specifier, resolve(this.#options.absWorkingDir, location.file)))
        inputs.add(place);
      for (const target of tsconfig.targetsOf(specifier)) inputs.add(target).add(dirname(target));
    }
    return { inputs, emitDecoratorMetadata: tsconfig.emitDecoratorMetadata };
  }

  /** A failed build reports no inputs: a second one collects the files it opens. */
  async #sourcesOfFailure(): Promise<Set<string>> {
    const opened = new Set<string>();
    const collector = {
      name: 'livectl-inputs',
      setup: (build: import('esbuild').PluginBuild) => {
        build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => {
          opened.add(path);
          return undefined;
        });
      },
    };
    const plugins = [collector, ...(this.#options.plugins ?? [])];
    await this.#esbuild.build({ ...this.#options, plugins }).catch(() => undefined);
    return opened;
  }
}

function externalImports(metafile: Metafile | undefined): string[] {
  const imports = Object.values(metafile?.inputs ?? {}).flatMap((input) => input.imports);
  return [...new Set(imports.filter(({ external }) => external).map(({ path }) => path))];
}

/** Whether esbuild reports on the sources, and not on itself. */
function isFailure(thrown: unknown): thrown is BuildFailure {
  return Array.isArray((thrown as Partial<BuildFailure> | undefined)?.errors);
}

/** esbuild's message in the session's form. */
export function buildMessage({ text, location }: Message): BuildMessage {
  if (!location) return { text };
  const { file, line, column, lineText } = location;
  return { text, file, line, column, lineText };
}
