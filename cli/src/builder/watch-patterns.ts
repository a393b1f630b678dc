// The manifest's `watch`: which further files of a function are sources, or which are none after all.
import { relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';

export class WatchPatterns {
  readonly #taskRoot: string;
  readonly #rules: Ignore;
  /** Whether a pattern adds files, so that those left out by default have to be looked at. */
  readonly adds: boolean;

  /** `patterns` are written as in .gitignore, relative to the task root; one that begins with `!` leaves files out. */
  constructor(taskRoot: string, patterns: readonly string[]) {
    this.#taskRoot = taskRoot;
    this.adds = patterns.some((pattern) => !pattern.startsWith('!'));
    // A pattern that leaves out what no other has added would be none to the matcher.
    this.#rules = ignore({ allowRelativePaths: true }).add([...patterns]);
  }

  /** `in` or `out` where a pattern says so of this absolute path, the last one that fits. */
  verdict(path: string, isFolder = false): 'in' | 'out' | undefined {
    const place = relative(this.#taskRoot, path).split(sep).join('/');
    if (place === '' || place.startsWith('..')) return undefined;
    const { ignored, unignored } = this.#rules.test(isFolder ? `${place}/` : place);
    if (ignored) return 'in';
    return unignored ? 'out' : undefined;
  }
}
