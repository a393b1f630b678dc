// The private folder for what livectl can fetch again: the layers of functions.
import { homedir } from 'node:os';
import { isAbsolute, join, relative, sep } from 'node:path';

/**
 * `$XDG_CACHE_HOME/livectl`, by default `~/.cache/livectl` (XDG Base Directory Specification), on Windows
 * `%LOCALAPPDATA%\livectl\cache`.
 */
function cacheFolder(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  // The specification requires relative paths to be ignored.
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'livectl');
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'livectl', 'cache');
  return join(homedir(), '.cache', 'livectl');
}

/** Where layers are kept. */
export function layersFolder(): string {
  return join(cacheFolder(), 'layers');
}

/** Whether a path is in a layer that was fetched, whose files never change. */
export function isFetchedLayer(path: string): boolean {
  const way = relative(layersFolder(), path);
  return way !== '' && !isAbsolute(way) && way.split(sep)[0] !== '..';
}
