// Finds the file with which Yarn Plug'n'Play replaces node_modules.
import { dirname, join } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';

/** The nearest `.pnp.cjs` in `folder` or above, as Node.js and esbuild search for it; undefined in other projects. */
export function findPnpFile(folder: string): string | undefined {
  for (let current = folder; ; current = dirname(current)) {
    const file = join(current, '.pnp.cjs');
    if (kindOf(file) === 'file') return file;
    if (dirname(current) === current) return undefined;
  }
}
