// `trigger` at a terminal asks for what is missing; python3's pty stands in for the terminal and the person.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Livectl, project, repository } from './livectl-process.ts';

const ptyRun = join(dirname(fileURLToPath(import.meta.url)), 'pty-run.py');
const stateHome = mkdtempSync(join(tmpdir(), 'livectl-state-'));
let serve: Livectl;
let root: string;
let remove: () => void;

beforeAll(async () => {
  const worker = { handler: 'app.handler', runtime: 'nodejs20.x' };
  const manifest = {
    functions: {
      worker: { ...worker, triggers: { sns: {}, http: { path: '/orders/{id}' } } },
      other: { ...worker, triggers: { http: {} } },
    },
  };
  ({ remove, root } = project({
    'livectl.json': JSON.stringify(manifest),
    'app.mjs': `export const handler = async (event) => console.log('heard', event.Records?.[0].Sns.Message ?? event.rawPath);`,
  }));
  const args = ['serve', '--local', '--root', root, '--port', '0', '--format', 'json'];
  serve = new Livectl(args, { env: { XDG_STATE_HOME: stateHome } });
  await serve.event('ready');
});

afterAll(async () => {
  await serve.dispose();
  remove();
  rmSync(stateHome, { recursive: true, force: true });
});

/** What the terminal showed, without its colours, and the exit code. */
async function atTerminal(args: readonly string[], script: readonly string[]) {
  const command = [process.execPath, join(repository, 'dist/livectl.mjs'), 'trigger', ...args, '--local'];
  const env = { ...process.env, XDG_STATE_HOME: stateHome, TERM: 'xterm' };
  const child = spawn('python3', [ptyRun, ...command, '--root', root], { env, stdio: 'pipe' });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  child.stdin.end(`${script.join('\n')}\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys is made of them
  return { code, shown: shown.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '') };
}

test('asks for the function, the source and the message', async () => {
  const { code, shown } = await atTerminal(
    [],
    [
      ...['wait Which function', 'type nobody', 'wait Which function', 'type worker'],
      ...['wait Which source', 'type sns', 'wait Message', 'type two words'],
    ],
  );
  expect(shown).toContain('Which function (worker, other): ');
  expect(shown).toContain('Which source (http, sns): ');
  expect(shown).toContain('heard two words');
  expect(code).toBe(0);
});

test('asks only for what is missing', async () => {
  const { code, shown } = await atTerminal(['http', 'worker'], ['wait Path', 'type /orders/7']);
  expect(shown).toContain('Path, as /orders/{id}: ');
  expect(shown).not.toContain('Which');
  expect(shown).toContain('heard /orders/7');
  expect(code).toBe(0);
});

test.each(['c', 'd'])('Ctrl-%s leaves without a word', async (key) => {
  const { code, shown } = await atTerminal(['sns', 'worker'], ['wait Message', `ctrl ${key}`]);
  expect(shown.replace(/[\r\n]/g, '')).toBe('? Message: ');
  expect(code).toBe(1);
});

test('--format json never asks', async () => {
  const { code, shown } = await atTerminal(['sns', 'worker', '--format', 'json'], []);
  expect(JSON.parse(shown)).toMatchObject({ event: 'error', message: 'sns needs --message' });
  expect(code).toBe(2);
});
