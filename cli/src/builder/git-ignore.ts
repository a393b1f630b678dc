// What git ignores: files created by tools and programs, which are not sources.
import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { kindOf } from '../manifest/path-kind.ts';

/** Larger rule files are not read: 256 KB hold about ten thousand patterns. */
const maxRulesBytes = 256 * 1024;

/** The rules of one folder tree at one moment: its `.gitignore` files and those above it in the repository. */
export class GitIgnore {
  readonly #root: string;
  /** From the repository's top down to the root. */
  readonly #above: readonly string[];
  readonly #rules = new Map<string, Ignore | undefined>();

  /** `root` is absolute. If git ignores the root itself, only rules from there on apply. */
  constructor(root: string) {
    this.#root = root;
    const above = foldersUpToRepository(root);
    this.#above = this.#isIgnored(root, true, above) ? [] : above;
  }

  /** Whether git ignores a path below the root; its parents are not checked, since ignored folders are not listed. */
  ignores(path: string, isFolder: boolean): boolean {
    const below = foldersBetween(this.#root, dirname(path));
    return this.#isIgnored(path, isFolder, [...this.#above, ...below]);
  }

  #isIgnored(path: string, isFolder: boolean, folders: readonly string[]): boolean {
    let ignored = false;
    for (const folder of folders) {
      const place = relative(folder, path).split(sep).join('/');
      if (place === '' || place.startsWith('..')) continue;
      const verdict = this.#of(folder)?.test(isFolder ? `${place}/` : place);
      if (verdict?.ignored) ignored = true;
      if (verdict?.unignored) ignored = false;
    }
    return ignored;
  }

  #of(folder: string): Ignore | undefined {
    if (this.#rules.has(folder)) return this.#rules.get(folder);
    const texts = ['.gitignore', join('.git', 'info', 'exclude')].map((name) => textOf(join(folder, name)));
    const text = texts.join('\n');
    const rules = text.trim() === '' ? undefined : ignore({ allowRelativePaths: true }).add(text);
    this.#rules.set(folder, rules);
    return rules;
  }
}

/** The folders above `root` up to the one that contains `.git`; empty outside a repository. */
function foldersUpToRepository(root: string): string[] {
  const folders: string[] = [];
  for (let folder = root; ; folder = dirname(folder)) {
    if (kindOf(join(folder, '.git')) !== undefined)
      return [...folders, folder].filter((one) => one !== root).reverse();
    folders.push(folder);
    if (dirname(folder) === folder) return [];
  }
}

/** `root`, and every folder below it down to `folder`. */
function foldersBetween(root: string, folder: string): string[] {
  const folders: string[] = [];
  for (let one = folder; one.length > root.length && one.startsWith(root + sep); one = dirname(one))
    folders.push(one);
  return [root, ...folders.reverse()];
}

function textOf(file: string): string {
  try {
    return kindOf(file) === 'file' ? readFileSync(file).subarray(0, maxRulesBytes).toString('utf8') : '';
  } catch {
    return '';
  }
}
