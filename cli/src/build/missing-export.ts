// Whether a built handler's module exports what the handler names: a typo is told when it is saved, not when it is called.
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parse } from 'cjs-module-lexer';
import type { Metafile, OutputFile } from 'esbuild';
import { didYouMean } from '../manifest/did-you-mean.ts';
import { nodeMajor } from '../manifest/runtimes.ts';
import type { BuildMessage, BuildTarget } from './build-event.ts';

/** What esbuild writes at the end of a CommonJS output whose source is an ES module. */
const annotation = '0 && (module.exports = {';

export interface MissingExportOptions {
  readonly target: BuildTarget;
  readonly sourceFile: string;
  readonly metafile: Metafile | undefined;
  readonly outputs: readonly OutputFile[];
  /** What the metafile's paths are relative to. */
  readonly workingFolder: string;
}

/** The mistake to report; undefined where the export is there, or where only running the module can tell. */
export function missingExport(options: MissingExportOptions): BuildMessage | undefined {
  const { sourceFile, target } = options;
  const [wanted = ''] = target.exportPath.split('.');
  const names = exportsOf(options);
  // From nodejs24 on the handler may be a field of the default export, as may anything that CommonJS exports.
  const isInDefault = (nodeMajor(target.runtime) ?? 0) >= 24 && names?.includes('default');
  if (names === undefined || names.includes(wanted) || isInDefault) return undefined;
  const file = relative(target.taskRoot, sourceFile);
  const exported = names.length === 0 ? 'it exports nothing' : `it exports ${names.slice(0, 10).join(', ')}`;
  const meant = didYouMean(wanted, names) || `; ${exported}`;
  return {
    text: `there is no export ${JSON.stringify(wanted)}, which the handler ${target.handler} names${meant}`,
    file,
  };
}

/** Undefined where they can't be told for certain. */
function exportsOf(options: MissingExportOptions): readonly string[] | undefined {
  const { metafile, outputs, sourceFile, workingFolder } = options;
  const isSource = (path: string) => resolve(workingFolder, path) === sourceFile;
  const source = Object.entries(metafile?.inputs ?? {}).find(([path]) => isSource(path))?.[1];
  const [path, output] =
    Object.entries(metafile?.outputs ?? {}).find(
      ([, { entryPoint }]) => entryPoint && isSource(entryPoint),
    ) ?? [];
  if (source?.format === 'cjs') return exportsOfCommonJs(sourceFile);
  if (source?.format !== 'esm' || path === undefined || output === undefined) return undefined;
  const text = outputs.find((file) => file.path === resolve(workingFolder, path))?.text ?? '';
  // What another package exports isn't known here; these begin a line wherever they are.
  const passesOn = /^[ \t]*(?:export \* from|__reExport\()/m.test(text);
  if (passesOn) return undefined;
  if (output.exports.length > 0) return output.exports;
  const at = text.lastIndexOf(annotation);
  const end = text.indexOf('})', at);
  if (at < 0 || end < 0) return undefined;
  const names = text
    .slice(at + annotation.length, end)
    .split(',')
    .map((name) => name.trim());
  return names.filter((name) => name !== '');
}

/** Only of a module whose every use of `exports` is a plain assignment. */
function exportsOfCommonJs(sourceFile: string): readonly string[] | undefined {
  try {
    const text = readFileSync(sourceFile, 'utf8');
    const { exports, reexports } = parse(text);
    const uses = [...text.matchAll(/\bexports\b/g)];
    const isPlain = ({ index = 0 }: RegExpMatchArray) =>
      /^exports(?:\.[\w$]+)? = /.test(text.slice(index, index + 200));
    return reexports.length > 0 || exports.length === 0 || !uses.every(isPlain) ? undefined : exports;
  } catch {
    return undefined;
  }
}
