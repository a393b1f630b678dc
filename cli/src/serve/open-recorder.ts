// What records the invocations of a running `serve`: in the project's folder, or in memory.
import { resolve } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { readRedactPaths } from '../manifest/redact-settings.ts';
import { FolderStore } from '../recordings/folder-store.ts';
import { parseRedactPath } from '../recordings/mask/redact-paths.ts';
import { MemoryStore } from '../recordings/memory-store.ts';
import { Recorder } from '../recordings/recorder.ts';
import { openRecordings } from '../recordings/recordings-folder.ts';
import type { Closers } from '../run/closers.ts';

interface RecordingOptions {
  /** The project's folder. */
  readonly root: string;
  /** `--config`: the file with `redact`; default `livectl.json` in the root. */
  readonly config: string | undefined;
  /** False with `--no-record`: nothing is written. */
  readonly record: boolean;
}

/** Rejects with LD_CONFIG if `redact` is invalid. */
export async function openRecorder(
  options: RecordingOptions,
  onNotice: (message: string) => void,
  closers: Closers,
): Promise<Recorder> {
  const redact = (await readRedactPaths(options)).map(parseRedactPath);
  const root = resolve(options.root);
  const store = options.record
    ? new FolderStore({ folder: openRecordings(root), clock: systemClock, onNotice })
    : new MemoryStore();
  const recorder = new Recorder({ store, clock: systemClock, onNotice, redact });
  closers.add(() => recorder.close());
  return recorder;
}
