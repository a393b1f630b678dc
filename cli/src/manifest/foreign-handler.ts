// Whether a handler is code that was not written as one: of an installed package, or of the language itself.
import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { FunctionSettings } from './function-settings.ts';
import { partsOf, scriptAt } from './node-handler.ts';
import { kindOf } from './path-kind.ts';
import { nodeMajor, pythonVersion } from './runtimes.ts';

/** Folders in which package managers install. */
const packageFolder = /^(node_modules|site-packages|dist-packages)$/i;

/** Extensions of Python's sources, and of compiled modules. */
const moduleEnding = /\.(py|pyc|so|pyd)$/;

/** Whether a part of a path is a folder in which package managers install. */
export function isInPackages(path: string): boolean {
  return path.split(/[\\/]/).some((part) => packageFolder.test(part));
}

/**
 * Whether the handler is not in a file of the function's own in `taskRoot` (absolute). Such code takes its caller's event
 * for what it is not: `cProfile.run` of Python runs it as a program, `cross-spawn.sync` as a command line.
 */
export function isForeignHandler(
  { handler, runtime }: Pick<FunctionSettings, 'handler' | 'runtime'>,
  taskRoot: string,
): boolean {
  if (isInPackages(dirname(handler))) return true;
  if (pythonVersion(runtime) !== undefined) return !isOwnModule(handler, taskRoot);
  if (nodeMajor(runtime) === undefined) return false;
  const { place } = partsOf(handler) ?? {};
  // Other paths are never looked up among packages; a file may still have to be built.
  if (place === undefined || (place.includes('/') && !place.startsWith('@'))) return false;
  return scriptAt(resolve(taskRoot, place)) === undefined;
}

/** Python finds anything that is not in a file here elsewhere. */
function isOwnModule(handler: string, taskRoot: string): boolean {
  const steps = handler.slice(0, Math.max(handler.lastIndexOf('.'), 0)).split(/[/.]/);
  const place = join(taskRoot, ...steps);
  if (kindOf(join(place, '__init__.py')) === 'file') return true;
  const folder = dirname(place);
  if (kindOf(folder) !== 'folder') return false;
  // Any module of the same name takes precedence over a folder without code.
  const stem = `${basename(place)}.`;
  return readdirSync(folder).some((name) => name.startsWith(stem) && moduleEnding.test(name));
}
