// A handler as Lambda reads it: which file it names, and what of that file.
import { isAbsolute } from 'node:path';
import { nodeMajor, pythonVersion } from '../manifest/runtimes.ts';

const nodeEndings = ['ts', 'mts', 'cts', 'tsx', 'mjs', 'js', 'cjs', 'jsx'];

/** What a handler names. */
export interface HandlerParts {
  /** Without its ending, with `/`. */
  readonly module: string;
  readonly exported: string;
  /** Of files that may be its source, the likeliest first. */
  readonly endings: readonly string[];
}

/** Undefined if it names no file below the package. */
export function handlerParts(handler: string, runtime: string): HandlerParts | undefined {
  if (handler.length > 512 || handler.split('/').includes('..') || isAbsolute(handler)) return undefined;
  const clean = handler.replace(/^\.\//, '');
  if (pythonVersion(runtime) !== undefined) {
    const at = clean.lastIndexOf('.');
    if (at < 1) return undefined;
    return {
      module: clean.slice(0, at).replaceAll('.', '/'),
      exported: clean.slice(at + 1),
      endings: ['py'],
    };
  }
  if (nodeMajor(runtime) === undefined) return undefined;
  // As Lambda reads it: the module's path, up to the first dot of the last part.
  const slash = clean.lastIndexOf('/') + 1;
  const dot = clean.indexOf('.', slash);
  if (dot <= slash || dot === clean.length - 1) return undefined;
  return { module: clean.slice(0, dot), exported: clean.slice(dot + 1), endings: nodeEndings };
}
