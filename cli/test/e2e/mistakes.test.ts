// Bad input: one clear error each, exit code 2, nothing left behind; and the terminal's own rules.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Livectl, project, repository } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function run(...args: string[]): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const livectl = new Livectl(args);
  cleanups.push(() => livectl.dispose());
  const code = await livectl.exited;
  expect(livectl.leftBehind()).toEqual([]);
  return { code, stdout: livectl.stdout, stderr: livectl.stderr };
}

function folder(files: Record<string, string>): string {
  const made = project(files);
  cleanups.push(made.remove);
  return made.root;
}

test('all mistakes of a manifest at once, with their paths', async () => {
  const root = folder({
    'livectl.json': JSON.stringify({
      functions: {
        a: { handler: 'a b.handler', runtime: 'nodejs99.x', timeout: 1000 },
        b: { handler: 'b.handler', runtime: 'nodejs20.x', memroy_size: 256 },
      },
    }),
  });
  const { code, stderr } = await run('serve', '--local', '--port', '0', '--root', root);
  expect(code).toBe(2);
  expect(stderr).toContain('functions.a.handler');
  expect(stderr).toContain('functions.a.timeout');
  expect(stderr).toContain('functions.b.memroy_size');
  expect(stderr).toContain('memory_size');
  expect(stderr).not.toMatch(/\n\s+at /);
});

test('an unknown flag: the one that was meant, and none of the parser’s words', async () => {
  const { code, stderr } = await run('trigger', 'sns', 'worker', '--local', '--mesage', 'x');
  expect(code).toBe(2);
  expect(stderr).toBe(
    'livectl trigger: there is no flag --mesage; did you mean "--message"?\n  livectl trigger --help lists its flags\n',
  );
});

test('a manifest that is not JSON: its line and column', async () => {
  const root = folder({ 'livectl.json': '{\n  "functions": {,}\n}' });
  const { code, stderr } = await run('serve', '--local', '--port', '0', '--root', root);
  expect(code).toBe(2);
  expect(stderr).toMatch(/livectl\.json:2:\d+/);
});

test('no manifest: where it looked', async () => {
  const root = folder({});
  const { code, stderr } = await run('serve', '--local', '--port', '0', '--root', root);
  expect(code).toBe(2);
  expect(stderr).toContain(root);
  expect(stderr).toContain('livectl.json');
});

test('a handler without a file: what was looked for', async () => {
  const root = folder({
    'livectl.json': JSON.stringify({
      functions: { a: { handler: 'src/missing.handler', runtime: 'nodejs20.x' } },
    }),
  });
  const { code, stderr } = await run('serve', '--local', '--port', '0', '--root', root);
  expect(code).toBe(2);
  expect(stderr).toContain('src/missing{.ts,');
});

test('a port in use: which, and what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => void server.close());
  const { port } = server.address() as { port: number };
  const root = `${repository}/examples/quickstart`;
  const { code, stderr } = await run('serve', '--local', '--port', String(port), '--root', root);
  expect(code).toBe(2);
  expect(stderr).toContain(String(port));
  expect(stderr).toContain('--port');
});

test('the same as one JSON object under --format json', async () => {
  const root = folder({});
  const { code, stdout } = await run('serve', '--local', '--format', 'json', '--port', '0', '--root', root);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ event: 'error', code: 'LD_CONFIG' });
});

test.each([
  [['serve', '--local', '--port', 'x'], '--port'],
  [['serve', '--local', '--format', 'xml'], '--format'],
  [['serve', '--local', '--max-workers', '0'], '--max-workers'],
  [['serve'], '--local'],
  [['serve', '--lcoal'], '--lcoal'],
  [['sreve'], 'sreve'],
])('livectl %j is a usage error', async (args, word) => {
  const { code, stdout, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stdout + stderr).toContain(word);
});

test('--help and --version', async () => {
  const help = await run('--help');
  expect(help.code).toBe(0);
  expect(help.stdout).toMatch(/^ {2}serve /m);
  const serve = await run('serve', '--help');
  expect(serve.stdout).toContain('--local');
  expect(serve.stdout).toContain('livectl serve --local --root');
  // Without the commit where the build was made outside a repository.
  expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+( \([0-9a-f]{7}\+?\))?\n$/);
});

test('the terminal view: no colour when stdout is not a terminal, one line in and one out', async () => {
  const root = folder({
    'livectl.json': JSON.stringify({ functions: { hi: { handler: 'hi.handler', runtime: 'nodejs20.x' } } }),
    'hi.mjs':
      'export const handler = async () => { console.log("a line"); return { statusCode: 201, body: "made" }; };',
  });
  const livectl = new Livectl(['serve', '--local', '--port', '0', '--root', root]);
  cleanups.push(() => livectl.dispose());
  await livectl.until(() => livectl.stdout.includes('curl '), 'curl line');
  const url = /curl '([^']+)'/.exec(livectl.stdout)?.[1] ?? '';
  expect((await fetch(url)).status).toBe(201);
  await livectl.until(() => livectl.stdout.includes('←'), 'line out');
  expect(await livectl.stop()).toBe(0);
  expect(livectl.stdout).not.toContain('\u001b');
  const lines = livectl.stdout.split('\n').filter((line) => /→|a line|←/.test(line));
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^[0-9a-f-]{6} → hi GET \/hi$/);
  expect(lines[1]).toMatch(/^[0-9a-f-]{6} {3}a line$/);
  expect(lines[2]).toMatch(/^[0-9a-f-]{6} ← hi 201 \d+(\.\d+)? ms \(code .*, relay .*\)$/);
  expect(livectl.stdout).toContain('stopped: 1 invocation, 0 failed');
});
