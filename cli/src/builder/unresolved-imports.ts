// Where a file would have to appear to resolve an import that was not found.
import { dirname, join, resolve } from 'node:path';

/**
 * Paths to watch after `specifier` in `importer` could not be resolved. The names in folders are watched instead of each
 * possible file, since extensions and index files make many; a package may appear in any node_modules above.
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
