// The functions that the checks are about: those of livectl.json, or of a stage's manifest.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { loadManifest, type Manifest } from '../manifest/load-manifest.ts';
import type { Folder } from '../place.ts';
import { withCachedLayers } from '../serve/local-layers.ts';
import { type Check, fail, NotChecked, pass, some, warn } from './check.ts';

export interface Project extends Manifest {
  /**
   * Functions that may not start programs on this machine yet, with the fields that would; neither these nor the functions' builds
   * are run. Empty for livectl.json, which the developer has written.
   */
  readonly notAgreed: ReadonlyMap<string, readonly string[]>;
}

/** Read once for all checks. Rejects with {@link NotChecked}. */
export type ReadProject = () => Promise<Project>;

/** livectl.json of the folder, for all checks that need it. */
export function localProject(folder: Folder): ReadProject {
  let project: Promise<Project> | undefined;
  return () => {
    project ??= loadManifest(folder).then(
      (manifest) => ({ ...manifest, notAgreed: new Map() }),
      (error: unknown) => {
        throw new NotChecked(
          isMissing(error) ? 'there is no livectl.json' : 'livectl.json is invalid',
          'see the check "manifest"',
        );
      },
    );
    return project;
  };
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
        const message = `there is no ${folder.config ?? 'livectl.json'} in ${folder.root}`;
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
