// From a handler to the source file in the project: Terraform names what was packed, which a build may have written.
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { nodeMajor } from '../manifest/runtimes.ts';
import type { FoundFunction } from './found-function.ts';
import { handlerParts } from './handler-parts.ts';
import { TsconfigOutputs } from './tsconfig-outputs.ts';

/** Where a function's source is, for livectl.json. */
export interface FoundSource {
  /** The handler that livectl runs, relative to `sourceDir`. */
  readonly handler: string;
  /** Relative to the project; `.` is the project itself. */
  readonly sourceDir: string;
  /** The source file, relative to the project. */
  readonly file: string;
  /** Whether the file has the handler's name in it. */
  readonly hasExport: boolean;
}

/** Why no source was found: a phrase. */
export interface NoSource {
  readonly why: string;
}

/** Folders that hold no sources, whatever they are called in. */
const foreign = new Set([
  'node_modules',
  '.git',
  '.terraform',
  '.livectl',
  '.venv',
  'venv',
  '__pycache__',
  'site-packages',
]);
/** Folders that builds write to: sources are sought elsewhere first. */
const outputs = new Set([
  'dist',
  'build',
  'builds',
  'out',
  'output',
  '.build',
  '.webpack',
  '.esbuild',
  '.aws-sam',
  'package',
  'target',
]);
const mostFiles = 20_000;
const deepestFolder = 12;
const largestSource = 1024 * 1024;

/** The files of a project that may be sources, found once. */
export class SourceFiles {
  /** Absolute. */
  readonly root: string;
  /** Relative to the root, with `/`. */
  readonly #files: ReadonlySet<string>;
  /** Those that no build has written, by their names without folders. */
  readonly #byName: ReadonlyMap<string, readonly string[]>;
  /** Folders with Terraform code, which paths of the configuration may be relative to; absolute, the root first. */
  readonly #bases: readonly string[];
  readonly #tsconfigs: TsconfigOutputs;

  /** `bases` are further folders that paths may be relative to. Throws the file system's error if the root cannot be read. */
  constructor(root: string, bases: readonly string[]) {
    this.root = resolve(root);
    const { files, terraform } = listed(this.root);
    this.#files = new Set(files);
    this.#byName = byName(files);
    this.#tsconfigs = new TsconfigOutputs(this.root, this.#files);
    this.#bases = [...new Set([this.root, ...bases, ...terraform])];
  }

  /** The Terraform files, absolute. */
  get terraformFiles(): string[] {
    return [...this.#files].filter((file) => file.endsWith('.tf')).map((file) => join(this.root, file));
  }

  find({ handler, name, runtime, sourceFolders }: FoundFunction): FoundSource | NoSource {
    const parts = handlerParts(handler, runtime);
    if (parts === undefined)
      return { why: `its handler ${JSON.stringify(handler.slice(0, 80))} names no file` };
    const { exported, module, endings } = parts;
    const folders = this.#foldersOf(sourceFolders);
    const isNode = nodeMajor(runtime) !== undefined;
    // What a tsconfig file says counts more than what folders are usually called.
    const ofTsc = (built: readonly string[]) =>
      built.flatMap((each) => {
        const file = isNode ? this.#existing('.', each, endings) : undefined;
        return file === undefined ? [] : [file];
      });
    const [compiled] = ofTsc(
      folders.flatMap((each) => this.#tsconfigs.sourcesOf(each === '.' ? module : `${each}/${module}`)),
    );
    if (compiled !== undefined) return this.#sourceOf(compiled, module, exported, runtime);
    // Not what a build has written, if there is a source beside it.
    for (const folder of [
      ...folders.filter((each) => !isOutput(each)),
      ...folders.flatMap(beforeBuild),
      ...folders,
    ]) {
      const file = this.#existing(folder, module, endings);
      if (file !== undefined) return this.#source(folder, file, module, exported, runtime);
    }
    const byPath = endings
      .flatMap((ending) => {
        const name = `${module}.${ending}`;
        return (this.#byName.get(basename(name)) ?? []).filter((file) => `/${file}`.endsWith(`/${name}`));
      })
      .filter((file) => !file.endsWith('.d.ts'));
    const anywhere = isNode && byPath.length === 0 ? ofTsc(this.#tsconfigs.sourcesAnywhere(module)) : [];
    const same = [
      ...new Set([
        ...byPath.map((file) => ofTsc(this.#tsconfigs.sourcesOf(withoutEnding(file)))[0] ?? file),
        ...anywhere,
      ]),
    ];
    const lowerName = name.toLowerCase();
    const named = same.filter((file) => file.toLowerCase().includes(lowerName));
    const [only, another] = named.length > 0 ? named : same;
    if (only !== undefined && another === undefined) return this.#sourceOf(only, module, exported, runtime);
    return {
      why:
        only === undefined
          ? `no ${module}.${endings.length > 1 ? `{${endings.join(',')}}` : endings[0]} was found below ${this.root}`
          : `several files may be its source: ${(named.length > 0 ? named : same).slice(0, 4).join(', ')}`,
    };
  }

  /** Relative to the root, of those that exist within it. */
  #foldersOf(written: readonly string[]): string[] {
    const found = written.flatMap((path) =>
      (isAbsolute(path) ? [path] : this.#bases.map((base) => resolve(base, path))).flatMap((absolute) => {
        const inside = relative(this.root, absolute);
        if (inside.startsWith('..') || isAbsolute(inside)) return [];
        return [inside.split(sep).join('/') || '.'];
      }),
    );
    return [...new Set(found)];
  }

  #existing(folder: string, module: string, endings: readonly string[]): string | undefined {
    const start = folder === '.' ? '' : `${folder}/`;
    for (const ending of endings) {
      const file = `${start}${module}.${ending}`;
      if (this.#files.has(file)) return file;
    }
    return undefined;
  }

  /** Of a file that may be in any folder. */
  #sourceOf(file: string, module: string, exported: string, runtime: string): FoundSource {
    const path = withoutEnding(file);
    const isBelow = `/${path}`.endsWith(`/${module}`);
    const folder = isBelow ? path.slice(0, -module.length).replace(/\/$/, '') || '.' : '.';
    return this.#source(folder, file, isBelow ? module : path, exported, runtime);
  }

  #source(folder: string, file: string, module: string, exported: string, runtime: string): FoundSource {
    const isTypeScript = /\.[cm]?tsx?$/.test(file);
    const text = textOf(join(this.root, file));
    const hasExport = text === undefined || text.includes(exported.split('.')[0] ?? exported);
    // Bundled code may import from anywhere in the project; other code finds its files relative to its package.
    if (isTypeScript && nodeMajor(runtime) !== undefined)
      return {
        handler: `${withoutEnding(file)}.${exported}`,
        sourceDir: '.',
        file,
        hasExport,
      };
    return { handler: `${module}.${exported}`, sourceDir: folder, file, hasExport };
  }
}

/** Other places in which the source of a built folder may be: `dist/orders` is `src/orders` or `orders`. */
function beforeBuild(folder: string): string[] {
  const parts = folder.split('/');
  const at = parts.findIndex((part) => outputs.has(part));
  if (at < 0) return [`${folder === '.' ? '' : `${folder}/`}src`];
  const around = (...middle: string[]) =>
    [...parts.slice(0, at), ...middle, ...parts.slice(at + 1)].join('/') || '.';
  return [around('src'), around(), around('lambda'), around('functions')];
}

function isOutput(folder: string): boolean {
  return folder.split('/').some((part) => outputs.has(part));
}

function byName(files: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of files) {
    if (isOutput(file)) continue;
    const name = basename(file);
    const same = found.get(name);
    if (same === undefined) found.set(name, [file]);
    else same.push(file);
  }
  return found;
}

function withoutEnding(file: string): string {
  return file.slice(0, file.lastIndexOf('.'));
}

function listed(root: string): { readonly files: string[]; readonly terraform: string[] } {
  const files: string[] = [];
  const terraform = new Set<string>();
  const visit = (folder: string, depth: number): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      if (depth === 0) throw error;
      return;
    }
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      if (files.length >= mostFiles) return;
      const path = join(folder, entry.name);
      // Links are not followed: they may lead out of the project, or in circles.
      if (entry.isDirectory()) {
        if (depth < deepestFolder && !foreign.has(entry.name)) visit(path, depth + 1);
      } else if (entry.isFile() && /\.(?:[cm]?[jt]sx?|py|tf|ya?ml|json)$/.test(entry.name)) {
        files.push(relative(root, path).split(sep).join('/'));
        if (entry.name.endsWith('.tf')) terraform.add(dirname(path));
      }
    }
  };
  visit(root, 0);
  return { files, terraform: [...terraform] };
}

function textOf(file: string): string | undefined {
  try {
    return statSync(file).size > largestSource ? undefined : readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
