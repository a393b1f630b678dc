// Commands in a folder below the project, and `livectl` alone.
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function projectOf(files: Readonly<Record<string, string>>): string {
  const { remove, root } = project(files);
  cleanups.push(remove);
  return root;
}

async function run(args: readonly string[], cwd?: string) {
  const livectl = new Livectl(args, cwd === undefined ? {} : { cwd });
  cleanups.push(() => livectl.dispose());
  return { code: await livectl.exited, stdout: livectl.stdout, stderr: livectl.stderr };
}

const hello = { handler: 'hello.handler', runtime: 'nodejs22.x', triggers: { http: { path: '/hello' } } };
const files = {
  'livectl.json': JSON.stringify({ functions: { hello } }),
  'hello.mjs': `export const handler = async () => 'hi';`,
  'src/deep/x': '',
};

describe('a livectl.json above the current folder', () => {
  it('is served, and named', async () => {
    const root = projectOf(files);
    const livectl = new Livectl(['serve', '--local', '--port', '0', '--format', 'json'], {
      cwd: join(root, 'src/deep'),
    });
    cleanups.push(() => livectl.dispose());
    const url = await livectl.url();
    expect(await (await fetch(`${url}/hello`)).text()).toBe('hi');
    expect(livectl.stderr).toContain(`uses livectl.json of ${root}`);
    expect(await livectl.stop()).toBe(0);
  });

  it.each([
    ['beyond the repository', (root: string) => mkdirSync(join(root, 'src/deep/.git'))],
    ['in a folder that everybody may write to', (root: string) => chmodSync(root, 0o777)],
    ['where --root says another', () => undefined],
  ])('does not count %s', async (what, change) => {
    const root = projectOf(files);
    change(root);
    const flags = what.startsWith('where') ? ['--root', '.'] : [];
    const { code, stderr } = await run(['serve', '--local', '--port', '0', ...flags], join(root, 'src/deep'));
    expect(code).toBe(2);
    expect(stderr).toContain(`There is no ${join(root, 'src/deep', 'livectl.json')}`);
  });
});

test('livectl alone says where to begin', async () => {
  const { code, stderr, stdout } = await run([]);
  expect([code, stderr]).toEqual([0, '']);
  for (const command of ['init', 'serve --local', 'serve --stage', 'doctor', '--help'])
    expect(stdout).toContain(`livectl ${command}`);
});
