// Saves of files that only a running function knows of reload it; what it writes itself doesn't.
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { python, skipReason } from '../worker/python-interpreter.ts';
import { type JsRuntime, Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/**
 * Resolves once a file that is written has a time after now. The kernel's clock for files lags by a tick: what is written
 * earlier after an answer, as nobody saves, has a time at which the function was running still.
 */
async function fileTimePasses(folder: string): Promise<void> {
  const now = Date.now();
  const probe = join(folder, 'probe');
  do {
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(probe, '');
  } while (statSync(probe).mtimeMs <= now);
}

/** Serves one function `f` from these files and calls it once; `answer` calls it again. */
async function serve(
  files: Record<string, string>,
  settings: object,
  runtime: JsRuntime = 'node',
): Promise<{
  livectl: Livectl;
  root: string;
  first: string;
  answer: () => Promise<string>;
  save: (name: string, text: string) => Promise<readonly string[]>;
}> {
  const f = { runtime: 'nodejs22.x', timeout: 10, ...settings };
  const { root, remove } = project({ ...files, 'livectl.json': JSON.stringify({ functions: { f } }) });
  cleanups.push(remove);
  mkdirSync(join(root, '.git'));
  const livectl = new Livectl(['serve', '--local', '--port', '0', '--format', 'json', '--root', root], {
    runtime,
  });
  cleanups.push(() => livectl.dispose());
  const url = `${await livectl.url()}/f`;
  const answer = async () => (await fetch(url, { signal: AbortSignal.timeout(20_000) })).text();
  const save = async (name: string, text: string) => {
    const before = livectl.events.length;
    mkdirSync(join(root, name, '..'), { recursive: true });
    await fileTimePasses(livectl.tempDir);
    writeFileSync(join(root, name), text);
    await livectl.until(() => livectl.events.slice(before).some(({ event }) => event === 'reload'), 'reload');
    const reload = livectl.events.slice(before).find(({ event }) => event === 'reload');
    return reload?.event === 'reload' ? reload.changed : [];
  };
  return { livectl, root, first: await answer(), answer, save };
}

describe.each(['node', 'deno'] as const)('%s', (runtime) => {
  it('sees a module required by a computed name', async () => {
    const source = `const { join } = require('node:path');
      exports.handler = async () => require(join(__dirname, 'plugins', 'one')).text;`;
    const { first, answer, save } = await serve(
      {
        'app.cjs': source,
        'plugins/one.cjs': '',
        'plugins/one/index.js': `exports.text = 'old';`,
        'package.json': '{}',
      },
      { handler: 'app.handler' },
      runtime,
    );
    expect(first).toBe('old');
    // It was loaded by the invocation, not by the handler's module.
    expect(await save('plugins/one/index.js', `exports.text = 'new';`)).toEqual(['plugins/one/index.js']);
    expect(await answer()).toBe('new');
  });

  it('sees a module imported by a computed name', async () => {
    const source = `const name = './plugins/' + (process.env.NEVER ?? 'one') + '.mjs';
      const plugin = await import(name);
      export const handler = async () => plugin.text;`;
    const { first, answer, save } = await serve(
      { 'app.mjs': source, 'plugins/one.mjs': `export const text = 'old';` },
      { handler: 'app.handler' },
      runtime,
    );
    expect(first).toBe('old');
    expect(await save('plugins/one.mjs', `export const text = 'new';`)).toEqual(['plugins/one.mjs']);
    expect(await answer()).toBe('new');
  });

  it('sees what a bundled handler reads while it is loaded: files, .env, and what is new in a folder', async () => {
    const source = `import { existsSync, readdirSync, readFileSync } from 'node:fs';
      import { join } from 'node:path';
      const text: string = readFileSync(join(__dirname, 'text.txt'), 'utf8');
      const env = existsSync(join(__dirname, '.env')) ? readFileSync(join(__dirname, '.env'), 'utf8') : 'none';
      const names = readdirSync(join(__dirname, 'pages'));
      export const handler = async () => [text, env, ...names].join();`;
    const { first, answer, save } = await serve(
      { 'app.ts': source, 'text.txt': 'old', 'pages/a.html': '', '.gitignore': '.env' },
      { handler: 'app.handler' },
      runtime,
    );
    expect(first).toBe('old,none,a.html');
    expect(await save('text.txt', 'new')).toEqual(['text.txt']);
    expect(await answer()).toBe('new,none,a.html');
    expect(await save('.env', 'A=1')).toEqual(['.env']);
    expect(await answer()).toBe('new,A=1,a.html');
    expect(await save('pages/b.html', '')).toEqual(['pages']);
    expect(await answer()).toBe('new,A=1,a.html,b.html');
  });
});

it('does not reload a Node.js function for a file that it reads at its start and writes', async () => {
  const source = `import { readFileSync, writeFileSync } from 'node:fs';
    let count = Number(readFileSync('count.txt', 'utf8'));
    export const handler = async () => { writeFileSync('count.txt', String(++count)); return count; };`;
  const { first, answer, save } = await serve(
    { 'app.mjs': source, 'count.txt': '1', 'other.json': '1' },
    { handler: 'app.handler' },
  );
  expect([first, await answer(), await answer()]).toEqual(['2', '3', '4']);
  expect(await save('app.mjs', `${source}// saved`)).toEqual(['app.mjs']);
});

describe.skipIf(skipReason)(`Python${skipReason ? `: ${skipReason}` : ''}`, () => {
  it('reloads for what was imported or opened at import, and for nothing else', async () => {
    const source = `import json, os
here = os.path.dirname(__file__)
with open(os.path.join(here, "config.json")) as file:
    config = json.load(file)

def handler(event, context):
    import helper
    with open(os.path.join(here, "out.json"), "w") as file:
        json.dump(event, file)
    with open(os.path.join(here, "notes.py"), "w") as file:
        file.write("# written by the function\\n" * config["n"])
    return "%s %s" % (config["n"], helper.text)
`;
    const { first, answer, livectl, save } = await serve(
      { 'app.py': source, 'config.json': '{"n": 1}', 'helper.py': 'text = "old"', 'unused.py': 'x = 1' },
      { handler: 'app.handler', runtime: 'python3.13', python },
    );
    expect([first, await answer()]).toEqual(['1 old', '1 old']);
    expect(await save('config.json', '{"n": 2}')).toEqual(['config.json']);
    expect(await answer()).toBe('2 old');
    expect(await save('helper.py', 'text = "new"')).toEqual(['helper.py']);
    expect(await answer()).toBe('2 new');
    expect(livectl.events.filter(({ event }) => event === 'reload')).toHaveLength(2);
  });

  it('gets well when the module it misses appears', async () => {
    const { answer, save } = await serve(
      { 'app.py': 'import helper\n\ndef handler(event, context):\n    return helper.text\n' },
      { handler: 'app.handler', runtime: 'python3.13', python },
    );
    expect(await save('helper.py', 'text = "there"')).toContain('.');
    expect(await answer()).toBe('there');
  });
});
