// Which files of a folder are sources, if no import graph is available.
import { type Dirent, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';
import { GitIgnore } from './git-ignore.ts';
import { isOwnOutput } from './own-output.ts';
import type { WatchPatterns } from './watch-patterns.ts';

/** Not even `watch` can add these: they are too large, or livectl's own. */
const neverSources = new Set([
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  '.livectl',
  '.terraform',
  '.venv',
  'venv',
]);

/** Folders with what tools fetched or created, by names common in the ecosystems that Lambda supports. */
const noiseFolders = new Set([
  ...neverSources,
  '__pycache__',
  '.pytest_cache',
  '.mypy_cache',
  '.ruff_cache',
  '.tox',
  '.bundle',
  '.gradle',
  '.idea',
  '.vscode',
  'target',
  'dist',
  'build',
  'out',
  'obj',
  'coverage',
]);

/** Logs, compiled files, and what editors write beside a file while saving it (4913 is vim's). */
const noiseFiles = /(?:~|\.sw[a-z]|\.tmp|\.pyc|\.log)$|^\.#|^#.*#$|^4913$|^\.DS_Store$/;

/** The maximum number of files and folders in one function's sources; changes beyond it are not seen. */
export const maximumSources = 10_000;

/** Whether an entry of a folder is not watched, judged by its name alone. */
export function isNoise(name: string): boolean {
  return noiseFolders.has(name) || name.startsWith('.livectl-') || noiseFiles.test(name);
}

/** What to leave out besides the output of tools. */
interface ListingOptions {
  /** Includes what git ignores, such as a build's output. */
  readonly withIgnored?: boolean;
  /** The manifest's patterns for additional and excluded files. */
  readonly patterns?: WatchPatterns | undefined;
  /** Whether the function has written this path itself. */
  readonly isWritten?: ((path: string) => boolean) | undefined;
}

/**
 * Every source file and folder at and below the roots, whatever the roots are called; at most {@link maximumSources}. Files
 * that git ignores are left out, except `.env` files, and so are the files that livectl's output goes to.
 */
export function listSources(roots: readonly string[], options: ListingOptions = {}): Set<string> {
  const { patterns, isWritten, withIgnored = false } = options;
  const rules = roots.map((root) => ({ root, ignored: new GitIgnore(root) }));
  const isIgnored = (path: string, isFolder: boolean) =>
    !withIgnored &&
    rules.some(({ root, ignored }) => path.startsWith(root + sep) && ignored.ignores(path, isFolder));
  const paths = list(roots, (name, path, isFolder) => {
    const verdict = patterns?.verdict(path, isFolder);
    if (verdict === 'in') return false;
    if (verdict === 'out' || isWritten?.(path) || (!isFolder && isOwnOutput(path))) return true;
    return isNoise(name) || (!isEnvironment(name) && isIgnored(path, isFolder));
  });
  if (!patterns?.adds) return paths;
  const all = list(roots, (name, _path, isFolder) => isFolder && neverSources.has(name));
  for (const path of all) {
    if (paths.size < maximumSources && patterns.verdict(path) === 'in') paths.add(path).add(dirname(path));
  }
  return paths;
}

/** The same for layers, which are the output of tools: all files count. */
export function listLayers(layers: readonly string[]): Set<string> {
  return list(layers, (name) => name === '__pycache__' || noiseFiles.test(name));
}

/** Usually ignored by git, since it contains secrets, but read when a program starts. */
function isEnvironment(name: string): boolean {
  return name === '.env' || name.startsWith('.env.');
}

/** Follows links, and visits each target once, except a folder that contains a root. */
function list(
  roots: readonly string[],
  isLeftOut: (name: string, path: string, isFolder: boolean) => boolean,
): Set<string> {
  const paths = new Set<string>(roots);
  const folders = [...roots];
  const realRoots = roots.map((root) => realPathOf(root) ?? root);
  const linked = new Set<string>();
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (paths.has(path) || isLeftOut(entry.name, path, entry.isDirectory())) continue;
      if (paths.size >= maximumSources) return paths;
      paths.add(path);
      if (entry.isDirectory()) folders.push(path);
      const target = entry.isSymbolicLink() ? realPathOf(path) : undefined;
      if (target === undefined || linked.has(target)) continue;
      linked.add(target);
      // The link itself does not change when the file does.
      if (kindOf(target) === 'file') paths.add(target);
      else if (!realRoots.some((root) => `${root}${sep}`.startsWith(target + sep))) folders.push(path);
    }
  }
  return paths;
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // A dangling link.
    return undefined;
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The words of a `command` that name the function's own files, absolute. */
export function filesOfCommand(command: readonly string[], taskRoot: string): string[] {
  return command
    .map((word) => join(taskRoot, word.startsWith(taskRoot + sep) ? word.slice(taskRoot.length) : word))
    .filter((file) => basename(file) !== '' && kindOf(file) === 'file');
}
