// Unfinished saves, seen through real events and with a manual clock.
import { mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileWatcher } from '../../src/builder/file-watcher.ts';
import { type HandClock, handClock } from './hand-clock.ts';

let folder: string;
let file: string;
let clock: HandClock;
let watcher: FileWatcher;
let changes: (readonly string[])[];
const subscriber = { onChange: (changed: readonly string[]) => changes.push(changed) };
/** Long before: the files of a test count as unchanged since they were read. */
const longAgo = () => Date.now() + 60_000;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'files-')));
  file = join(folder, 'a.ts');
  clock = handClock();
  watcher = new FileWatcher({ clock, onNotice: () => {} });
  changes = [];
  writeFileSync(file, 'one');
});
afterEach(() => {
  watcher.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Does something to files and waits until the watcher has had the event of it. */
async function noticed(act: () => void): Promise<void> {
  const set = clock.timerSet();
  act();
  await set;
}

it('waits 5 ms for a save to end', async () => {
  expect(watcher.watch(subscriber, new Set([file]), longAgo())).toBe(false);
  await noticed(() => writeFileSync(file, 'two'));
  clock.turn(4);
  expect(changes).toEqual([]);
  clock.turn(1);
  expect(changes).toEqual([[file]]);
});

it.each([
  ['emptied', () => writeFileSync(file, '')],
  ['deleted', () => rmSync(file)],
])('allows a file that is %s 50 ms to be written again', async (_, act) => {
  watcher.watch(subscriber, new Set([file]), longAgo());
  await noticed(act);
  clock.turn(49);
  expect(changes).toEqual([]);
  await noticed(() => writeFileSync(file, 'two'));
  clock.turn(5);
  expect(changes).toEqual([[file]]);
});

it.each([
  ['emptied', () => writeFileSync(file, '')],
  ['deleted', () => rmSync(file)],
])('reports after 50 ms that a file is %s', async (_, act) => {
  watcher.watch(subscriber, new Set([file]), longAgo());
  await noticed(act);
  clock.turn(50);
  expect(changes).toEqual([[file]]);
});

/** Just now, however slow the test is. */
function makeEmpty(): void {
  writeFileSync(file, '');
  const soon = Date.now() / 1000 + 30;
  utimesSync(file, soon, soon);
}

it('allows a file that was created empty 50 ms to be written', async () => {
  makeEmpty();
  // It was read as it is, before anybody knew that it is about to be written.
  expect(watcher.watch(subscriber, new Set([file]), longAgo())).toBe(true);
  clock.turn(49);
  expect(changes).toEqual([]);
  await noticed(() => writeFileSync(file, 'one'));
  clock.turn(5);
  expect(changes).toEqual([[file]]);
  expect(watcher.watch(subscriber, new Set([file]), longAgo())).toBe(false);
});

it('reports after 50 ms that a new file is empty', () => {
  makeEmpty();
  expect(watcher.watch(subscriber, new Set([file]), longAgo())).toBe(true);
  clock.turn(50);
  expect(changes).toEqual([[file]]);
  expect(watcher.watch(subscriber, new Set([file]), longAgo())).toBe(false);
});

it('reports a change only when none of its files is in the middle of a save', async () => {
  const other = join(folder, 'b.ts');
  writeFileSync(other, 'one');
  const alone: (readonly string[])[] = [];
  watcher.watch(subscriber, new Set([file, other]), longAgo());
  watcher.watch({ onChange: (changed) => alone.push(changed) }, new Set([other]), longAgo());
  await noticed(() => writeFileSync(file, ''));
  await noticed(() => writeFileSync(other, 'two'));
  clock.turn(5);
  expect([changes, alone]).toEqual([[], [[other]]]);
  clock.turn(45);
  expect(changes).toEqual([[file, other]]);
});

it('checks after 50 ms even if writes continue', async () => {
  watcher.watch(subscriber, new Set([file]), longAgo());
  for (let write = 0; write < 13; write++) {
    await noticed(() => writeFileSync(file, `write ${write}`));
    clock.turn(4);
  }
  expect(changes).toEqual([[file]]);
});

it('reports that a file was written to since it began to be read, even if it is unchanged', async () => {
  watcher.watch(subscriber, new Set([file]), longAgo());
  // No turn of the event loop in between: nobody has had an event yet.
  writeFileSync(file, '');
  writeFileSync(file, 'one');
  expect(watcher.watch(subscriber, new Set([file]), Date.now())).toBe(true);
  clock.turn(5);
  expect(changes).toEqual([[file]]);
  expect(watcher.watch(subscriber, new Set([file]), Date.now())).toBe(false);
});

it('treats a new file that was just written as one that may have changed', () => {
  expect(watcher.watch(subscriber, new Set([file]), Date.now() - 1000)).toBe(true);
  clock.turn(5);
  expect(changes).toEqual([[file]]);
});

it('reports nothing of a file that it no longer watches', async () => {
  const other = join(folder, 'b.ts');
  watcher.watch(subscriber, new Set([file, other]), longAgo());
  watcher.watch(subscriber, new Set([other]), longAgo());
  writeFileSync(file, 'two');
  await noticed(() => writeFileSync(other, 'made'));
  clock.turn(50);
  expect(changes).toEqual([[other]]);
});
