// Builds the stub as scripts/build.mjs does, into a folder of the test's own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { stubEntries, stubOptions } from '../../../scripts/stub-options.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const asShipped: BuildOptions = stubOptions(root);

export interface BuiltStub {
  /** The stub as it is shipped. */
  readonly indexFile: string;
  /** The one beside a wrapped function. */
  readonly besideFile: string;
  /** The same sources with a clock that the test turns over IPC. */
  readonly manualClockFile: string;
  /** The child's program: Lambda's Node runtime as far as a stub sees it. */
  readonly runtimeFile: string;
  /** Source files in the shipped bundle. */
  readonly inputs: readonly string[];
  remove(): Promise<void>;
}

export async function buildStub(): Promise<BuiltStub> {
  const folder = await mkdtemp(join(tmpdir(), 'stub-test-'));
  const bundle = async (entry: string, name: string) => {
    const outdir = join(folder, name);
    const result = await build({ ...asShipped, entryPoints: stubEntries(entry), outdir });
    return { outfile: join(outdir, 'index.mjs'), result };
  };
  const [shipped, beside, manual, runtime] = await Promise.all([
    bundle('stub/src/index.ts', 'index'),
    bundle('stub/src/beside.ts', 'beside'),
    bundle('stub/test/harness/manual-clock-stub.ts', 'manual-clock-stub'),
    bundle('stub/test/harness/lambda-runtime.ts', 'lambda-runtime'),
  ]);
  return {
    indexFile: shipped.outfile,
    besideFile: beside.outfile,
    manualClockFile: manual.outfile,
    runtimeFile: runtime.outfile,
    inputs: Object.keys(shipped.result.metafile?.inputs ?? {}),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
