// [1] The packages of wrapped Python functions in the local cloud: they need no build, so they are copied at once. A change just
// after the start already belongs to local code.
import type { Clock } from '../../../protocol/clock.ts';
import { OutputFolder } from '../builder/output-folder.ts';
import type { Target } from '../builder/resolve-targets.ts';
import { copyPackage } from './deployed-package.ts';

export class PythonPackages {
  readonly #outputs: Set<OutputFolder>;
  readonly #clock: Clock;
  readonly #copies = new Map<string, Promise<string>>();

  /** Adds the folders with copies to `outputs`. */
  constructor(outputs: Set<OutputFolder>, clock: Clock) {
    this.#outputs = outputs;
    this.#clock = clock;
  }

  /** Begins to copy those whose files exist. */
  begin(targets: readonly Target[]): void {
    for (const target of targets)
      if ('python' in target && target.python) void this.of(target.functionName, target.taskRoot);
  }

  /** The copy of a function's folder. Rejects with the file system's error, or LD_CONFIG for more than Lambda allows. */
  of(functionName: string, taskRoot: string): Promise<string> {
    const begun = this.#copies.get(functionName);
    if (begun !== undefined) return begun;
    const copied = this.#copy(functionName, taskRoot);
    // Reported when it is used.
    copied.catch(() => undefined);
    this.#copies.set(functionName, copied);
    return copied;
  }

  async #copy(functionName: string, taskRoot: string): Promise<string> {
    const output = new OutputFolder(taskRoot, this.#clock);
    this.#outputs.add(output);
    const folder = await output.functionOutput(functionName).folderOf(1);
    await copyPackage(taskRoot, folder);
    return folder;
  }
}
