// What of a manifest can start a program, or have code loaded from elsewhere than the folder that is served.
import { createHash } from 'node:crypto';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { FunctionSettings } from './function-settings.ts';

/** One such setting of one function. */
export interface ProgramSetting {
  readonly functionName: string;
  /** As in livectl.json, e.g. `build`. */
  readonly field: string;
  /** JSON. */
  readonly value: unknown;
}

/** Settings of esbuild that choose among what it does with the project's own sources; any other may bring code in. */
const plainEsbuild = new Set([
  ...['bundle', 'packages', 'external', 'format', 'target', 'keepNames', 'conditions', 'mainFields'],
]);

/** They make code of files that are none. */
const codeLoaders = new Set(['js', 'jsx', 'ts', 'tsx', 'default']);

/**
 * `build`, `command` and `python` always; `source_dir`, `layer_dirs` and `handler` where they lead out of the folder
 * `root`; of `esbuild` all that can bring code in.
 */
export function programSettings(functions: readonly FunctionSettings[], root: string): ProgramSetting[] {
  return functions.flatMap((settings) => {
    const { name: functionName, build, command, python, sourceDir, layerDirs = [], handler } = settings;
    const taskRoot = resolve(root, sourceDir);
    const fields: Record<string, unknown> = {
      build,
      command,
      python,
      source_dir: isWithin(root, taskRoot) ? undefined : sourceDir,
      layer_dirs: layerDirs.every((folder) => isWithin(root, resolve(root, folder))) ? undefined : layerDirs,
      handler: isWithin(taskRoot, resolve(taskRoot, dirname(handler))) ? undefined : handler,
    };
    for (const [option, value] of Object.entries(settings.esbuild)) {
      if (plainEsbuild.has(option) || isEmpty(value) || isPlainLoader(option, value)) continue;
      fields[`esbuild.${option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`] = value;
    }
    return Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => ({ functionName, field, value }));
  });
}

/** The same for equal settings, and for no others. */
export function printOf({ functionName, field, value }: ProgramSetting): string {
  return createHash('sha256')
    .update(JSON.stringify([functionName, field, value]))
    .digest('hex');
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!isAbsolute(way) && way.split(/[\\/]/)[0] !== '..');
}

function isPlainLoader(option: string, value: unknown): boolean {
  if (option !== 'loader' || typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((loader) => !codeLoaders.has(String(loader)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
