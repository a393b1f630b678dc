// Checks that a built handler's module has the export that the handler names: a typo is reported on save, not on invocation.
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parse } from 'cjs-module-lexer';
import type { Metafile, OutputFile } from 'esbuild';
import { didYouMean } from '../manifest/did-you-mean.ts';
import { nodeMajor } from '../manifest/runtimes.ts';
import type { BuildMessage, BuildTarget } from './build-event.ts';

/** What esbuild writes at the end of a CommonJS output whose source is an ES module. */
const annotation = '0 && (module.exports = {';

interface MissingExportOptions {
  readonly target: BuildTarget;
  readonly sourceFile: string;
  readonly metafile: Metafile | undefined;
  readonly outputs: readonly OutputFile[];
  /** What the metafile's paths are relative to. */
  readonly workingFolder: string;
}

/** The error to report; undefined if the export exists, or if only running the module can tell. */
export function missingExport(options: MissingExportOptions): BuildMessage | undefined {
  const { sourceFile, target } = options;
  const [wanted = ''] = target.exportPath.split('.');
  const { names, areAll = false } = exportsOf(options, wanted) ?? {};
  // From nodejs24 on, the handler may be a field of the default export, which contains everything that CommonJS exports.
  const isInDefault = (nodeMajor(target.runtime) ?? 0) >= 24 && names?.includes('default');
  if (names === undefined || names.includes(wanted) || isInDefault) return undefined;
  const file = relative(target.taskRoot, sourceFile);
  const exported = names.length === 0 ? 'it exports nothing' : `it exports ${names.slice(0, 10).join(', ')}`;
  const meant = didYouMean(wanted, names) || (areAll ? `; ${exported}` : '');
  return {
    text: `there is no export ${JSON.stringify(wanted)}, which the handler ${target.handler} names${meant}`,
    file,
  };
}

interface Exports {
  readonly names: readonly string[];
  /** False if there are more exports; the wanted one is not among them. */
  readonly areAll: boolean;
}

/** Undefined if the exports are not certain. */
function exportsOf(options: MissingExportOptions, wanted: string): Exports | undefined {
  const { metafile, outputs, sourceFile, workingFolder } = options;
  const isSource = (path: string) => resolve(workingFolder, path) === sourceFile;
  const source = Object.entries(metafile?.inputs ?? {}).find(([path]) => isSource(path))?.[1];
  const [path, output] =
    Object.entries(metafile?.outputs ?? {}).find(
      ([, { entryPoint }]) => entryPoint && isSource(entryPoint),
    ) ?? [];
  if (source?.format === 'cjs') return exportsOfCommonJs(sourceFile, wanted);
  if (source?.format !== 'esm' || path === undefined || output === undefined) return undefined;
  const text = outputs.find((file) => file.path === resolve(workingFolder, path))?.text ?? '';
  // What another package exports is unknown here; these patterns begin a line wherever they occur.
  const passesOn = /^[ \t]*(?:export \* from|__reExport\()/m.test(text);
  if (passesOn || assignsExports(sourceFile)) return undefined;
  if (output.exports.length > 0) return { names: output.exports, areAll: true };
  const at = text.lastIndexOf(annotation);
  const end = text.indexOf('})', at);
  if (at < 0 || end < 0) return undefined;
  const names = text
    .slice(at + annotation.length, end)
    .split(',')
    .map((name) => name.trim());
  return { names: names.filter((name) => name !== ''), areAll: true };
}

/** TypeScript that mixes `export` with `module.exports`: assigned names are exported as well. */
function assignsExports(sourceFile: string): boolean {
  try {
    return /\bexports\b/.test(readFileSync(sourceFile, 'utf8'));
  } catch {
    return true;
  }
}

/**
 * Only for a module that uses `exports` only to assign one name or an object literal, and does not pass `module` on. Of a
 * literal the lexer knows only the first names, so a wanted name that occurs anywhere may be in it.
 */
function exportsOfCommonJs(sourceFile: string, wanted: string): Exports | undefined {
  try {
    const text = readFileSync(sourceFile, 'utf8');
    const { exports, reexports } = parse(text);
    if (reexports.length > 0 || exports.length === 0) return undefined;
    if (/\bmodule\b(?!\.exports\b)/.test(text) || isWord(wanted, text, String.raw`\bthis\.`))
      return undefined;
    const uses = [...text.matchAll(/\bexports\b/g)].map(({ index }) => text.slice(index, index + 200));
    const isPlain = (use: string) => /^exports(?:\.[\w$]+ = | = \{)/.test(use);
    if (!uses.every(isPlain)) return undefined;
    const areAll = !uses.some((use) => use.startsWith('exports = {'));
    // `...` is a spread; `]` is a computed name.
    const mayHaveMore = !areAll && (isWord(wanted, text) || /\.\.\.|\]\s*[:(]/.test(text));
    return mayHaveMore ? undefined : { names: exports, areAll };
  } catch {
    return undefined;
  }
}

/** Whether `text` contains this name as a whole word, preceded by what the pattern `before` matches. */
function isWord(name: string, text: string, before = ''): boolean {
  return new RegExp(`${before}(?<![\\w$])${name.replaceAll(/[^\w]/g, '\\$&')}(?![\\w$])`).test(text);
}
