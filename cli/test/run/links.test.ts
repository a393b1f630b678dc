// Links to files in what the built livectl writes: of a stack, of its cause and of a build error, and none of a function.
import { realpathSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Livectl, project } from '../e2e/livectl-process.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: links are made of them
const link = /\u001b\]8;id=[0-9a-f]{16};([^\u001b]*)\u001b\\([^\u001b]*)\u001b\]8;;\u001b\\/g;

const handler = (more: string) => `export const handler = async () => {
  const text = '\\u001b]8;;https://evil.example/\\u0007click\\u001b]8;;\\u0007\\u001b]0;title\\u0007';
  console.log(text);
  throw new Error(text, { cause: new TypeError('deeper') });${more}
};
`;

test.each([
  ['a terminal', {}, (path: string, line: number) => `file://${hostname().toLowerCase()}${path}#${line}`],
  ['VS Code', { TERM_PROGRAM: 'vscode' }, (path: string, line: number) => `file://${path}#${line},`],
])('for %s', async (_what, env, url) => {
  const triggers = { http: { path: '/f' } };
  const f = { handler: 'f.handler', runtime: 'nodejs22.x', triggers };
  const { remove, root } = project({
    'livectl.json': JSON.stringify({ functions: { f } }),
    'f.mjs': handler(''),
  });
  const livectl = new Livectl(['serve', '--local', '--port', '0', '--root', realpathSync(root)], {
    env: { FORCE_HYPERLINK: '1', TERM_PROGRAM: '', ...env },
  });
  try {
    await livectl.until(() => livectl.stdout.includes('Press Ctrl-C'), 'ready');
    const [front = ''] = /http:\/\/127\.0\.0\.1:\d+\/f/.exec(livectl.stdout) ?? [];
    expect((await fetch(front)).status).toBe(500);
    await livectl.until(() => livectl.stdout.includes('caused by TypeError: deeper'), 'the cause');
    writeFileSync(join(root, 'f.mjs'), handler(' ]'));
    await livectl.until(() => livectl.stdout.includes('Unexpected'), 'the build error');
    expect(await livectl.stop()).toBe(0);
    const found = [...livectl.stdout.matchAll(link)].map(([, to = '', text = '']) => ({ to, text }));
    const path = join(realpathSync(root), 'f.mjs');
    // The stack, the cause's, and the build error.
    expect(found).toHaveLength(3);
    for (const { text, to } of found) {
      expect(to.startsWith(url(path, 4)), to).toBe(true);
      expect(text).toMatch(/f\.mjs:4:\d+$/);
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the matter
    expect(livectl.stdout.replace(link, '')).not.toMatch(/[\u001b\u0007]/);
    expect(livectl.stdout).toContain('␛]8;;https://evil.example/␇click');
  } finally {
    await livectl.dispose();
    remove();
  }
});
