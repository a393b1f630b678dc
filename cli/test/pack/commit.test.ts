// The commit that `livectl --version` names.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commitOf } from '../../../scripts/commit.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' }).trim();
}

test('seven digits, marked where files differ from the commit; nothing outside a repository or in a folder of one', () => {
  expect(commitOf(folder)).toBeUndefined();
  git('init', '-q');
  expect(commitOf(folder)).toBeUndefined();
  writeFileSync(join(folder, 'a'), '1');
  git('add', 'a');
  git('commit', '-qm', 'first');
  const commit = git('rev-parse', 'HEAD').slice(0, 7);
  expect(commitOf(folder)).toBe(commit);
  writeFileSync(join(folder, 'untracked'), '1');
  expect(commitOf(folder)).toBe(commit);
  writeFileSync(join(folder, 'a'), '2');
  expect(commitOf(folder)).toBe(`${commit}+`);
  mkdirSync(join(folder, 'node_modules/livectl'), { recursive: true });
  expect(commitOf(join(folder, 'node_modules/livectl'))).toBeUndefined();
});
