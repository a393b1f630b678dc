// Builds the tunnel function as scripts/build.mjs does, into a folder of the test's own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { tunnelEntries, tunnelOptions } from '../../../scripts/stub-options.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface BuiltTunnel {
  /** The function as it is shipped. */
  readonly indexFile: string;
  /** The same sources with a clock that the test advances over IPC. */
  readonly manualClockFile: string;
  /** The child's program: Lambda's Node runtime as far as the function sees it. */
  readonly runtimeFile: string;
  remove(): Promise<void>;
}

export async function buildTunnel(): Promise<BuiltTunnel> {
  const folder = await mkdtemp(join(tmpdir(), 'tunnel-test-'));
  const bundle = async (entry: string, name: string) => {
    const outdir = join(folder, name);
    await build({ ...tunnelOptions(root), entryPoints: tunnelEntries(entry), outdir });
    return join(outdir, 'index.mjs');
  };
  const [indexFile, manualClockFile, runtimeFile] = await Promise.all([
    bundle('stub/src/tunnel/index.ts', 'index'),
    bundle('stub/test/tunnel/manual-clock-tunnel.ts', 'manual-clock'),
    bundle('stub/test/harness/lambda-runtime.ts', 'lambda-runtime'),
  ]);
  return {
    indexFile,
    manualClockFile,
    runtimeFile,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
