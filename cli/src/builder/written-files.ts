// Which changed files a running function has written itself: they are not sources, and must not restart it.
import { readdirSync } from 'node:fs';
import { basename, extname, join, relative, sep } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';
import type { WatchPatterns } from './watch-patterns.ts';

/**
 * Extensions of files that people write and programs load: their changes always count. Other files may be data, and do not
 * count if they change while the function runs.
 */
const codeEndings = new Set(
  (
    'js cjs mjs jsx ts cts mts tsx py pyi pyx so rb go mod sum rs java kt kts scala groovy gradle clj jar class cs fs vb' +
    ' dll php pl pm lua r jl ex exs erl hs ml swift c h cc cpp hpp m zig nim cr dart sh bash zsh ps1 bat cmd wasm proto' +
    ' graphql node'
  ).split(' '),
);

/** Files without an extension that tools read. */
const codeNames = /^(?:bootstrap|Makefile|Gemfile|Rakefile|Procfile|Dockerfile|\.env(?:\..+)?|\.gitignore)$/;

/** Whether a file is one that only people and their tools write, judged by its name. */
export function isCode(path: string): boolean {
  return codeEndings.has(extname(path).slice(1).toLowerCase()) || codeNames.test(basename(path));
}

interface WrittenFilesOptions {
  readonly functionName: string;
  readonly taskRoot: string;
  readonly patterns: WatchPatterns | undefined;
  readonly onNotice: (message: string) => void;
}

export class WrittenFiles {
  readonly #options: WrittenFilesOptions;
  readonly #written = new Set<string>();
  #told = false;

  constructor(options: WrittenFilesOptions) {
    this.#options = options;
  }

  /** Whether the function is known to have written this path, or a folder that contains it. */
  has(path: string): boolean {
    if (this.#written.size === 0) return false;
    return this.#written.has(path) || [...this.#written].some((one) => path.startsWith(one + sep));
  }

  /**
   * Of paths that changed while the function ran, those that it wrote. `known` are the paths watched so far, which show what is
   * new in a folder.
   */
  judge(changed: readonly string[], known: ReadonlySet<string>): string[] {
    const folders = changed.filter((path) => kindOf(path) === 'folder' && known.has(path));
    const files = changed.filter((path) => !folders.includes(path));
    const own = files.filter((path) => this.#isData(path));
    for (const path of own) this.#add(path);
    for (const folder of folders) {
      const news = namesThatChanged(folder, known).filter((path) => !this.has(path));
      if (!news.every((path) => this.#isData(path))) continue;
      for (const path of news) this.#add(path);
      own.push(folder);
    }
    return own;
  }

  #isData(path: string): boolean {
    return !isCode(path) && this.#options.patterns?.verdict(path) !== 'in';
  }

  #add(path: string): void {
    this.#written.add(path);
    if (this.#told) return;
    this.#told = true;
    const { functionName, onNotice, taskRoot } = this.#options;
    const place = relative(taskRoot, path);
    onNotice(
      `${place} changed while ${functionName} was running, so livectl treats it as the function’s output: its changes do not cause a reload. If it is a source, add "watch": [${JSON.stringify(`/${place.split(sep).join('/')}`)}] to ${functionName}. On Lambda this folder is read-only; write to /tmp.`,
    );
  }
}

/** Entries of a folder that were added or removed, compared with the paths known so far. */
function namesThatChanged(folder: string, known: ReadonlySet<string>): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    names = [];
  }
  const now = new Set(names.map((name) => join(folder, name)));
  const before = [...known].filter(
    (path) => path.startsWith(folder + sep) && !path.slice(folder.length + 1).includes(sep),
  );
  return [...[...now].filter((path) => !known.has(path)), ...before.filter((path) => !now.has(path))];
}
