// Whether a handler is code that nobody wrote to be one: of an installed package, or of the language itself.
import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { FunctionSettings } from './function-settings.ts';
import { partsOf, scriptAt } from './node-handler.ts';
import { kindOf } from './path-kind.ts';
import { nodeMajor, pythonVersion } from './runtimes.ts';

/** Where package managers install. */
const packageFolder = /^(node_modules|site-packages|dist-packages)$/i;

/** Of Python's sources, and of modules that were compiled. */
const moduleEnding = /\.(py|pyc|so|pyd)$/;

/** Whether a path has a part that package managers install in. */
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
  // Other paths are never looked for among packages; a file may still have to be built.
  if (place === undefined || (place.includes('/') && !place.startsWith('@'))) return false;
  return scriptAt(resolve(taskRoot, place)) === undefined;
}

/** What is not in a file here, Python takes from elsewhere. */
function isOwnModule(handler: string, taskRoot: string): boolean {
  const steps = handler.slice(0, Math.max(handler.lastIndexOf('.'), 0)).split(/[/.]/);
  const place = join(taskRoot, ...steps);
  if (kindOf(join(place, '__init__.py')) === 'file') return true;
  const folder = dirname(place);
  if (kindOf(folder) !== 'folder') return false;
  // A folder without code gives way to any module of that name.
  const stem = `${basename(place)}.`;
  return readdirSync(folder).some((name) => name.startsWith(stem) && moduleEnding.test(name));
}
