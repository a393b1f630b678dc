// Keeps `.livectl` of a project out of its repository: recordings are for this machine.
import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { GitIgnore } from '../builder/git-ignore.ts';
import { kindOf } from '../manifest/path-kind.ts';

const line = '.livectl/';
/** A larger file is left as it is. */
const mostBytes = 256 * 1024;

/**
 * Adds it to the nearest .gitignore, unless git ignores it already or there is no repository, and reports that it did, or that it
 * could not. The folder has a .gitignore of its own as well, which tools other than git may not read.
 */
export function keepOutOfGit(root: string, onNotice: (message: string) => void): void {
  const folders = foldersOfRepository(root);
  const top = folders.at(-1);
  if (top === undefined || isIgnored(root, folders)) return;
  const holder = folders.find((folder) => kindOf(join(folder, '.gitignore')) === 'file') ?? root;
  const file = join(holder, '.gitignore');
  const name = relative(root, file) || '.gitignore';
  try {
    append(file);
    onNotice(`added ${line} to ${name}: it has recordings of invocations`);
  } catch (error) {
    onNotice(`add ${line} to ${name}, since it has recordings of invocations: ${messageOf(error)}`);
  }
}

/** Whether git ignores `.livectl` in this folder; undefined outside a repository. */
export function isKeptOutOfGit(root: string): boolean | undefined {
  const folders = foldersOfRepository(root);
  return folders.length === 0 ? undefined : isIgnored(root, folders);
}

/** From the root up to the one with `.git`; empty outside a repository. */
function foldersOfRepository(root: string): string[] {
  const folders: string[] = [];
  for (let folder = root; ; folder = dirname(folder)) {
    folders.push(folder);
    if (kindOf(join(folder, '.git')) !== undefined) return folders;
    if (dirname(folder) === folder) return [];
  }
}

function isIgnored(root: string, folders: readonly string[]): boolean {
  const rules = new GitIgnore(folders.at(-1) ?? root);
  return (
    rules.ignores(join(root, '.livectl'), true) ||
    folders.slice(0, -1).some((folder) => rules.ignores(folder, true))
  );
}

function append(file: string): void {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const handle = openSync(file, flags, 0o644);
  try {
    if (fstatSync(handle).size > mostBytes) throw new Error('the file is unusually large');
    const before = readFileSync(handle, 'utf8');
    const end = before.includes('\r\n') ? '\r\n' : '\n';
    writeSync(handle, `${before === '' || before.endsWith('\n') ? '' : end}${line}${end}`);
  } finally {
    closeSync(handle);
  }
}
