// [1] The packages of wrapped Python functions in the local cloud: nothing is built of them, so they are copied at once. A
// change just after the start is one of local code.
import type { Clock } from '../../../protocol/clock.ts';
import { OutputFolder } from '../builder/output-folder.ts';
import type { Target } from '../builder/resolve-targets.ts';
import { copyPackage } from './deployed-package.ts';

export class PythonPackages {
  readonly #outputs: Set<OutputFolder>;
  readonly #clock: Clock;
  readonly #copies = new Map<string, Promise<string>>();

  /** Adds the folders that hold copies to `outputs`. */
  constructor(outputs: Set<OutputFolder>, clock: Clock) {
    this.#outputs = outputs;
    this.#clock = clock;
  }

  /** Begins to copy those whose files are there. */
  begin(targets: readonly Target[]): void {
    for (const target of targets)
      if ('python' in target && target.python) void this.of(target.functionName, target.taskRoot);
  }

  /** The copy of a function's folder. Rejects with what the file system says, LD_CONFIG for more than Lambda takes. */
  of(functionName: string, taskRoot: string): Promise<string> {
    const begun = this.#copies.get(functionName);
    if (begun !== undefined) return begun;
    const copied = this.#copy(functionName, taskRoot);
    // Reported where it is used.
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
