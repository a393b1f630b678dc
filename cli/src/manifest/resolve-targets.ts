// Finds each function's files on the disk, as the build needs them.
import { readdirSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import type { BuildTarget, UnbuiltTarget, UnrunnableTarget } from '../build/build-event.ts';
import { findPnpFile } from '../build/pnp-file.ts';
import type { FunctionSettings } from './function-settings.ts';
import type { Manifest } from './load-manifest.ts';
import { jsonPath, type Mistake, mistakesError } from './mistakes.ts';
import { kindOf } from './path-kind.ts';
import { bringsItsOwnRuntime, pythonVersion, whyCommandIsNeeded } from './runtimes.ts';

/** Tried in this order: sources before what a compiler may have put beside them, then as Lambda does. */
const extensions = ['.ts', '.mts', '.cts', '.tsx', '', '.js', '.mjs', '.cjs', '.jsx'];

/** What there is to build, or why a function can't be run. */
export type Target = BuildTarget | UnbuiltTarget | UnrunnableTarget;

/**
 * The functions with their files; throws `LD_CONFIG` that names every function whose files aren't there. One whose
 * runtime needs a `command` stops the others only where there are none.
 */
export function resolveTargets(manifest: Manifest): Target[] {
  const mistakes: Mistake[] = [];
  const targets: Target[] = [];
  const unrunnable: Mistake[] = [];
  for (const settings of manifest.functions) {
    const resolved = resolveTarget(settings, manifest.root);
    if (!('path' in resolved)) {
      targets.push(resolved);
      continue;
    }
    const mistake = { ...resolved, path: `${jsonPath(['functions', settings.name])}.${resolved.path}` };
    if (resolved.stopsOthers === false) {
      unrunnable.push(mistake);
      const { name: functionName, runtime, handler, sourceDir } = settings;
      const taskRoot = resolve(manifest.root, sourceDir);
      targets.push({ functionName, runtime, handler, taskRoot, problem: `${mistake.path}: ${mistake.text}` });
    } else mistakes.push(mistake);
  }
  const nothingRuns = unrunnable.length === targets.length;
  if (mistakes.length > 0 || nothingRuns) throw mistakesError(manifest.file, [...mistakes, ...unrunnable]);
  return targets;
}

/** A mistake of one function; with `stopsOthers: false` that function alone is not served. */
type FunctionMistake = Mistake & { readonly stopsOthers?: false };

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
    const found = findFiles(settings, root, taskRoot);
    return 'path' in found ? found : { ...found, layers, watch };
  };
  if (!build) return afterBuild();
  return { functionName, runtime, handler, taskRoot, layers, watch, build, afterBuild };
}

function findFiles(
  settings: FunctionSettings,
  root: string,
  taskRoot: string,
): BuildTarget | FunctionMistake {
  const { name: functionName, runtime, handler, esbuild } = settings;
  const common = { functionName, runtime, handler, taskRoot };
  const asItIs = { ...esbuild, bundle: false };

  const command = settings.command ?? (bringsItsOwnRuntime(runtime) ? bootstrapIn(taskRoot) : undefined);
  if (command) return { ...common, sourceFile: undefined, exportPath: '', command, esbuild: asItIs };
  if (bringsItsOwnRuntime(runtime)) {
    return {
      path: 'command',
      text: `is required, as there is no program ${join(taskRoot, 'bootstrap')} for ${runtime}: put it there, have "build" make it, or name another one`,
    };
  }
  const needed = whyCommandIsNeeded(runtime);
  if (needed !== undefined) return { path: 'command', text: needed, stopsOthers: false };

  if (pythonVersion(runtime) !== undefined) {
    const text = pythonMistake(handler, taskRoot);
    if (text !== undefined) return { path: 'handler', text };
    const python = { setting: settings.python, root, taskRoot };
    return { ...common, sourceFile: undefined, exportPath: '', command: undefined, python, esbuild: asItIs };
  }

  // As Lambda does: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/UserFunction.js
  if (handler.includes('..'))
    return { path: 'handler', text: `${JSON.stringify(handler)} may not contain ..` };
  const [, moduleName, exportPath] = /^([^.]+)\.(.+)$/.exec(basename(handler)) ?? [];
  if (moduleName === undefined || exportPath === undefined) {
    return {
      path: 'handler',
      text: `${JSON.stringify(handler)} must be a file without its extension, a dot and an exported name, as in src/hello.handler`,
    };
  }
  const place = resolve(taskRoot, dirname(handler), moduleName);
  const sourceFile = extensions.map((extension) => place + extension).find((file) => kindOf(file) === 'file');
  if (sourceFile === undefined) {
    const tried = `${relative(root, place) || place}{${extensions.filter(Boolean).join(',')}}`;
    return {
      path: 'handler',
      text: `${JSON.stringify(handler)} names no file; looked for ${tried} in ${root}`,
    };
  }
  // Lambda runs plain JavaScript as it is; TypeScript and JSX it can't run, nor find the packages of Plug'n'Play.
  const isForLambda = isPlainJavaScript(sourceFile) && findPnpFile(dirname(sourceFile)) === undefined;
  const bundle = esbuild.bundle ?? !isForLambda;
  return { ...common, sourceFile, exportPath, command: undefined, esbuild: { ...esbuild, bundle } };
}

/** What is wrong with a Python handler, as far as the disk tells: it may also be that of an installed package. */
function pythonMistake(handler: string, taskRoot: string): string | undefined {
  const [, moduleName = ''] = /^(.+)\.[^.]+$/.exec(handler) ?? [];
  const steps = moduleName.split(/[/.]/);
  const [first = ''] = steps;
  if (steps.includes('')) {
    return `${JSON.stringify(handler)} must be a module, a dot and the name of a function, as in src/hello.handler`;
  }
  const place = join(taskRoot, ...steps);
  const isInFolder = moduleName.includes('/') || kindOf(join(taskRoot, first)) === 'folder';
  // A package is a folder, a compiled module has an ending of its own.
  if (!isInFolder || namesIn(dirname(place)).some((name) => name.split('.')[0] === steps.at(-1)))
    return undefined;
  return `${JSON.stringify(handler)} names no module; looked for ${place}.py`;
}

function namesIn(folder: string): string[] {
  return kindOf(folder) === 'folder' ? readdirSync(folder) : [];
}

/** Files that every Node runs: .js, .mjs and .cjs, and those without an extension. */
export function isPlainJavaScript(file: string): boolean {
  return /^(\.[cm]?js)?$/.test(extname(file));
}

/** The program that a function with a runtime of its own is started with. */
function bootstrapIn(taskRoot: string): readonly [string] | undefined {
  const file = join(taskRoot, 'bootstrap');
  return kindOf(file) === 'file' ? [file] : undefined;
}
