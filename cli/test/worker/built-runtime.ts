// The Node runtime client as the product builds it, for tests that start real processes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';
import { requireBanner } from '../../../scripts/stub-options.mjs';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Fixtures: one handler shape per file. */
export const handlersFolder = join(root, 'cli/test/handlers');

/** The Python runtime client, which needs no building. */
export const pythonRuntimeFile = join(root, 'cli/src/worker/python-runtime/python-runtime.py');

/** `deno run -A`, for tests that run under both. */
export const denoCommand = [join(root, 'node_modules/.bin/deno'), 'run', '-A'] as const;

/** Builds the client before the tests of a file and removes it after them; read the path inside a test. */
export function builtRuntime(): { readonly file: string } {
  return bundled('cli/src/worker/node-runtime/main.ts');
}

/** The same for any other program. */
export function bundled(entryPoint: string): { readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  const file = join(folder, 'program.mjs');
  beforeAll(async () => {
    await build({
      absWorkingDir: root,
      entryPoints: [entryPoint],
      outfile: file,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      banner: { js: requireBanner },
      logLevel: 'warning',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { file };
}
