// Finds where a source refers to another script by file: `new Worker(new URL('./thread.ts', import.meta.url))` and the like.
// esbuild leaves such names unchanged, but once built, neither Node.js nor Lambda has a script of that name.
import { dirname, extname, join, resolve } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';

/** One place in a source that refers to a script. */
export interface ThreadReference {
  readonly start: number;
  readonly end: number;
  /** The script's source, absolute; undefined for the script that contains the reference. */
  readonly file: string | undefined;
  /** Whether the reference is a URL or a path. */
  readonly form: 'url' | 'path';
}

/** What a source's references are resolved against. */
export interface ReferencePlaces {
  /** The source, absolute. */
  readonly source: string;
  /** The entry point whose bundle contains it, absolute. */
  readonly entryPoint: string;
  readonly taskRoot: string;
}

const here = String.raw`(?:__filename|import\.meta\.filename|import\.meta\.url|(?:url\.)?fileURLToPath\(\s*import\.meta\.url\s*\)|new\s+URL\(\s*import\.meta\.url\s*\))`;
const byUrl = /new\s+URL\(\s*(['"`])(\.{1,2}\/[^'"`$\n]+)\1\s*,\s*import\.meta\.url\s*\)/g;
const byFolder =
  /(?:\bpath\.)?\b(?:join|resolve)\(\s*(?:__dirname|import\.meta\.dirname)\s*,\s*(['"`])([^'"`$\n]+)\1\s*\)/g;
/** Relative to the working directory. */
const byName = /(\b(?:new\s+Worker|fork)\(\s*)(['"`])(\.{1,2}\/[^'"`$\n]+)\2/g;
const itself = new RegExp(String.raw`(\b(?:new\s+Worker|fork)\(\s*)(${here})(?=\s*[,)])`, 'g');

/** Whether a source may refer to another script at all; cheaper than resolving references. */
export function mayReferToThreads(text: string): boolean {
  return /\bnew\s+(?:URL|Worker)\s*\(|\bfork\s*\(|\b(?:join|resolve)\(\s*(?:__dirname|import\.meta\.dirname)/.test(
    text,
  );
}

/**
 * A source's references to scripts that must be built: TypeScript and JSX, including names with the extension that they have
 * once built. Others are left unchanged.
 */
export function threadReferences(text: string, places: ReferencePlaces): ThreadReference[] {
  const found: ThreadReference[] = [];
  // Relative to the source, or to the bundle, which is where its entry point is.
  const folders = [dirname(places.source), dirname(places.entryPoint)];
  const add = (
    start: number,
    length: number,
    name: string,
    from: readonly string[],
    form: 'url' | 'path',
  ) => {
    const file = from.map((folder) => scriptAt(resolve(folder, name))).find((one) => one !== undefined);
    if (file !== undefined) found.push({ start, end: start + length, file, form });
  };
  for (const match of text.matchAll(byUrl)) add(match.index, match[0].length, match[2] ?? '', folders, 'url');
  for (const match of text.matchAll(byFolder))
    add(match.index, match[0].length, match[2] ?? '', folders, 'path');
  for (const { 0: all, 1: before = '', 3: name = '', index } of text.matchAll(byName))
    add(index + before.length, all.length - before.length, name, [places.taskRoot], 'path');
  for (const { 0: all, 1: before = '', index } of text.matchAll(itself)) {
    const start = index + before.length;
    found.push({ start, end: index + all.length, file: undefined, form: 'path' });
  }
  return found.sort((one, other) => one.start - other.start);
}

/** The TypeScript or JSX file that a name stands for; undefined for anything else, or for a script that runs as it is. */
function scriptAt(place: string): string | undefined {
  const extension = extname(place);
  if (/^\.(?:[cm]?ts|[jt]sx)$/.test(extension)) return kindOf(place) === 'file' ? place : undefined;
  if (!/^(?:|\.[cm]?js)$/.test(extension) || kindOf(place) === 'file') return undefined;
  const stem = extension === '' ? place : place.slice(0, -extension.length);
  return ['.ts', '.mts', '.cts', '.tsx', '.jsx']
    .map((one) => stem + one)
    .find((file) => kindOf(file) === 'file');
}

/** The names in {@link threadBanner} that replace a reference. */
const urlOf = '__livectlUrlOf';
const pathOf = '__livectlPathOf';

/** The source with its references changed to the built scripts; `placeOf` returns a script's path relative to the output. */
export function withThreads(
  text: string,
  references: readonly ThreadReference[],
  placeOf: (file: string) => string,
): string {
  let result = '';
  let done = 0;
  for (const { start, end, file, form } of references) {
    if (start < done) continue;
    const place = JSON.stringify(file === undefined ? '' : placeOf(file));
    result += `${text.slice(done, start)}${form === 'url' ? urlOf : pathOf}(${place})`;
    done = end;
  }
  return result + text.slice(done);
}

/** The beginning of an output with references, on one line: how it finds its neighbours. */
export function threadBanner(format: 'esm' | 'cjs'): string {
  const own =
    format === 'esm'
      ? `import { fileURLToPath as __livectlToPath } from 'node:url';var __livectlUrl = import.meta.url;`
      : `var { fileURLToPath: __livectlToPath, pathToFileURL: __livectlToUrl } = require('node:url');var __livectlUrl = __livectlToUrl(__filename).href;`;
  return `${own}var ${urlOf} = (place) => new URL(place || __livectlUrl, __livectlUrl);var ${pathOf} = (place) => __livectlToPath(${urlOf}(place));`;
}

/** A source's absolute path without its extension, which identifies handlers and threads. */
export function stemOf(file: string): string {
  return join(dirname(file), file.slice(dirname(file).length + 1, file.length - extname(file).length));
}
