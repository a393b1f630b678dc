// The builder under Deno, whose file system events and child processes differ.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

it('builds, watches and ends under Deno', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deno-'));
  try {
    const outfile = join(folder, 'saves.mjs');
    const entryPoints = [join(repository, 'cli/test/builder/fixtures/saves.ts')];
    await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile });
    const { stdout } = await promisify(execFile)(
      join(repository, 'node_modules/.bin/deno'),
      ['run', '--allow-all', '--no-config', '--quiet', outfile, join(repository, 'node_modules/esbuild')],
      { cwd: folder, timeout: 25_000 },
    );
    expect(JSON.parse(stdout)).toEqual([
      'started',
      'saved',
      'renamed',
      'Could not resolve "./greeting.ts"',
      'back',
      'python',
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
