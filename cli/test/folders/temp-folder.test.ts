// Where a run's temporary folder is: as private as possible, and never where another user could change it.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeTempFolder } from '../../src/folders/temp-folder.ts';

let base: string;
const at = (name: string) => join(base, name);

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'livectl-temp-')));
  for (const name of ['runtime', 'state', 'tmp']) mkdirSync(at(name), { mode: 0o700 });
  chmodSync(at('tmp'), 0o1777);
  vi.stubEnv('XDG_RUNTIME_DIR', at('runtime'));
  vi.stubEnv('XDG_STATE_HOME', at('state'));
  vi.stubEnv('TMPDIR', at('tmp'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

test('in the runtime folder, and gone when removed', async () => {
  const { path, remove } = await makeTempFolder();
  expect(dirname(path)).toBe(join(at('runtime'), 'livectl'));
  expect(statSync(path).mode & 0o777).toBe(0o700);
  remove();
  expect(readdirSync(dirname(path))).toEqual([]);
});

test.each([
  ['is open to others', () => chmodSync(at('runtime'), 0o755)],
  [
    'is a link',
    () => {
      rmSync(at('runtime'), { recursive: true });
      symlinkSync(at('tmp'), at('runtime'));
    },
  ],
  ['is not there', () => rmSync(at('runtime'), { recursive: true })],
  ['is not an absolute path', () => vi.stubEnv('XDG_RUNTIME_DIR', 'runtime')],
  ['is not named', () => vi.stubEnv('XDG_RUNTIME_DIR', '')],
])('in the state folder where the runtime folder %s', async (_, spoil) => {
  spoil();
  const { path, remove } = await makeTempFolder();
  expect(dirname(path)).toBe(join(at('state'), 'livectl', 'run'));
  remove();
  expect(readdirSync(at('tmp'))).toEqual([]);
});

test('under a random name if others may write to both, and nowhere if they may rename that', async () => {
  for (const name of ['runtime', 'state']) chmodSync(at(name), 0o777);
  const { path, remove } = await makeTempFolder();
  expect(dirname(path)).toBe(at('tmp'));
  expect(statSync(path).mode & 0o777).toBe(0o700);
  remove();
  expect(existsSync(path)).toBe(false);
  chmodSync(at('tmp'), 0o777);
  await expect(makeTempFolder()).rejects.toMatchObject({
    code: 'LD_CONFIG',
    message: expect.stringContaining(`other users may write to ${at('state')}`),
    remedy: expect.stringContaining('XDG_STATE_HOME'),
  });
  expect(readdirSync(at('tmp'))).toEqual([]);
});
