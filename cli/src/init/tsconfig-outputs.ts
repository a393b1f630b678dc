// From what tsc has written back to its source: `outDir`, `rootDir` and `extends` of the tsconfig files in a project.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parse } from 'jsonc-parser';
import { isObject, texts } from './terraform-json.ts';

/** What counts of a tsconfig file with those that it extends; all paths are absolute. */
interface Options {
  readonly outDir?: string;
  readonly rootDir?: string;
  readonly composite?: boolean;
  /** Of `files` and `include`, each up to its first wildcard. */
  readonly files?: readonly string[];
  readonly include?: readonly string[];
}

interface Output {
  /** Relative to the project, with `/`; the project itself is empty. So is each of the others. */
  readonly folder: string;
  readonly outDir: string;
  /** Those that `outDir` may mirror, the likeliest first. */
  readonly sources: () => readonly string[];
}

/** Larger monorepos have about this many packages. */
const mostConfigs = 500;
/** Of one file, with those that they extend. Files may extend each other in a circle. */
const mostExtended = 30;
/** Of one built file. */
const mostOutputs = 10;
const mostInputs = 20;
const largestConfig = 1024 * 1024;

/** The tsconfig files of a project, read when they are first asked for. */
export class TsconfigOutputs {
  readonly #root: string;
  readonly #files: ReadonlySet<string>;
  readonly #read = new Map<string, Readonly<Record<string, unknown>> | undefined>();
  #outputs: readonly Output[] | undefined;

  /** `files` are those of the project, relative to `root`, with `/`. */
  constructor(root: string, files: ReadonlySet<string>) {
    this.#root = root;
    this.#files = files;
  }

  /** The sources that may have become `built`, without ending: `dist/orders` is `src/orders`. They need not exist. */
  sourcesOf(built: string): string[] {
    const of = this.#all().filter(({ outDir }) => isBelow(built, outDir));
    // A package's own folder says more than one that holds those of all packages.
    const nearest = of.sort((one, other) => other.outDir.length - one.outDir.length).slice(0, mostOutputs);
    const found = nearest.flatMap(({ outDir, sources }) =>
      sources().map((source) => joined(source, built.slice(outDir === '' ? 0 : outDir.length + 1))),
    );
    return [...new Set(found)].filter((each) => each !== built);
  }

  /** The same for a handler's path in a package whose folder is not known, if it is a tsconfig file's. */
  sourcesAnywhere(module: string): string[] {
    const built = new Set(this.#all().map(({ folder }) => joined(folder, module)));
    return [...new Set([...built].flatMap((each) => this.sourcesOf(each)))];
  }

  #all(): readonly Output[] {
    this.#outputs ??= [...this.#files]
      .filter((file) => /^tsconfig(?:\.[\w-]{1,60}){0,3}\.json$/.test(basename(file)))
      .slice(0, mostConfigs)
      .flatMap((file) => this.#outputOf(file));
    return this.#outputs;
  }

  #outputOf(file: string): Output[] {
    const absolute = join(this.#root, file);
    const folder = dirname(absolute);
    const { composite, files, include, outDir, rootDir } = this.#optionsOf(absolute, folder, {
      files: mostExtended,
    });
    const its = this.#inside(folder);
    const out = outDir === undefined ? undefined : this.#inside(outDir);
    if (its === undefined || out === undefined) return [];
    if (rootDir !== undefined || composite === true) {
      const source = this.#inside(rootDir ?? folder);
      return source === undefined ? [] : [{ folder: its, outDir: out, sources: () => [source] }];
    }
    const named = [...(files ?? []), ...(include ?? (files === undefined ? [folder] : []))].flatMap(
      (each) => {
        const inside = this.#inside(each);
        return inside === undefined ? [] : [inside];
      },
    );
    let found: readonly string[] | undefined;
    const sources = () => {
      // tsc 5 takes the nearest folder with every source, later ones that of the file.
      found ??= [this.#commonFolder(named, out, its) ?? its, its];
      return found;
    };
    return [{ folder: its, outDir: out, sources }];
  }

  /** Of the TypeScript files that are or are below one of these. */
  #commonFolder(named: readonly string[], outDir: string, folder: string): string | undefined {
    const wanted = named.slice(0, mostInputs);
    let common: string[] | undefined;
    for (const file of this.#files) {
      if (!/\.[cm]?tsx?$/.test(file) || /\.d\.[cm]?ts$/.test(file)) continue;
      if (outDir !== folder && isBelow(file, outDir)) continue;
      if (!wanted.some((each) => isBelow(file, each))) continue;
      const parts = file.split('/').slice(0, -1);
      if (common === undefined) common = parts;
      else {
        const before = common;
        const differs = before.findIndex((part, at) => part !== parts[at]);
        if (differs >= 0) common = before.slice(0, differs);
      }
    }
    return common?.join('/');
  }

  /** `${configDir}` is the folder of the first file. A file that cannot be read has no options. */
  #optionsOf(file: string, configDir: string, left: { files: number }): Options {
    const value = left.files-- > 0 ? this.#contentOf(file) : undefined;
    if (value === undefined) return {};
    const folder = dirname(file);
    const path = (text: string) =>
      /^\$\{configDir\}/i.test(text)
        ? join(configDir, text.slice(text.indexOf('}') + 1))
        : resolve(folder, text);
    const bases = typeof value.extends === 'string' ? [value.extends] : texts(value.extends).slice(0, 20);
    let before: Options = {};
    for (const base of bases) {
      const at = this.#extended(base, folder);
      if (at !== undefined) before = { ...before, ...this.#optionsOf(at, configDir, left) };
    }
    const { composite, outDir, rootDir } = isObject(value.compilerOptions) ? value.compilerOptions : {};
    const paths = (of: unknown) => texts(of).map((each) => path(withoutWildcards(each)));
    return {
      ...before,
      ...(typeof outDir === 'string' ? { outDir: path(outDir) } : {}),
      ...(typeof rootDir === 'string' ? { rootDir: path(rootDir) } : {}),
      ...(typeof composite === 'boolean' ? { composite } : {}),
      ...(Array.isArray(value.files) ? { files: paths(value.files) } : {}),
      ...(Array.isArray(value.include) ? { include: paths(value.include) } : {}),
    };
  }

  /** A file, or one of a package in the project's node_modules. */
  #extended(base: string, folder: string): string | undefined {
    if (base.length > 512) return undefined;
    const endings = (path: string) => [path, `${path}.json`, join(path, 'tsconfig.json')];
    if (/^\.{0,2}[/\\]/.test(base) || base === '.' || base === '..' || isAbsolute(base))
      return endings(resolve(folder, base)).find((each) => this.#isFile(each));
    for (let at = folder; this.#inside(at) !== undefined; at = dirname(at)) {
      const found = endings(join(at, 'node_modules', base)).find((each) => this.#isFile(each));
      if (found !== undefined) return found;
      if (dirname(at) === at) break;
    }
    return undefined;
  }

  #isFile(file: string): boolean {
    try {
      const found = statSync(file);
      return found.isFile() && found.size <= largestConfig && this.#isWithin(file);
    } catch {
      return false;
    }
  }

  /** Links lead to packages of the same workspace, but not out of the project. */
  #isWithin(file: string): boolean {
    const inside = relative(realpathSync(this.#root), realpathSync(file));
    return !inside.startsWith('..') && !isAbsolute(inside);
  }

  /** Many files extend the same one. */
  #contentOf(file: string): Readonly<Record<string, unknown>> | undefined {
    if (!this.#read.has(file)) this.#read.set(file, this.#isFile(file) ? parsed(file) : undefined);
    return this.#read.get(file);
  }

  /** Relative to the project, with `/`; undefined outside of it. */
  #inside(path: string): string | undefined {
    const inside = relative(this.#root, path);
    return inside.startsWith('..') || isAbsolute(inside) ? undefined : inside.split(sep).join('/');
  }
}

function parsed(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
    const value: unknown = parse(text, [], { allowTrailingComma: true });
    return isObject(value) ? value : undefined;
  } catch {
    // Nested too deep, or not to be read.
    return undefined;
  }
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

function joined(folder: string, path: string): string {
  return folder === '' ? path : `${folder}/${path}`;
}

/** The folder that a pattern of `include` begins with. */
function withoutWildcards(pattern: string): string {
  const parts = pattern.slice(0, 512).split('/');
  const at = parts.findIndex((part) => /[*?]/.test(part));
  return (at < 0 ? parts : parts.slice(0, at)).join('/') || '.';
}
