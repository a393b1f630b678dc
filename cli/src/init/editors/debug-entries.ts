// What both editors are told: the functions that a debugger can attach to, their ports, and the command that serves them.
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { FunctionSettings } from '../../manifest/function-settings.ts';
import type { DebugKind } from '../../worker/debug/debug-port.ts';
import { debuggedFunctions } from '../../worker/debug/debugged-functions.ts';
import { defaultDebugPort } from '../../worker/debug/default-debug-port.ts';

/** A debugger's configuration for one function. */
export interface DebugEntry {
  readonly functionName: string;
  readonly kind: DebugKind;
  /** On 127.0.0.1. */
  readonly port: number;
}

/** What an editor's files are made from. */
export interface EditorProject {
  /** The folder that the editor opens, absolute. */
  readonly folder: string;
  /** From that folder to the one of `livectl.json`, with slashes; empty if they are the same. */
  readonly path: string;
  readonly entries: readonly DebugEntry[];
  /** The command that starts serving, as words. */
  readonly command: readonly [string, ...string[]];
}

/** Begins the name of everything that livectl writes for an editor, and marks it as livectl's. */
export const entryPrefix = 'livectl: ';

/** The names of the entries that are not for one function. */
export const serveName = `${entryPrefix}serve`;

/** Starts serving, and attaches to all functions. */
export const everythingName = `${entryPrefix}all functions`;

/** The entries of the named functions, with the ports that `serve --inspect` gives them; `names` empty: of all functions. */
export function debugEntries(
  functions: readonly FunctionSettings[],
  names: readonly string[],
): readonly DebugEntry[] {
  return debuggedFunctions(functions)
    .map(({ functionName, kind, offset }) => ({ functionName, kind, port: defaultDebugPort + offset }))
    .filter(({ functionName }) => names.length === 0 || names.includes(functionName));
}

/**
 * The folder that an editor opens: the nearest one with the editor's own folder, from the project upwards and not above its
 * repository, or else the project's.
 */
export function editorFolder(root: string, marker: string): string {
  for (const folder of foldersUpTo(root)) if (existsSync(join(folder, marker))) return folder;
  return resolve(root);
}

/** See `EditorProject.path`. */
export function pathBelow(folder: string, root: string): string {
  return relative(folder, resolve(root)).split(sep).join('/');
}

/** An installed livectl is run through npx, which finds it from any folder of the project; else the one on the PATH. */
export function serveCommand(root: string): readonly [string, ...string[]] {
  const args = ['serve', '--local', '--inspect'];
  const isInstalled = foldersUpTo(root).some((folder) =>
    existsSync(join(folder, 'node_modules', 'livectl', 'package.json')),
  );
  return isInstalled ? ['npx', '--no-install', 'livectl', ...args] : ['livectl', ...args];
}

/** The project's folder and those above it, up to the root of its git repository; without one, only its own. */
function foldersUpTo(root: string): string[] {
  const folders: string[] = [];
  for (let folder = resolve(root); ; folder = dirname(folder)) {
    folders.push(folder);
    if (existsSync(join(folder, '.git'))) return folders;
    if (dirname(folder) === folder) return folders.slice(0, 1);
  }
}
