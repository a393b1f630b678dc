// Decides for each imported package whether it is bundled. A package stays in node_modules, where builds need not read it,
// only if Node.js can load it from there in the way the bundle asks for.
import { createRequire, isBuiltin } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild, ResolveResult } from 'esbuild';
import {
  findPackageFolder,
  formatOfPackaged,
  isNative,
  packageFolderOf,
  packageNameOf,
} from './package-folder.ts';

interface PackagePluginOptions {
  /**
   * `auto`: as above. `bundle`: everything except native packages. `watch`: only what is outside node_modules, to find what a
   * function that runs unbundled depends on.
   */
  readonly mode: 'auto' | 'bundle' | 'watch';
  readonly format: 'esm' | 'cjs';
  /** The folder that the output runs from, and from which Node.js looks for packages; it need not exist. */
  readonly outputFolder: string;
  /** The file with which Yarn Plug'n'Play replaces node_modules, if the project has one. */
  readonly pnpFile: string | undefined;
  /** Called for an import that nothing resolves and that is left to Node.js, with the importer's folder. */
  readonly onMissing: (specifier: string, folder: string) => void;
}

/** `pluginData` of requests to esbuild's own resolver that the plugin must ignore. */
export const unjudged = { isUnjudged: true };

/** Our modules that load one of Node.js's by `require`, so that esbuild treats it like a bundled one. */
const requiredNamespace = 'livectl-required';

/** How a package is loaded: bundled, by its name or a path, or always by `require`. */
type Verdict =
  | { readonly kind: 'bundled' }
  | { readonly kind: 'external'; readonly path: string }
  | { readonly kind: 'required'; readonly path: string };

const bundled: Verdict = { kind: 'bundled' };

/** esbuild's plugin; decisions apply to one build, since an installation may change them. */
export function packagePlugin(options: PackagePluginOptions): Plugin {
  return {
    name: 'livectl-packages',
    setup: (build) => {
      const policy = new PackagePolicy(options, build);
      build.onStart(() => policy.forget());
      build.onResolve({ filter: /^[^./\\]/ }, (args) => policy.resolve(args));
      build.onResolve({ filter: /./, namespace: requiredNamespace }, ({ path }) => ({
        path,
        external: true,
      }));
      build.onLoad({ filter: /./, namespace: requiredNamespace }, ({ path }) => ({
        contents: `${pnpSetup(options.pnpFile)}module.exports = require(${JSON.stringify(path)});`,
        loader: 'js',
      }));
    },
  };
}

/** What only `require` can load, beside CommonJS. */
const isForRequire = /\.(?:node|json)$/;

/** Without it, a Plug'n'Play package does not find its own dependencies. */
function pnpSetup(pnpFile: string | undefined): string {
  return pnpFile === undefined ? '' : `require(${JSON.stringify(pnpFile)}).setup();`;
}

class PackagePolicy {
  readonly #options: PackagePluginOptions;
  readonly #build: PluginBuild;
  readonly #results = new Map<string, Promise<OnResolveResult | undefined>>();
  readonly #native = new Map<string, boolean>();
  readonly #folders = new Map<string, string | undefined>();

  constructor(options: PackagePluginOptions, build: PluginBuild) {
    this.#options = options;
    this.#build = build;
  }

  forget(): void {
    this.#results.clear();
    this.#native.clear();
    this.#folders.clear();
  }

  async resolve(args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    const { kind, path, pluginData, resolveDir } = args;
    if (pluginData === unjudged || kind === 'entry-point' || isBuiltin(path) || isAbsolute(path))
      return undefined;
    const key = `${kind}\0${path}\0${resolveDir}`;
    const known = this.#results.get(key) ?? this.#decide(args);
    this.#results.set(key, known);
    return known;
  }

  async #decide(args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    const { importer, kind, namespace, path, resolveDir } = args;
    const { with: attributes } = args as { with?: Record<string, string> };
    const found = await this.#build.resolve(path, {
      importer,
      kind,
      namespace,
      resolveDir,
      pluginData: unjudged,
      ...(attributes && Object.keys(attributes).length > 0 && { with: attributes }),
    });
    if (found.errors.length > 0) {
      this.#options.onMissing(path, resolveDir);
      // esbuild reports it in its own words, except in a `try`.
      return this.#options.mode === 'bundle' ? undefined : { path, external: true };
    }
    if (found.external || found.namespace !== 'file') return resultOf(found);
    const verdict = this.#verdict(args, found.path);
    if (verdict.kind === 'bundled') return resultOf(found);
    if (verdict.kind === 'external') return { path: verdict.path, external: true };
    return { path: verdict.path, namespace: requiredNamespace };
  }

  #verdict(args: OnResolveArgs, file: string): Verdict {
    const { path } = args;
    const { mode, pnpFile } = this.#options;
    const folder = packageFolderOf(file);
    // Workspaces and packages from `file:` or `link:` are sources like any other.
    if (folder === undefined) return bundled;
    if (mode === 'watch') return { kind: 'external', path };
    if (pnpFile !== undefined) return this.#isNative(folder) ? { kind: 'required', path: file } : bundled;
    if (mode === 'bundle' && !this.#isNative(folder)) return bundled;
    return (
      this.#loadable(args, file, folder) ?? (this.#isNative(folder) ? { kind: 'external', path } : bundled)
    );
  }

  /** How Node.js loads the package from its folder; undefined if it cannot do so as the output requires. */
  #loadable({ kind, path, resolveDir }: OnResolveArgs, file: string, folder: string): Verdict | undefined {
    const { format } = this.#options;
    const byRequire = kind === 'require-call' || kind === 'require-resolve';
    const packaged = formatOfPackaged(file, folder);
    // TypeScript and style sheets need esbuild's loaders.
    if (packaged === undefined && !isForRequire.test(file)) return undefined;
    if (packaged === 'esm' && !byRequire && (format === 'esm' || kind === 'dynamic-import')) {
      return { kind: 'external', path: this.#placeOf(path, folder, pathToFileURL(file).href) };
    }
    // `require` may resolve to another file than `import`, or to none; an alias leads to another package.
    const found = resolveFrom(resolveDir, path);
    const required = found !== undefined && packageFolderOf(found) === folder ? found : file;
    if (found === undefined && packaged === 'esm') return undefined;
    if (!isForRequire.test(required) && formatOfPackaged(required, folder) !== 'cjs') return undefined;
    const place = found === required ? this.#placeOf(path, folder, required) : required;
    // For an `import` of CommonJS, Node.js guesses the names; a bundle knows them all.
    const needsNames = !byRequire && (format === 'esm' || kind === 'dynamic-import');
    return { kind: needsNames ? 'required' : 'external', path: place };
  }

  /** A package's name if Node.js finds the same package from the output, otherwise a path. */
  #placeOf(specifier: string, folder: string, place: string): string {
    const name = packageNameOf(specifier);
    const known = this.#folders.has(name)
      ? this.#folders.get(name)
      : findPackageFolder(this.#options.outputFolder, name);
    this.#folders.set(name, known);
    return known === folder ? specifier : place;
  }

  #isNative(folder: string): boolean {
    const known = this.#native.get(folder) ?? isNative(folder);
    this.#native.set(folder, known);
    return known;
  }
}

function resultOf({ external, namespace, path, sideEffects, suffix }: ResolveResult): OnResolveResult {
  return { external, namespace, path, sideEffects, suffix };
}

/** The file that `require` resolves to from a folder, with links resolved, or undefined. */
function resolveFrom(folder: string, specifier: string): string | undefined {
  try {
    const file = createRequire(join(folder, 'noop.js')).resolve(specifier);
    return isAbsolute(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
