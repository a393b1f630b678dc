// The same bundle of the cloud under Node and under Deno.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtRuntime, denoCommand } from '../worker/built-runtime.ts';

const runtime = builtRuntime();
const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
const script = join(folder, 'round-trip.mjs');

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('fixtures/round-trip.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    external: ['bufferutil', 'utf-8-validate'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each<[string, readonly string[]]>([
  ['Node', [process.execPath]],
  ['Deno', denoCommand],
])('%s runs the cloud and its stubs', async (name, [program = '', ...args]) => {
  const { stdout } = await promisify(execFile)(program, [...args, script, runtime.file, program, ...args], {
    timeout: 25_000,
  });
  expect(JSON.parse(stdout)).toEqual({
    invoked: { event: { n: 1 }, deno: name === 'Deno' },
    http: [201, ['a=1', 'b=2'], true],
    notFound: 404,
    tooLarge: 413,
    refused: 403,
    post: 200,
    message: true,
    closed: 1009,
    gone: 410,
    item: { N: '1.5' },
  });
});
