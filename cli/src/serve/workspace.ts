// What a running `serve` stands on: its temporary folder, its signals, and where its events go.
import nodeRuntime from 'embedded:node-runtime.mjs';
import pythonRuntime from 'embedded:python-runtime.py';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { type ControlServer, startControlServer } from '../control/control-server.ts';
import { exitCodes } from '../exit-code.ts';
import { makeTempFolder } from '../folders/temp-folder.ts';
import { readerGone } from '../log/output.ts';
import { inOrder } from '../session/in-order.ts';
import type { SessionEvent } from '../session/session-event.ts';
import type { Closers } from './closers.ts';
import { stopSignals } from './stop-signals.ts';

export interface Workspace {
  /** Private to this process (0700), removed at the end. */
  readonly tempDir: string;
  readonly nodeRuntimeFile: string;
  readonly pythonRuntimeFile: string;
  readonly closers: Closers;
  /** Where other livectls of this machine watch. */
  readonly control: ControlServer;
  /** Shows an event and hands it to those who watch, in the order of their times. */
  readonly emit: (event: SessionEvent) => void;
  /** Resolves at the first signal, and when nobody reads stdout any more. */
  readonly stopAsked: Promise<'stop'>;
}

/** Ends the process at a second signal. `closers` take it all down. Rejects with what the file system or the port says. */
export async function openWorkspace(
  show: (event: SessionEvent) => void,
  closers: Closers,
): Promise<Workspace> {
  const temp = await makeTempFolder();
  const tempDir = temp.path;
  const stop = stopSignals(() => {
    // The pool and the cloud kill their processes when this one exits.
    temp.remove();
    process.exit(exitCodes.failure);
  });
  // The first to be added is the last to go: a signal while the rest is closed must not cut that short.
  closers.add(() => stop.dispose());
  closers.add(() => temp.remove());
  const control = await startControlServer();
  closers.add(() => control.close());
  return {
    tempDir,
    nodeRuntimeFile: privateFile(tempDir, 'node-runtime.mjs', nodeRuntime),
    pythonRuntimeFile: privateFile(tempDir, 'python-runtime.py', pythonRuntime),
    closers,
    control,
    emit: inOrder(systemClock, (event) => {
      show(event);
      control.publish(event);
    }),
    stopAsked: Promise.race([stop.first, readerGone]).then(() => 'stop' as const),
  };
}

function privateFile(folder: string, name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}
