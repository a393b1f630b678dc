// The settings of a manifest that can start a program, or load code from outside the folder that is served.
import { createHash } from 'node:crypto';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { isForeignHandler, isInPackages } from './foreign-handler.ts';
import type { FunctionSettings } from './function-settings.ts';

/** One such setting of one function. */
export interface ProgramSetting {
  readonly functionName: string;
  /** The field in livectl.json, e.g. `build`. */
  readonly field: string;
  /** Encodable as JSON. */
  readonly value: unknown;
  /** For a program that runs in `source_dir`: that folder, relative to the root, since the same words do other things elsewhere. */
  readonly folder?: string | undefined;
}

const runInSourceDir = new Set(['build', 'command']);

/** Settings of esbuild that only affect how it treats the project's own sources; any other may bring in code. */
const plainEsbuild = new Set([
  ...['bundle', 'packages', 'external', 'format', 'target', 'keepNames', 'conditions', 'mainFields'],
]);

/** Loaders that treat files as code. */
const codeLoaders = new Set(['js', 'jsx', 'ts', 'tsx', 'default']);

/**
 * `build`, `command` and `python` always; `source_dir`, `layer_dirs` and `handler` if they lead out of the folder `root` or to
 * installed packages; `handler` also if it is not in one of the function's own files; of `esbuild` everything that can bring in
 * code.
 */
export function programSettings(functions: readonly FunctionSettings[], root: string): ProgramSetting[] {
  return functions.flatMap((settings) => {
    const { name: functionName, build, command, python, sourceDir, layerDirs = [], handler } = settings;
    const taskRoot = resolve(root, sourceDir);
    const fields: Record<string, unknown> = {
      build,
      command,
      python,
      source_dir: isOwn(root, taskRoot) ? undefined : sourceDir,
      layer_dirs: layerDirs.every((folder) => isOwn(root, resolve(root, folder))) ? undefined : layerDirs,
      handler:
        isWithin(taskRoot, resolve(taskRoot, dirname(handler))) &&
        (command !== undefined || !isForeignHandler(settings, taskRoot))
          ? undefined
          : handler,
    };
    for (const [option, value] of Object.entries(settings.esbuild)) {
      if (plainEsbuild.has(option) || isEmpty(value) || isPlainLoader(option, value)) continue;
      fields[`esbuild.${option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`] = value;
    }
    return Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => {
        if (!runInSourceDir.has(field)) return { functionName, field, value };
        return { functionName, field, value, folder: relative(root, taskRoot) || '.' };
      });
  });
}

/** A hash that is equal for equal settings, and for no others. */
export function fingerprintOf({ functionName, field, value, folder }: ProgramSetting): string {
  return createHash('sha256')
    .update(JSON.stringify([functionName, field, value, folder]))
    .digest('hex');
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!isAbsolute(way) && way.split(/[\\/]/)[0] !== '..');
}

/** Whether it is one of the project's own folders. */
function isOwn(root: string, path: string): boolean {
  return isWithin(root, path) && !isInPackages(relative(root, path));
}

function isPlainLoader(option: string, value: unknown): boolean {
  if (option !== 'loader' || typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((loader) => !codeLoaders.has(String(loader)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
