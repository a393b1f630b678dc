// Where a file would have to appear for an import that was not found to be found.
import { dirname, join, resolve } from 'node:path';

/**
 * Paths to watch after `specifier` in `importer` could not be resolved. A folder's names are watched rather than each
 * file that would do, since extensions and index files make many; a package may come to any node_modules above.
 */
export function placesFor(specifier: string, importer: string): string[] {
  const folder = dirname(importer);
  if (/^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..') {
    const target = resolve(folder, specifier);
    return [target, dirname(target)];
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const places: string[] = [];
  for (let current = folder; ; current = dirname(current)) {
    places.push(join(current, 'node_modules', name));
    if (dirname(current) === current) return places;
  }
}
