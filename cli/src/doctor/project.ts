// The functions that the checks are about: those of livectl.json, or of a stage's manifest.
import { resolve } from 'node:path';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { resolveTargets } from '../builder/resolve-targets.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { loadManifest, type Manifest } from '../manifest/load-manifest.ts';
import type { Folder } from '../place.ts';
import { openSettings } from '../serve/agree-to-manifest.ts';
import { withCachedLayers } from '../serve/local-layers.ts';
import { type Check, fail, NotChecked, pass, some, warn } from './check.ts';
import type { StageParts } from './stage-parts.ts';

export interface Project extends Manifest {
  /**
   * Functions that may not start programs on this machine yet, with the fields that would; neither these nor the functions' builds
   * are run. Empty for livectl.json, which the developer has written.
   */
  readonly notAgreed: ReadonlyMap<string, readonly string[]>;
  /** Read from a stage's table; the folder may be another project's. */
  readonly isOfStage: boolean;
}

/** Read once for all checks. Rejects with {@link NotChecked}. */
export type ReadProject = () => Promise<Project>;

/** livectl.json of the folder, for all checks that need it. */
export function localProject(folder: Folder): ReadProject {
  let project: Promise<Project> | undefined;
  return () => {
    project ??= loadManifest(folder).then(
      (manifest) => ({ ...manifest, notAgreed: new Map(), isOfStage: false }),
      (error: unknown) => {
        if (!(error instanceof LiveDebugError)) throw error;
        throw new NotChecked('see "manifest"', 'fix "manifest" first');
      },
    );
    return project;
  };
}

/**
 * The functions that `serve --stage` would run: those of the stage's manifest, with sources relative to the root. If that cannot be
 * read, those of livectl.json.
 */
export function stageProject(parts: StageParts, folder: Folder): ReadProject {
  const local = localProject(folder);
  const ofStage = async (): Promise<Project> => {
    const { functions } = await parts.manifest();
    const { region, stage, tableName } = (await parts.stage()).context;
    const { config } = folder;
    const root = resolve(folder.root);
    const scope = { region, stage, tableName, root, config, functions };
    const { open } = await openSettings(scope).catch(() => {
      throw new NotChecked('see "manifest"', 'fix "manifest" first');
    });
    const notAgreed = new Map<string, string[]>();
    for (const { field, functionName } of open)
      notAgreed.set(functionName, [...(notAgreed.get(functionName) ?? []), field]);
    const file = `the manifest of stage ${stage}`;
    // A handler that is in no file here is missing, rather than somebody else's code.
    for (const settings of functions)
      if (String(notAgreed.get(settings.name)) === 'handler' && !hasSource(settings, { file, root }))
        notAgreed.delete(settings.name);
    return { file, root, functions, notAgreed, isOfStage: true };
  };
  let project: Promise<Project> | undefined;
  return () => {
    project ??= parts.manifest().then(ofStage, (error: unknown) =>
      local().catch(() => {
        throw error instanceof NotChecked
          ? new NotChecked(`${error.message}, and there is no valid livectl.json here`, error.remedy)
          : new NotChecked('see "table", and there is no valid livectl.json here', 'fix "table" first');
      }),
    );
    return project;
  };
}

function hasSource(settings: FunctionSettings, place: Pick<Manifest, 'file' | 'root'>): boolean {
  try {
    return resolveTargets({ ...place, functions: [settings] }).length > 0;
  } catch {
    return false;
  }
}

/** `need`: what it means if there is no livectl.json. */
export function manifestCheck(folder: Folder, need: 'required' | 'usual' | 'optional'): Check {
  return {
    name: 'manifest',
    group: 'Project',
    lateRemedy: 'is the folder on a network drive that does not answer?',
    run: async (report) => {
      try {
        const { file, functions } = await loadManifest(folder);
        const names = functions.map(({ name }) => name);
        report(pass('manifest', `${file} names ${names.length === 0 ? 'no functions' : some(names)}`));
      } catch (error) {
        if (!isMissing(error)) throw error;
        const message = `there is no ${folder.config ?? 'livectl.json'} in ${resolve(folder.root)}`;
        const remedy = 'run livectl init, or name another folder with --root or another file with --config';
        if (need === 'optional' && folder.config === undefined)
          report(pass('manifest', `${message}; the stage’s own manifest names the functions`));
        else
          report(
            (need === 'usual' && folder.config === undefined ? warn : fail)('manifest', message, remedy),
          );
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return error instanceof LiveDebugError && (cause?.code === 'ENOENT' || cause?.code === 'ENOTDIR');
}

/** The functions that may be run here, with the layers that are on this machine. */
export function runnable({ functions, notAgreed }: Project): readonly FunctionSettings[] {
  return withCachedLayers(functions.filter(({ name }) => !notAgreed.has(name)));
}
