// The page in dist/livectl.mjs: how much it adds, and that nothing is unpacked before it is asked for.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { packInspectorPage } from '../../../scripts/inspector-page.mjs';
import { Livectl, project, repository } from '../e2e/livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const bundle = join(repository, 'dist', 'livectl.mjs');
const built = join(repository, 'dist', 'inspector');

/** The issue of the page allows so much. */
const mostBytes = 90 * 1024;

test('adds at most 90 KB to the one file', async () => {
  const packed = await packInspectorPage(built);
  expect(readFileSync(bundle, 'utf8')).toContain(packed);
  expect(packed.length).toBeLessThanOrEqual(mostBytes);
  const texts = JSON.parse(brotliDecompressSync(Buffer.from(packed, 'base64')).toString());
  for (const name of ['index.html', 'app.js', 'app.css'])
    expect(texts[name]).toBe(readFileSync(join(built, name), 'utf8'));
});

test('names the packages whose code it has', () => {
  const notices = readFileSync(join(repository, 'dist', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  expect(notices).toMatch(/^preact \d/m);
});

/** A module that writes a line to stderr whenever the page is unpacked. */
function reporter(): string {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-preload-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'report.cjs');
  writeFileSync(
    file,
    `const zlib = require('node:zlib');
const { brotliDecompressSync } = zlib;
zlib.brotliDecompressSync = (...args) => {
  process.stderr.write('unpacked\\n');
  return brotliDecompressSync(...args);
};`,
  );
  return file;
}

test('is unpacked at the first request for it, once', async () => {
  const NODE_OPTIONS = `--require ${reporter()}`;
  for (const args of [['--version'], ['--help'], ['serve', '--help']]) {
    const env = { ...process.env, NODE_OPTIONS };
    const { status, stderr } = spawnSync(process.execPath, [bundle, ...args], { env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }
  const { remove, root } = project({
    'livectl.json': JSON.stringify({ functions: { f: { runtime: 'nodejs22.x', handler: 'f.handler' } } }),
    'f.mjs': 'export const handler = async () => 1;',
  });
  cleanups.push(remove);
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root];
  const livectl = new Livectl(args, { env: { NODE_OPTIONS } });
  cleanups.push(() => livectl.dispose());
  const { inspector = '' } = await livectl.event('ready');
  expect(livectl.stderr).toBe('');
  const response = await fetch(inspector, { redirect: 'manual' });
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { origin } = new URL(inspector);
  for (const path of ['/', '/app.js', '/app.css', '/'])
    expect((await fetch(origin + path, { headers: { cookie } })).status).toBe(200);
  await livectl.stop();
  expect(livectl.stderr).toBe('unpacked\n');
});
