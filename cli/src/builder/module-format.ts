// Decides, as Node does, whether a source file is an ES module or CommonJS.
import { readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';

interface ModuleFormat {
  readonly format: 'esm' | 'cjs';
  /** False if nothing declares the format: then CommonJS, unless the sources need an ES module. */
  readonly certain: boolean;
  /** The package.json that decided, and the places nearer to the file where another one would. */
  readonly decidedBy: readonly string[];
}

/** The format of `file`; https://nodejs.org/api/packages.html#determining-module-system */
export function moduleFormat(file: string, root: string): ModuleFormat {
  const extension = extname(file);
  if (extension === '.mts' || extension === '.mjs') return { format: 'esm', certain: true, decidedBy: [] };
  if (extension === '.cts' || extension === '.cjs') return { format: 'cjs', certain: true, decidedBy: [] };
  const { found, candidates } = nearestUpwards(dirname(file), ['package.json'], root);
  const type = found === undefined ? undefined : typeOf(found);
  return {
    format: type === 'module' ? 'esm' : 'cjs',
    certain: type === 'module' || type === 'commonjs',
    decidedBy: candidates,
  };
}

function typeOf(packageFile: string): unknown {
  try {
    return (JSON.parse(readFileSync(packageFile, 'utf8')) as { type?: unknown }).type;
  } catch {
    return undefined;
  }
}

/**
 * The first existing file with one of these names in `folder` or above. `candidates` are that file and, at and below `root`,
 * the places searched before it: a file created there changes the result.
 */
export function nearestUpwards(
  folder: string,
  names: readonly string[],
  root: string,
): { readonly found: string | undefined; readonly candidates: readonly string[] } {
  const candidates: string[] = [];
  for (let current = folder; ; current = dirname(current)) {
    for (const name of names) {
      const file = join(current, name);
      if (kindOf(file) === 'file') return { found: file, candidates: [...candidates, file] };
      if (!relative(root, current).startsWith('..')) candidates.push(file);
    }
    if (dirname(current) === current) return { found: undefined, candidates };
  }
}
