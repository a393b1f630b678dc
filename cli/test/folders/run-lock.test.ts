// Which livectl is still running, by a lock that the kernel frees, and what is removed of those that are not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeEnded } from '../../src/folders/ended-runs.ts';
import { hasEnded, holdLock, lockFile, newRunId, silenceMs } from '../../src/folders/run-lock.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-lock-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Of a machine that is not this one. */
const foreign = '00000000-0123456789abcdef';

function leave(id: string): string {
  const path = join(folder, id);
  mkdirSync(path);
  writeFileSync(`${path}.json`, '{}');
  return path;
}

function age(path: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  utimesSync(path, then, then);
}

test('a run lasts while its lock is held, whatever its process id', async () => {
  const lock = await holdLock(folder);
  const path = leave(lock.id);
  expect(await hasEnded(folder, lock.id, path)).toBe(false);
  await removeEnded(folder);
  expect(readdirSync(folder).sort()).toEqual([lock.id, `${lock.id}.json`, `${lock.id}.lock`]);
  lock.release();
  expect(await hasEnded(folder, lock.id, path)).toBe(true);
  await removeEnded(folder);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['killed', 'SIGKILL', true],
  ['stopped', 'SIGSTOP', false],
] as const)('one that is %s has ended: %s, %s', async (_, signal, ended) => {
  const id = newRunId();
  const script = `require('net').createServer().listen(${JSON.stringify(lockFile(folder, id))}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const path = leave(id);
  child.kill(signal);
  if (ended) await once(child, 'exit');
  expect(await hasEnded(folder, id, path)).toBe(ended);
  await removeEnded(folder);
  expect(existsSync(path)).toBe(!ended);
  if (!ended) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('in a folder whose path is too long for a socket', async () => {
  const long = join(folder, 'n'.repeat(100), 'n'.repeat(100));
  mkdirSync(long, { recursive: true });
  const lock = await holdLock(long);
  expect(readdirSync(long)).toEqual([`${lock.id}.lock`]);
  expect(await hasEnded(long, lock.id, long)).toBe(false);
  // The name is kept, but nobody listens under it.
  const server = createServer();
  const short = join(folder, 'socket');
  await new Promise<void>((resolve) => server.listen(short, resolve));
  const dead = newRunId();
  renameSync(short, lockFile(long, dead));
  await new Promise((resolve) => server.close(resolve));
  expect(await hasEnded(long, dead, long)).toBe(true);
  lock.release();
});

test('on another machine, or without sockets, only a week of silence counts', async () => {
  const path = leave(foreign);
  expect(await hasEnded(folder, foreign, path)).toBe(false);
  age(path, silenceMs + 60_000);
  expect(await hasEnded(folder, foreign, path)).toBe(true);
  writeFileSync(lockFile(folder, foreign), '');
  expect(await hasEnded(folder, foreign, path)).toBe(false);
  const id = newRunId();
  writeFileSync(lockFile(folder, id), '');
  expect(await hasEnded(folder, id, folder)).toBe(false);
  age(lockFile(folder, id), silenceMs + 60_000);
  expect(await hasEnded(folder, id, folder)).toBe(true);
});

test('what is named for an ended run is removed, links unfollowed, and nothing else', async () => {
  const victim = join(folder, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'file'), '');
  const [linked, nested, early] = [newRunId(), newRunId(), newRunId()];
  symlinkSync(victim, join(folder, linked));
  symlinkSync(join(victim, 'file'), join(folder, `${linked}.json`));
  symlinkSync(victim, join(leave(nested), 'link'));
  // Another livectl is just about to listen.
  writeFileSync(join(folder, `${early}.new`), '');
  writeFileSync(join(folder, 'livectl-1-abcdef'), '');
  await removeEnded(folder);
  expect(readdirSync(folder).sort()).toEqual([`${early}.new`, 'livectl-1-abcdef', 'victim'].sort());
  expect(readdirSync(victim)).toEqual(['file']);
  age(join(folder, `${early}.new`), silenceMs + 60_000);
  await removeEnded(folder);
  expect(existsSync(join(folder, `${early}.new`))).toBe(false);
});
