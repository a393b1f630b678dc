// The manifest's `watch`: which additional files of a function are sources, and which files are not.
import { relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';

export class WatchPatterns {
  readonly #taskRoot: string;
  readonly #rules: Ignore;
  /** Whether a pattern adds files, so that files left out by default must be checked. */
  readonly adds: boolean;

  /** `patterns` are as in .gitignore, relative to the task root; those that begin with `!` exclude files. */
  constructor(taskRoot: string, patterns: readonly string[]) {
    this.#taskRoot = taskRoot;
    this.adds = patterns.some((pattern) => !pattern.startsWith('!'));
    // For the matcher, excluding what no other pattern has added has no effect.
    this.#rules = ignore({ allowRelativePaths: true }).add([...patterns]);
  }

  /** `in` or `out` by the last pattern that matches this absolute path; undefined if none does. */
  verdict(path: string, isFolder = false): 'in' | 'out' | undefined {
    const place = relative(this.#taskRoot, path).split(sep).join('/');
    if (place === '' || place.startsWith('..')) return undefined;
    const { ignored, unignored } = this.#rules.test(isFolder ? `${place}/` : place);
    if (ignored) return 'in';
    return unignored ? 'out' : undefined;
  }
}
