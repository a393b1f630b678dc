// Where running livectls record their addresses: private, this user's own, and no other user's record is trusted.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readServeStates, type ServeState, writeServeState } from '../../src/control/serve-state.ts';
import { makeStateFolder } from '../../src/folders/state-folder.ts';

const state: Omit<ServeState, 'version' | 'pid'> = {
  since: '2026-01-01T00:00:00.000Z',
  control: { url: 'http://127.0.0.1:9', token: 'x' },
  root: '/app',
  manifest: '/app/livectl.json',
  functions: ['a'],
  place: { kind: 'stage', stage: 'dev', table: 'live-debug-dev', region: 'eu-west-1' },
};

let home: string;
let folder: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'livectl-state-'));
  folder = join(home, 'livectl');
  vi.stubEnv('XDG_STATE_HOME', home);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

test('what is written is found by this user only, and is gone when removed', async () => {
  const remove = await writeServeState(state);
  const [found] = await readServeStates();
  expect(found).toMatchObject({ ...state, pid: process.pid });
  expect(statSync(found?.file ?? '').mode & 0o777).toBe(0o600);
  remove();
  expect(await readServeStates()).toEqual([]);
  expect(readdirSync(join(folder, 'run'))).toEqual([]);
});

test('a folder that others may read is made private, also behind a link', () => {
  const target = join(home, 'elsewhere');
  mkdirSync(target);
  chmodSync(target, 0o755);
  symlinkSync(target, folder);
  expect(makeStateFolder()).toBe(folder);
  expect(statSync(target).mode & 0o777).toBe(0o700);
});

test('a file in its place is reported', async () => {
  writeFileSync(folder, '');
  expect(() => makeStateFolder()).toThrow(/EEXIST|ENOTDIR/);
  expect(await readServeStates()).toEqual([]);
});

// Only root can give a folder away.
test.skipIf(process.getuid?.() !== 0)('another user’s folder is neither written to nor trusted', async () => {
  const remove = await writeServeState(state);
  chownSync(folder, 12_345, 12_345);
  expect(() => makeStateFolder()).toThrow(/is another user's/);
  expect(await readServeStates()).toEqual([]);
  remove();
});

test.skipIf(process.getuid?.() !== 0)('nor is one behind a link of this user’s', () => {
  const target = join(home, 'elsewhere');
  mkdirSync(target);
  chownSync(target, 12_345, 12_345);
  symlinkSync(target, folder);
  expect(() => makeStateFolder()).toThrow(/is another user's/);
});
