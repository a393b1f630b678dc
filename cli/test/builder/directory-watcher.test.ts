// Folders that the operating system refuses to watch are polled instead.
import { type FSWatcher, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DirectoryWatcher } from '../../src/builder/directory-watcher.ts';
import { handClock } from './hand-clock.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'folders-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('falls back to polling, reports that once, and stops', () => {
  const clock = handClock();
  const events: unknown[] = [];
  const notices: string[] = [];
  const watcher = new DirectoryWatcher({
    clock,
    onEvent: (...event) => events.push(event),
    onNotice: (message) => notices.push(message),
    watchFolder: (): FSWatcher => {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    },
  });
  const second = join(folder, 'second');
  watcher.retain(folder);
  watcher.retain(tmpdir());
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatch(/\(ENOSPC\).*fs\.inotify\.max_user_watches/);
  clock.turn(250);
  clock.turn(250);
  expect(events.filter((event) => (event as string[])[0] === folder)).toEqual([
    [folder, undefined, true],
    [folder, undefined, true],
  ]);
  watcher.release(folder);
  events.length = 0;
  clock.turn(250);
  expect(events).toEqual([[tmpdir(), undefined, true]]);
  // A folder that isn't there needs no watch to be waited for.
  watcher.retain(second);
  watcher.close();
  events.length = 0;
  clock.turn(1000);
  expect(events).toEqual([]);
});
