// Finds the tsconfig files that affect a bundle: esbuild reads them (paths, jsx, target) but does not list them.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { nearestUpwards } from './module-format.ts';

interface TsconfigFiles {
  /** All of them, including those they extend, and the places where a new one would apply. */
  readonly files: ReadonlySet<string>;
  /** Where an import would be looked up under `paths`: absolute, without extension; empty if no pattern matches. */
  readonly targetsOf: (specifier: string) => readonly string[];
  /** Whether one of them enables metadata for the types of decorated parameters. */
  readonly emitDecoratorMetadata: boolean;
}

interface Tsconfig {
  readonly extends?: string | readonly string[];
  readonly compilerOptions?: {
    readonly baseUrl?: string;
    readonly emitDecoratorMetadata?: boolean;
    readonly paths?: Readonly<Record<string, readonly string[]>>;
  };
}

/**
 * The tsconfig (or jsconfig) files of these source folders, which esbuild searches upwards from each source; or only the file
 * `only`, absolute, if the manifest names one.
 */
export function tsconfigFiles(
  sourceFolders: ReadonlySet<string>,
  root: string,
  only?: string | undefined,
): TsconfigFiles {
  const files = new Set<string>();
  const mappings: { readonly base: string; readonly paths: Readonly<Record<string, readonly string[]>> }[] =
    [];
  let asksForMetadata = false;
  const follow = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const config = read(file);
    const { baseUrl, emitDecoratorMetadata, paths } = config?.compilerOptions ?? {};
    if (emitDecoratorMetadata === true) asksForMetadata = true;
    if (paths) mappings.push({ base: resolve(dirname(file), baseUrl ?? '.'), paths });
    for (const base of [config?.extends ?? []].flat())
      for (const found of extended(base, file)) follow(found);
  };
  if (only !== undefined) follow(only);
  for (const folder of only === undefined ? sourceFolders : []) {
    const { found, candidates } = nearestUpwards(folder, ['tsconfig.json', 'jsconfig.json'], root);
    for (const candidate of candidates) if (candidate !== found) files.add(candidate);
    if (found !== undefined) follow(found);
  }
  return {
    files,
    emitDecoratorMetadata: asksForMetadata,
    targetsOf: (specifier) =>
      mappings.flatMap(({ base, paths }) =>
        Object.entries(paths).flatMap(([pattern, targets]) => {
          const star = matched(pattern, specifier);
          return star === undefined ? [] : targets.map((target) => resolve(base, target.replace('*', star)));
        }),
      ),
  };
}

/** Whether a tsconfig file, including those it extends, enables metadata for the types of decorated parameters. */
export function emitsDecoratorMetadata(file: string): boolean {
  const seen = new Set<string>();
  const valueIn = (place: string): boolean | undefined => {
    if (seen.has(place)) return undefined;
    seen.add(place);
    const config = read(place);
    const own = config?.compilerOptions?.emitDecoratorMetadata;
    if (own !== undefined) return own;
    // The last one wins.
    const bases = [config?.extends ?? []].flat().toReversed();
    for (const base of bases.flatMap((one) => extended(one, place))) {
      const value = valueIn(base);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  return valueIn(file) ?? false;
}

/** What `*` in the pattern stands for; an empty text if a pattern without `*` equals the specifier. */
function matched(pattern: string, specifier: string): string | undefined {
  const [before = '', after] = pattern.split('*');
  if (after === undefined) return pattern === specifier ? '' : undefined;
  if (specifier.length < before.length + after.length) return undefined;
  if (!specifier.startsWith(before) || !specifier.endsWith(after)) return undefined;
  return specifier.slice(before.length, specifier.length - after.length);
}

/** The file that `extends` names; for a relative one both possible spellings, as it may not exist yet. */
function extended(base: string, from: string): string[] {
  if (base.startsWith('.') || base.startsWith('/')) {
    const file = resolve(dirname(from), base);
    return file.endsWith('.json') ? [file] : [file, `${file}.json`];
  }
  const require = createRequire(from);
  for (const name of [base, `${base}.json`, join(base, 'tsconfig.json')]) {
    try {
      return [require.resolve(name)];
    } catch {
      // Spelled differently, or not installed.
    }
  }
  return [];
}

function read(file: string): Tsconfig | undefined {
  try {
    return JSON.parse(withoutComments(readFileSync(file, 'utf8'))) as Tsconfig;
  } catch {
    return undefined;
  }
}

/** tsconfig files are JSON with comments and trailing commas. Each character is read once. */
function withoutComments(text: string): string {
  const kept: string[] = [];
  /** Index of a comma that only comments and whitespace have followed so far. */
  let comma: number | undefined;
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < text.length; ) {
    const end = endOfToken(text, at);
    const token = text.slice(at, end);
    const isComment = token.startsWith('//') || token.startsWith('/*');
    if (token === ',') comma = kept.length;
    else if ((token === '}' || token === ']') && comma !== undefined) kept[comma] = '';
    if (token !== ',' && !isComment && token.trim() !== '') comma = undefined;
    kept.push(isComment ? ' ' : token);
    at = end;
  }
  return kept.join('');
}

/** The end of the string, the comment or the single character that begins at `at`. */
function endOfToken(text: string, at: number): number {
  const before = (end: number, length: number) => (end < 0 ? text.length : end + length);
  if (text.startsWith('//', at)) return before(text.indexOf('\n', at), 0);
  if (text.startsWith('/*', at)) return before(text.indexOf('*/', at + 2), 2);
  if (text[at] !== '"') return at + 1;
  for (let end = at + 1; end < text.length; end += 1) {
    if (text[end] === '\\') end += 1;
    else if (text[end] === '"') return end + 1;
  }
  return text.length;
}
