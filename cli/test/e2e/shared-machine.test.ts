// What other users of the machine, and livectls in other containers, can do to what a running or killed livectl has left.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { newRunId } from '../../src/folders/run-lock.ts';
import { Livectl, project, repository, runLivectl } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function twoFunctions(): string {
  const settings = { runtime: 'nodejs22.x', triggers: { http: {} } };
  const functions = {
    one: { ...settings, handler: 'one.handler' },
    two: { ...settings, handler: 'two.handler' },
  };
  const { root, remove } = project({
    'livectl.json': JSON.stringify({ functions }),
    'package.json': '{"type":"module"}',
    'one.ts': 'export const handler = async () => 1;',
    'two.ts': 'export const handler = async () => 2;',
  });
  cleanups.push(remove);
  return root;
}

/** Runs a command as another user, where this one is root and that one may run livectl: then links are really another's. */
const [uid, asUser] = (() => {
  const command = ['setpriv', '--reuid=12345', '--regid=12345', '--clear-groups'];
  const [program = '', ...args] = [
    ...command,
    process.execPath,
    join(repository, 'dist/livectl.mjs'),
    '--version',
  ];
  const isPossible = process.getuid?.() === 0 && spawnSync(program, args).status === 0;
  return isPossible ? [12_345, command] : [process.getuid?.() ?? 0, []];
})();

function serve(root: string, options: ConstructorParameters<typeof Livectl>[1] = {}): Livectl {
  const livectl = new Livectl(
    ['serve', '--local', '--port', '0', '--format', 'json', '--root', root],
    options,
  );
  cleanups.push(() => livectl.dispose());
  return livectl;
}

test('links that another user has put where killed livectls leave their folders lead nowhere', async () => {
  const base = mkdtempSync(join(tmpdir(), 'livectl-shared-'));
  cleanups.push(() => rmSync(base, { recursive: true, force: true }));
  const home = join(base, 'home', 'tom');
  mkdirSync(join(home, 'work'), { recursive: true });
  writeFileSync(join(home, 'work', 'thesis'), 'years');
  const [shared, state, runtime] = ['tmp', 'state', 'runtime'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  const root = twoFunctions();
  const own = [base, join(base, 'home'), home, join(home, 'work'), join(home, 'work', 'thesis')];
  for (const path of [...own, root, ...filesIn(root)]) lchownSync(path, uid, uid);
  const places = [
    shared,
    runtime,
    join(runtime, 'livectl'),
    join(state, 'livectl', 'run'),
    join(root, '.livectl'),
  ];
  for (const place of places) {
    mkdirSync(place, { recursive: true });
    chmodSync(place, 0o1777);
    // The folder for all is root's; those that should be private were left open once.
    for (let path = place; path !== base && path !== root && path !== shared; path = dirname(path)) {
      lchownSync(path, uid, uid);
    }
    // An id without a process, and the id of a run that has ended.
    for (const name of ['livectl-4194304-abcdef', '4194304@host', newRunId()]) {
      symlinkSync(home, join(place, name));
    }
  }
  const env = { TMPDIR: shared, XDG_STATE_HOME: state, XDG_RUNTIME_DIR: runtime };
  const livectl = serve(root, { env, on: (command) => [...asUser, ...command] });
  const { url } = await livectl.event('ready');
  expect(await (await fetch(`${url}/one`)).text()).toBe('1');
  expect(await livectl.stop()).toBe(0);
  expect(readdirSync(join(home, 'work'))).toEqual(['thesis']);
  expect(readdirSync(home)).toEqual(['work']);
  // A runtime folder that others may write to is not used at all.
  expect(readdirSync(join(runtime, 'livectl'))).toHaveLength(3);
  expect(readdirSync(shared)).toHaveLength(3);
});

function filesIn(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

/** Runs a command where no process of this machine has the id it has here. */
const inOwnProcesses = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-current-user']),
  ...['--pid', '--fork', '--kill-child'],
];
/** Where that is not allowed, two livectls that share folders are still two. */
const isPossible = spawnSync(inOwnProcesses[0] ?? '', [...inOwnProcesses.slice(1), 'true']).status === 0;
const apart = isPossible ? inOwnProcesses : [];

test('a livectl in a container that shares the folders leaves those of a running one', async () => {
  const root = twoFunctions();
  const outer = serve(root);
  const { url } = await outer.event('ready');
  expect(await (await fetch(`${url}/one`)).text()).toBe('1');
  const names = outer.leftBehind();
  const builds = readdirSync(join(root, '.livectl'));
  expect(names).toHaveLength(4);
  const env = { TMPDIR: outer.tempDir, XDG_STATE_HOME: join(outer.tempDir, 'state') };
  const inner = serve(root, { env, on: (command) => [...apart, ...command] });
  // The one above it passes on no other signal.
  cleanups.push(() => void inner.child.kill('SIGKILL'));
  await inner.event('ready');
  expect(outer.leftBehind()).toEqual(expect.arrayContaining(names));
  expect(outer.leftBehind()).toHaveLength(8);
  expect(readdirSync(join(root, '.livectl'))).toEqual(expect.arrayContaining(builds));
  // A new worker and a new stub need what is in them.
  expect(await (await fetch(`${url}/two`)).text()).toBe('2');

  await inner.stop('SIGKILL');
  expect(outer.leftBehind()).toHaveLength(8);
  const invoked = await runLivectl(['invoke', 'one', '--local', '--root', root], { env });
  expect(invoked.stdout).toContain('1');
  expect(invoked.code).toBe(0);
  const last = serve(root, { env });
  await last.event('ready');
  expect(await last.stop()).toBe(0);
  expect(outer.leftBehind().sort()).toEqual(names.sort());
  const left = readdirSync(join(root, '.livectl'));
  expect(new Set([...left, 'recordings'])).toEqual(new Set([...builds, 'recordings']));
  expect(await outer.stop()).toBe(0);
  expect(outer.leftBehind()).toEqual([]);
  expect(readdirSync(join(root, '.livectl')).sort()).toEqual(['.gitignore', 'recordings']);
});
