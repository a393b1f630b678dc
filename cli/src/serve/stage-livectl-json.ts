// The livectl.json on this machine, beside a stage's manifest: what it names itself, its developer has agreed to.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { loadManifest } from '../manifest/load-manifest.ts';
import { mistakesError } from '../manifest/mistakes.ts';

interface StageFolder {
  /** `--config`: the local manifest, by default livectl.json in the root. */
  readonly config: string | undefined;
  /** From the stage's manifest. */
  readonly functions: readonly FunctionSettings[];
  readonly root: string;
  readonly stage: string;
  readonly tableName: string;
}

/** The functions that it has. */
interface LocalFunctions {
  readonly functions: readonly FunctionSettings[];
  /** Why it, or some of its functions, could not be read, if it exists. */
  readonly problem: string | undefined;
}

/** Rejects with LD_CONFIG for a file that was named and is invalid; without `--config`, a missing one is ignored. */
export async function stageLivectlJson({
  config,
  functions: ofStage,
  root,
  stage,
  tableName,
}: StageFolder): Promise<LocalFunctions> {
  try {
    const modes = new Map(ofStage.map(({ name, wrap }) => [name, wrap ? 'wrap' : 'replace'] as const));
    // Its names have the table's name as prefix.
    const naming = { prefix: tableName, stage };
    const { broken, functions } = await loadManifest({
      root,
      config,
      naming,
      modeOf: (name) => modes.get(name),
      allowBroken: config === undefined,
    });
    const mistakes = [...(broken?.values() ?? [])].flat();
    return {
      // What is left of a broken function is not what its developer has written.
      functions: functions.filter(({ name }) => !broken?.has(name)),
      problem: mistakes.length === 0 ? undefined : mistakesError(`${root}/livectl.json`, mistakes).message,
    };
  } catch (error) {
    if (!(error instanceof LiveDebugError)) throw error;
    if (config !== undefined) throw error;
    const isThere = (error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT';
    return { functions: [], problem: isThere ? error.message : undefined };
  }
}
