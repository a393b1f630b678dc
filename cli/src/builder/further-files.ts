// The files that count for a function besides those read by its build: what its workers have loaded, and `watch`.
import { readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';
import type { LoadedReport } from './build-event.ts';
import { listSources } from './source-folder.ts';
import { WatchPatterns } from './watch-patterns.ts';
import { isCode, WrittenFiles } from './written-files.ts';

/** Packages, caches and livectl's own output: never watched. */
const foreign =
  /[\\/](?:node_modules|site-packages|dist-packages|__pycache__|\.livectl|\.git)(?:[\\/]|$)|\.pyc$/;

interface FurtherFilesOptions {
  readonly functionName: string;
  /** Absolute. */
  readonly taskRoot: string;
  readonly watch: readonly string[] | undefined;
  readonly onNotice: (message: string) => void;
}

export class FurtherFiles {
  readonly #options: FurtherFilesOptions;
  readonly #patterns: WatchPatterns | undefined;
  readonly #written: WrittenFiles;
  /** Data counts below this folder: the repository, or the task root outside a repository. */
  readonly #project: string;
  #build = 0;
  #loaded = new Set<string>();
  #failed = false;
  #complete = true;

  constructor(options: FurtherFilesOptions) {
    const { functionName, onNotice, taskRoot, watch } = options;
    this.#options = options;
    this.#patterns = watch && new WatchPatterns(taskRoot, watch);
    this.#written = new WrittenFiles({ functionName, taskRoot, patterns: this.#patterns, onNotice });
    this.#project = repositoryOf(taskRoot) ?? taskRoot;
  }

  /** A worker has loaded everything from some build, so no guesses are needed any more. */
  get isKnown(): boolean {
    return this.#build > 0 && !this.#failed;
  }

  /** Takes a report; returns false if it is about an older build than an earlier report. */
  add(report: LoadedReport): boolean {
    if (report.build < this.#build) return false;
    if (report.build > this.#build) this.#loaded = new Set();
    this.#build = report.build;
    this.#failed = report.failed;
    this.#complete = report.complete;
    for (const path of [...report.files, ...report.folders]) if (this.#counts(path)) this.#loaded.add(path);
    return true;
  }

  /** Absolute paths of files and folders, as they are now; `inputs` are those read by the build. */
  list(inputs: ReadonlySet<string>): Set<string> {
    const paths = new Set([...this.#loaded].filter((path) => !this.#written.has(path)));
    if (!this.#complete && hasComputedImport(inputs)) {
      // No report says which modules those are: any of the project's may be.
      for (const path of listSources([this.#options.taskRoot])) if (/\.[cm]?js$/.test(path)) paths.add(path);
    }
    const patterns = this.#patterns;
    if (!patterns?.adds) return paths;
    for (const path of listSources([this.#options.taskRoot], { patterns })) {
      if (patterns.verdict(path) === 'in') paths.add(path).add(dirname(path));
    }
    return paths;
  }

  /** Of paths that changed while the function ran, those that it wrote itself; `known` are all watched paths. */
  ownWrites(changed: readonly string[], known: ReadonlySet<string>): string[] {
    return this.#written.judge(changed, known);
  }

  #counts(path: string): boolean {
    if (foreign.test(path) || this.#patterns?.verdict(path) === 'out') return false;
    return isCode(path) || path === this.#project || path.startsWith(this.#project + sep);
  }
}

/** Whether a source imports a module whose name is computed at run time. */
function hasComputedImport(files: ReadonlySet<string>): boolean {
  return [...files].some((file) => {
    if (foreign.test(file) || !isCode(file) || kindOf(file) !== 'file') return false;
    try {
      return /\bimport\s*\(\s*[^'"\s]/.test(readFileSync(file, 'utf8'));
    } catch {
      return false;
    }
  });
}

function repositoryOf(folder: string): string | undefined {
  for (let one = folder; ; one = dirname(one)) {
    if (kindOf(join(one, '.git')) !== undefined) return one;
    if (dirname(one) === one) return undefined;
  }
}
