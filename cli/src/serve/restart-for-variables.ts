// A saved .env or --env-file: the functions that it concerns get new workers, since their code may have read a variable while it
// was loaded.
import { systemClock } from '../../../protocol/clock.ts';
import { FileWatcher } from '../builder/file-watcher.ts';
import type { Closers } from '../run/closers.ts';
import type { FunctionVariables } from '../session/variables/function-variables.ts';
import { type LocalVariables, some } from '../session/variables/local-variables.ts';
import type { WorkerPool } from '../worker/contract.ts';

interface RestartOptions {
  readonly local: LocalVariables;
  /** Those that functions receive, `local` among them. */
  readonly variables: FunctionVariables;
  /** The names of those that are served. */
  readonly functions: readonly string[];
  readonly pool: Pick<WorkerPool, 'restart'>;
  readonly onNotice: (message: string) => void;
  readonly closers: Closers;
}

/** At once, and before the next invocation at the latest. */
export function restartForVariables(options: RestartOptions): void {
  const { closers, functions, local, onNotice, pool, variables } = options;
  const seenBy = (name: string) => JSON.stringify(Object.entries(local.of(name)).sort());
  const seen = new Map(functions.map((name) => [name, seenBy(name)]));
  local.watch(({ label, names }) => {
    const concerned = functions.filter((name) => seen.get(name) !== seenBy(name));
    for (const name of concerned) {
      seen.set(name, seenBy(name));
      pool.restart(name, variables.latest?.(name));
    }
    if (concerned.length > 0)
      onNotice(`${label} was saved with another ${some(names)}: new workers for ${some(concerned)}`);
  });
  const watcher = new FileWatcher({ clock: systemClock, onNotice });
  closers.add(() => watcher.close());
  watcher.watch({ onChange: () => local.look() }, new Set(local.paths), Date.now());
}
