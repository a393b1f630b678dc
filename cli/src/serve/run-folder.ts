// What a long-running command needs: its temporary folder with the runtimes in it, and its signal handlers.
import nodeRuntime from 'embedded:node-runtime.mjs';
import nodeTunnel from 'embedded:node-tunnel.cjs';
import pythonLibpq from 'embedded:python-libpq.py';
import pythonRuntime from 'embedded:python-runtime.py';
import pythonTunnel from 'embedded:python-tunnel.py';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../exit-code.ts';
import { makeTempFolder } from '../folders/temp-folder.ts';
import { readerGone } from '../log/output.ts';
import type { Closers } from '../run/closers.ts';
import { stopSignals } from '../run/stop-signals.ts';

export interface RunFolder {
  /** Private to this process (0700), removed at the end. */
  readonly tempDir: string;
  readonly nodeRuntimeFile: string;
  readonly pythonRuntimeFile: string;
  readonly closers: Closers;
  /** Resolves at the first signal, or when nobody reads stdout any more. */
  readonly stopAsked: Promise<'stop'>;
}

/** Ends the process at a second signal. `closers` undo all of it. Rejects with the file system's error. */
export async function openRunFolder(closers: Closers): Promise<RunFolder> {
  const temp = await makeTempFolder();
  const tempDir = temp.path;
  const stop = stopSignals(() => {
    // The pool and the cloud kill their processes when this one exits.
    temp.remove();
    process.exit(exitCodes.failure);
  });
  // Added first, so it is closed last: a signal while the rest is closed must not cut that short.
  closers.add(() => stop.dispose());
  closers.add(() => temp.remove());
  // The runtimes load these from beside them.
  privateFile(tempDir, 'node-tunnel.cjs', nodeTunnel);
  privateFile(tempDir, 'python-tunnel.py', pythonTunnel);
  privateFile(tempDir, 'python-libpq.py', pythonLibpq);
  return {
    tempDir,
    nodeRuntimeFile: privateFile(tempDir, 'node-runtime.mjs', nodeRuntime),
    pythonRuntimeFile: privateFile(tempDir, 'python-runtime.py', pythonRuntime),
    closers,
    stopAsked: Promise.race([stop.first, readerGone]).then(() => 'stop' as const),
  };
}

function privateFile(folder: string, name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}
