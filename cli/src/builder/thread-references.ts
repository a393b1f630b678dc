// Finds where a source names another script by its file: `new Worker(new URL('./thread.ts', import.meta.url))` and the like.
// esbuild leaves such a name as it is, and neither Node.js nor Lambda has the script under it once it is built.
import { dirname, extname, join, resolve } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';

/** One place in a source that names a script. */
export interface ThreadReference {
  readonly start: number;
  readonly end: number;
  /** The script's source, absolute; undefined for the script that holds the reference. */
  readonly file: string | undefined;
  /** Whether a URL stands there, or a path. */
  readonly form: 'url' | 'path';
}

/** Where the references of a source lead to. */
export interface ReferencePlaces {
  /** The source, absolute. */
  readonly source: string;
  /** The entry point it is bundled into, absolute. */
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

/** Whether a source may name another script at all: cheaper than to look where it leads. */
export function mayReferToThreads(text: string): boolean {
  return /\bnew\s+(?:URL|Worker)\s*\(|\bfork\s*\(|\b(?:join|resolve)\(\s*(?:__dirname|import\.meta\.dirname)/.test(
    text,
  );
}

/**
 * The references of a source to scripts that must be built to run: TypeScript and JSX, also where the name has the ending
 * that they have once they are built. Others stay as they are.
 */
export function threadReferences(text: string, places: ReferencePlaces): ThreadReference[] {
  const found: ThreadReference[] = [];
  // As in the source, or as in a bundle, all of which lies where its entry point is.
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

/** The TypeScript or JSX that a name stands for; undefined where it is something else, or a script that runs as it is. */
function scriptAt(place: string): string | undefined {
  const extension = extname(place);
  if (/^\.(?:[cm]?ts|[jt]sx)$/.test(extension)) return kindOf(place) === 'file' ? place : undefined;
  if (!/^(?:|\.[cm]?js)$/.test(extension) || kindOf(place) === 'file') return undefined;
  const stem = extension === '' ? place : place.slice(0, -extension.length);
  return ['.ts', '.mts', '.cts', '.tsx', '.jsx']
    .map((one) => stem + one)
    .find((file) => kindOf(file) === 'file');
}

/** The names of {@link threadBanner} by which a reference is replaced. */
const urlOf = '__livectlUrlOf';
const pathOf = '__livectlPathOf';

/** The source with its references turned to what is built; `placeOf` gives a script's path relative to the output. */
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

/** What an output with references begins with: how it finds its neighbours, on one line. */
export function threadBanner(format: 'esm' | 'cjs'): string {
  const own =
    format === 'esm'
      ? `import { fileURLToPath as __livectlToPath } from 'node:url';var __livectlUrl = import.meta.url;`
      : `var { fileURLToPath: __livectlToPath, pathToFileURL: __livectlToUrl } = require('node:url');var __livectlUrl = __livectlToUrl(__filename).href;`;
  return `${own}var ${urlOf} = (place) => new URL(place || __livectlUrl, __livectlUrl);var ${pathOf} = (place) => __livectlToPath(${urlOf}(place));`;
}

/** A source's absolute path without its extension: what handlers and threads are known by. */
export function stemOf(file: string): string {
  return join(dirname(file), file.slice(dirname(file).length + 1, file.length - extname(file).length));
}
