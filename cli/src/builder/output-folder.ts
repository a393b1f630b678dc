// The folder for bundles: inside the project, so that packages left out of them are found from there.
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../protocol/clock.ts';
import { removeEnded } from '../folders/ended-runs.ts';
import { isOwnFolder, makeProjectFolder, projectFolder } from '../folders/project-folder.ts';
import { removeFolder } from '../folders/remove-folder.ts';
import { holdLock, newRunId, type RunLock } from '../folders/run-lock.ts';

/**
 * How many builds of each function are kept, and for how long at least, in milliseconds: a worker may still be starting from
 * an older one, for which Lambda allows 10 s, or reading its source map.
 */
const keptBuilds = 3;
const keptMs = 10_000;

/** The output of one function's builds. */
export interface FunctionOutput {
  /** As deep as a build's folder, so that relative paths in source maps are valid in all of them; never created. */
  readonly placeholder: string;
  /** Creates the folder of a build and removes those no longer needed. */
  folderOf(build: number): Promise<string>;
}

/** `<root>/.livectl/<run>/`. Removes the folders of runs that ended without removing theirs. */
export class OutputFolder {
  readonly #clock: Clock;
  readonly #parent: string;
  readonly #id = newRunId();
  readonly #own: string;
  readonly #remove = () => this.remove();
  #lock: RunLock | undefined;
  #making: Promise<void> | undefined;

  constructor(root: string, clock: Clock) {
    this.#clock = clock;
    this.#parent = projectFolder(root);
    this.#own = join(this.#parent, this.#id);
  }

  functionOutput(functionName: string): FunctionOutput {
    const folder = join(this.#own, functionName);
    const kept: { readonly path: string; readonly madeAt: number }[] = [];
    return {
      placeholder: join(folder, '0'),
      folderOf: async (build) => {
        // It may have been removed, e.g. with everything that git ignores.
        if (!existsSync(this.#parent)) this.#forget();
        this.#making ??= this.#make();
        await this.#making;
        const path = join(folder, String(build));
        // Called by each entry point of the build.
        const isNew = kept.at(-1)?.path !== path;
        if (isNew) kept.push({ path, madeAt: this.#clock.now() });
        await mkdir(path, { recursive: true, mode: 0o700 });
        if (!isNew) return path;
        while (kept.length > keptBuilds && (kept[0]?.madeAt ?? 0) < this.#clock.now() - keptMs) {
          removeFolder(kept.shift()?.path ?? '');
        }
        return path;
      },
    };
  }

  /** Removes all of it; synchronous, as the process may be ending. */
  remove(): void {
    process.off('exit', this.#remove);
    if (this.#making === undefined) return;
    if (isOwnFolder(this.#parent)) removeFolder(this.#own);
    this.#forget();
    try {
      if (readdirSync(this.#parent).some((name) => name !== '.gitignore')) return;
      rmSync(join(this.#parent, '.gitignore'), { force: true });
      rmdirSync(this.#parent);
    } catch {
      // Another livectl has just begun to use it, or it was removed.
    }
  }

  #forget(): void {
    this.#lock?.release();
    this.#lock = undefined;
    this.#making = undefined;
  }

  async #make(): Promise<void> {
    process.off('exit', this.#remove);
    process.once('exit', this.#remove);
    makeProjectFolder(this.#parent);
    await removeEnded(this.#parent);
    this.#lock = await holdLock(this.#parent, this.#id);
    mkdirSync(this.#own, { recursive: true, mode: 0o700 });
  }
}
