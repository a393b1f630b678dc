// Finds each function's files on disk, as the build needs them.
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import { jsonPath, type Mistake, mistakesError } from '../manifest/mistakes.ts';
import { nearFile } from '../manifest/near-file.ts';
import {
  findEntryPoints,
  findNodeHandler,
  isPlainJavaScript,
  meant,
  partsOf,
  scriptsOf,
} from '../manifest/node-handler.ts';
import { kindOf } from '../manifest/path-kind.ts';
import { bringsItsOwnRuntime, pythonVersion, whyCommandIsNeeded } from '../manifest/runtimes.ts';
import type { BuildTarget, UnbuiltTarget, UnrunnableTarget } from './build-event.ts';
import { findPnpFile } from './pnp-file.ts';

/** What to build, or why a function cannot run. */
export type Target = BuildTarget | UnbuiltTarget | UnrunnableTarget;

/**
 * The functions with their files. If files are missing, or a runtime needs a `command`, the other functions are still served.
 * If none remain, throws `LD_CONFIG` with what is missing for each function.
 */
export function resolveTargets(manifest: Manifest): Target[] {
  const { mistakes, targets } = resolveEach(manifest);
  if (targets.every((target) => 'problem' in target)) throw mistakesError(manifest.file, mistakes);
  return targets;
}

/** Throws `LD_CONFIG` that names what is missing of every function, where anything is. */
export function checkTargets(manifest: Manifest): void {
  const { mistakes } = resolveEach(manifest);
  if (mistakes.length > 0) throw mistakesError(manifest.file, mistakes);
}

function resolveEach(manifest: Manifest): { readonly targets: Target[]; readonly mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const targets = manifest.functions.map((settings) => {
    const own = manifest.broken?.get(settings.name);
    if (own !== undefined) {
      mistakes.push(...own);
      return neverRunnable(settings, manifest.root, own);
    }
    const resolved = resolveTarget(settings, manifest.root);
    if (!('path' in resolved)) return resolved;
    const path = `${jsonPath(['functions', settings.name])}.${resolved.path}`;
    mistakes.push({ path, text: resolved.text });
    return unrunnable(settings, manifest.root, resolved);
  });
  return { targets, mistakes };
}

/** Its settings are invalid: only another manifest changes that. */
function neverRunnable(
  settings: FunctionSettings,
  root: string,
  mistakes: readonly Mistake[],
): UnrunnableTarget {
  const { name: functionName, runtime, handler, layerDirs = [], sourceDir } = settings;
  const layers = layerDirs.map((folder) => resolve(root, folder));
  const problem = mistakes.map(({ path, text }) => `${path}: ${text}`).join('; ');
  return { functionName, runtime, handler, taskRoot: resolve(root, sourceDir), layers, problem };
}

function unrunnable(settings: FunctionSettings, root: string, mistake: FunctionMistake): UnrunnableTarget {
  const path = `${jsonPath(['functions', settings.name])}.${mistake.path}`;
  const common = neverRunnable(settings, root, [{ path, text: mistake.text }]);
  const { handler, layers = [], taskRoot } = common;
  if (mistake.mayCome === false) return common;
  const again = () => {
    const resolved = resolveTarget(settings, root);
    return 'path' in resolved ? unrunnable(settings, root, resolved) : resolved;
  };
  return { ...common, again, places: [...layers, ...placesOf(handler, taskRoot)] };
}

/** All paths whose appearance could make a function runnable. */
function placesOf(handler: string, taskRoot: string): string[] {
  const { place } = partsOf(handler) ?? {};
  const node = place === undefined ? [] : scriptsOf(resolve(taskRoot, place));
  const python = handler.split(/[/.]/).slice(0, -1);
  const modules = python.map((_, index) => join(taskRoot, ...python.slice(0, index + 1)));
  return [taskRoot, join(taskRoot, 'bootstrap'), ...node, ...modules, `${modules.at(-1) ?? taskRoot}.py`];
}

/** A mistake in one function; with `mayCome: false` it is in the manifest, and no new file changes that. */
type FunctionMistake = Mistake & { readonly mayCome?: false };

function resolveTarget(
  settings: FunctionSettings,
  root: string,
): BuildTarget | UnbuiltTarget | FunctionMistake {
  const taskRoot = resolve(root, settings.sourceDir);
  if (kindOf(taskRoot) !== 'folder') return { path: 'source_dir', text: `there is no folder ${taskRoot}` };
  const { name: functionName, runtime, handler, build, layerDirs = [], watch } = settings;
  const layers = layerDirs.map((folder) => resolve(root, folder));
  const missing = layers.findIndex((folder) => kindOf(folder) !== 'folder');
  if (missing >= 0) return { path: `layer_dirs[${missing}]`, text: `there is no folder ${layers[missing]}` };
  const afterBuild = () => {
    const found = findFiles(settings, root, taskRoot, layers);
    return 'path' in found ? found : { ...found, layers, watch };
  };
  if (!build) return afterBuild();
  return { functionName, runtime, handler, taskRoot, layers, watch, build, afterBuild };
}

function findFiles(
  settings: FunctionSettings,
  root: string,
  taskRoot: string,
  layers: readonly string[],
): BuildTarget | FunctionMistake {
  const { name: functionName, runtime, handler, esbuild } = settings;
  const common = { functionName, runtime, handler, taskRoot };
  const asItIs = { ...esbuild, bundle: false };

  const command = settings.command ?? (bringsItsOwnRuntime(runtime) ? bootstrapIn(taskRoot) : undefined);
  if (command) return { ...common, sourceFile: undefined, exportPath: '', command, esbuild: asItIs };
  if (bringsItsOwnRuntime(runtime)) {
    return {
      path: 'command',
      text: `is required, as there is no program ${join(taskRoot, 'bootstrap')} for ${runtime}: put it there, let "build" create it, or name another program`,
    };
  }
  const needed = whyCommandIsNeeded(runtime);
  if (needed !== undefined) return { path: 'command', text: needed, mayCome: false };

  if (pythonVersion(runtime) !== undefined) {
    const text = pythonMistake(handler, taskRoot);
    if (text !== undefined) return { path: 'handler', text };
    const python = { setting: settings.python, root, taskRoot };
    return { ...common, sourceFile: undefined, exportPath: '', command: undefined, python, esbuild: asItIs };
  }

  const found = findNodeHandler({ handler, runtime, root, taskRoot, layers });
  if ('path' in found) return found;
  const { exportPath, sourceFile } = found;
  // Lambda runs plain JavaScript as it is, but neither TypeScript nor JSX, and it does not find Plug'n'Play packages.
  const isForLambda = isPlainJavaScript(sourceFile) && findPnpFile(dirname(sourceFile)) === undefined;
  const bundle = esbuild.bundle ?? !isForLambda;
  const wrapping = esbuild.bundle === false ? {} : settings.environment;
  const entryPoints = findEntryPoints(esbuild.entryPoints ?? [], wrapping, taskRoot);
  if ('path' in entryPoints) return entryPoints;
  const node = { ...common, sourceFile, exportPath, command: undefined, esbuild: { ...esbuild, bundle } };
  return entryPoints.length === 0 ? node : { ...node, entryPoints };
}

/** What is wrong with a Python handler, judged by the disk alone: it may also belong to an installed package. */
function pythonMistake(handler: string, taskRoot: string): string | undefined {
  const [, moduleName = ''] = /^(.+)\.[^.]+$/.exec(handler) ?? [];
  const steps = moduleName.split(/[/.]/);
  const [first = ''] = steps;
  if (steps.includes('')) {
    return `${JSON.stringify(handler)} must be a module, a dot and the name of a function, as in src/hello.handler`;
  }
  const place = join(taskRoot, ...steps);
  const isInFolder = moduleName.includes('/') || kindOf(join(taskRoot, first)) === 'folder';
  // A package is a folder; a compiled module has another extension.
  if (!isInFolder || namesIn(dirname(place)).some((name) => name.split('.')[0] === steps.at(-1)))
    return undefined;
  const near = nearFile(taskRoot, steps.join('/'), ['.py']);
  const separator = moduleName.includes('/') ? '/' : '.';
  const right = `${near?.place.split('/').join(separator)}.${handler.slice(moduleName.length + 1)}`;
  const hint = near === undefined ? '' : meant(right, near.file);
  return `${JSON.stringify(handler)} names no module; looked for ${place}.py${hint}`;
}

function namesIn(folder: string): string[] {
  return kindOf(folder) === 'folder' ? readdirSync(folder) : [];
}

/** The program that starts a function with a custom runtime. */
function bootstrapIn(taskRoot: string): readonly [string] | undefined {
  const file = join(taskRoot, 'bootstrap');
  return kindOf(file) === 'file' ? [file] : undefined;
}
