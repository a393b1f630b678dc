// `.env`, `--env` and `--env-file`, as the built program: what functions see, and what is shown of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type JsRuntime, Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const settings = (name: string) => ({
  handler: `${name}.handler`,
  runtime: 'nodejs22.x',
  environment: { LEVEL: 'info', OWN: '1' },
  triggers: { http: { path: `/${name}` } },
});
const source = `const atStart = process.env.LEVEL;
  export const handler = async () => [atStart, process.env.LEVEL, process.env.OWN, process.env.API_TOKEN, process.env.MORE].join();`;

function projectWith(more: Record<string, string>): string {
  const { remove, root } = project({
    'livectl.json': JSON.stringify({ functions: { one: settings('one'), two: settings('two') } }),
    'one.mjs': source,
    'two.mjs': source,
    ...more,
  });
  cleanups.push(remove);
  return root;
}

describe.each(['node', 'deno'] as const)('%s', (runtime: JsRuntime) => {
  it('variables of this machine are over the function’s own; names are shown, values nowhere', async () => {
    const root = projectWith({
      '.env': 'LEVEL=debug\nAPI_TOKEN=tok-s3cret\n',
      'two.env': 'LEVEL=file',
      'all.env': 'MORE=1',
    });
    const file = join(root, 'all.env');
    // With a file that exists: Node.js itself looks for that of an --env-file, wherever it stands.
    const flags = [
      '--env',
      'one:OWN=flag-s3cret',
      '--env',
      `two:@${join(root, 'two.env')}`,
      '--env-file',
      file,
    ];
    const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root, ...flags];
    const livectl = new Livectl(args, { runtime });
    cleanups.push(() => livectl.dispose());
    const url = await livectl.url();
    const call = async (name: string) => (await fetch(`${url}/${name}`)).text();
    expect(await call('one')).toBe('debug,debug,flag-s3cret,tok-s3cret,1');
    expect(await call('two')).toBe('file,file,1,tok-s3cret,1');
    // Also what code has read while it was loaded; two.env is over .env there.
    writeFileSync(join(root, '.env'), 'LEVEL=trace\nAPI_TOKEN=tok-s3cret\n');
    expect(await call('one')).toBe('trace,trace,flag-s3cret,tok-s3cret,1');
    expect(await call('two')).toBe('file,file,1,tok-s3cret,1');
    // Without an invocation.
    const ended = () => livectl.events.filter(({ event }) => event === 'worker_ended').length;
    const before = ended();
    writeFileSync(join(root, 'two.env'), 'LEVEL=file2');
    await livectl.until(() => ended() > before, 'worker_ended');
    expect(await call('two')).toBe('file2,file2,1,tok-s3cret,1');
    expect(await livectl.stop()).toBe(0);
    const notices = livectl.events.flatMap((event) => (event.event === 'notice' ? [event.message] : []));
    expect(notices).toEqual(
      expect.arrayContaining([
        '.env sets LEVEL, API_TOKEN',
        `${join(root, 'two.env')} sets LEVEL for two`,
        `${file} sets MORE`,
        '--env sets OWN for one',
        '.env was saved with another LEVEL: new workers for one',
        `${join(root, 'two.env')} was saved with another LEVEL: new workers for two`,
      ]),
    );
    expect(livectl.stdout + livectl.stderr).not.toContain('s3cret');
  });
});

test.each([
  [['--env', 'AWS_SECRET_ACCESS_KEY=s3cret'], '"AWS_SECRET_ACCESS_KEY" is set by Lambda'],
  [['--env', 'on:LEVEL=s3cret'], 'did you mean "one"?'],
  [['--env', '@none.env'], 'none.env does not exist'],
])('%j is refused with exit code 2', async (flags, message) => {
  const args = ['serve', '--local', '--port', '0', '--root', projectWith({}), ...flags];
  const livectl = new Livectl(args);
  cleanups.push(() => livectl.dispose());
  expect(await livectl.exited).toBe(2);
  expect(livectl.stderr).toContain(message);
  expect(livectl.stdout + livectl.stderr).not.toContain('s3cret');
});
