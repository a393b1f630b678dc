// Where recordings are: those of a `serve` that runs for the folder, through its API, else those on disk.
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { type RunningServe, readServeStates } from '../control/serve-state.ts';
import type { Recordings } from '../recordings/recording.ts';
import { openRecordings } from '../recordings/recordings-folder.ts';
import { ServeApi } from './serve-api.ts';

export interface RecordingsPlace {
  readonly recordings: Recordings;
  /** The running one, latest first if there are several. */
  readonly running: { readonly serve: RunningServe; readonly api: ServeApi } | undefined;
}

export async function recordingsOf(root: string): Promise<RecordingsPlace> {
  const folder = realFolder(root);
  for (const serve of await readServeStates()) {
    const { inspector } = serve;
    if (serve.root !== folder || inspector === undefined) continue;
    const api = new ServeApi({ ...serve, inspector });
    // It may be ending, or run in a container with its own network.
    const answers = await api.list({ limit: 1 }).then(
      () => true,
      () => false,
    );
    if (answers) return { recordings: api, running: { serve, api } };
  }
  return { recordings: openRecordings(folder), running: undefined };
}

/** As state files name it. */
export function realFolder(root: string): string {
  const folder = resolve(root);
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
