// The folder that bundles are written to: inside the project, so that packages left out of them are found from there.
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../protocol/clock.ts';
import { processIsGone } from '../process-is-gone.ts';

/**
 * Builds of each function that are kept, and for how long at least, in milliseconds: a worker may still be starting
 * from an older one, for which Lambda gives it 10 s, or reading its source map.
 */
const keptBuilds = 3;
const keptMs = 10_000;

/** The place of one function's builds. */
export interface FunctionOutput {
  /** As deep as a build's folder, so that relative paths in source maps hold in all of them; never made. */
  readonly placeholder: string;
  /** Makes the folder of a build and removes those that are no longer needed. */
  folderOf(build: number): Promise<string>;
}

/** `<root>/.livectl/<pid>@<host>/`; folders of processes that ended without removing theirs are cleaned up. */
export class OutputFolder {
  readonly #clock: Clock;
  readonly #parent: string;
  readonly #own: string;
  readonly #remove = () => this.remove();
  #made = false;

  constructor(root: string, clock: Clock) {
    this.#clock = clock;
    this.#parent = join(root, '.livectl');
    // The host too: a container and its host may share the project, not the process ids.
    this.#own = join(this.#parent, `${process.pid}@${hostname()}`);
  }

  functionOutput(functionName: string): FunctionOutput {
    const folder = join(this.#own, functionName);
    const kept: { readonly path: string; readonly madeAt: number }[] = [];
    return {
      placeholder: join(folder, '0'),
      folderOf: async (build) => {
        // Somebody may have removed it, e.g. with all that git ignores.
        if (!existsSync(this.#parent)) this.#made = false;
        this.#make();
        const path = join(folder, String(build));
        await mkdir(path, { recursive: true, mode: 0o700 });
        kept.push({ path, madeAt: this.#clock.now() });
        while (kept.length > keptBuilds && (kept[0]?.madeAt ?? 0) < this.#clock.now() - keptMs) {
          await rm(kept.shift()?.path ?? '', { recursive: true, force: true });
        }
        return path;
      },
    };
  }

  /** Removes all of it; synchronous, as the process may be ending. */
  remove(): void {
    process.off('exit', this.#remove);
    if (!this.#made) return;
    this.#made = false;
    rmSync(this.#own, { recursive: true, force: true });
    try {
      if (readdirSync(this.#parent).some((name) => name !== '.gitignore')) return;
      rmSync(join(this.#parent, '.gitignore'), { force: true });
      rmdirSync(this.#parent);
    } catch {
      // Another livectl has just begun to use it, or somebody has removed it.
    }
  }

  #make(): void {
    if (this.#made) return;
    mkdirSync(this.#parent, { recursive: true, mode: 0o700 });
    writeFileSync(join(this.#parent, '.gitignore'), '*\n');
    for (const name of readdirSync(this.#parent)) {
      if (isAbandoned(name)) rmSync(join(this.#parent, name), { recursive: true, force: true });
    }
    mkdirSync(this.#own, { recursive: true, mode: 0o700 });
    process.off('exit', this.#remove);
    process.once('exit', this.#remove);
    this.#made = true;
  }
}

function isAbandoned(name: string): boolean {
  const [, pid, host] = /^(\d+)@(.+)$/.exec(name) ?? [];
  if (pid === undefined || host !== hostname()) return false;
  if (Number(pid) === process.pid) return false;
  return processIsGone(Number(pid));
}
