// What a save of livectl.json causes: halves of saves, mistakes, and what is said of a change. Saves and time are by hand.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LoadedManifest, loadManifest } from '../../src/manifest/load-manifest.ts';
import { changeOf, type ManifestChange, watchManifest } from '../../src/serve/manifest-changes.ts';
import { type HandClock, handClock } from '../builder/hand-clock.ts';

const one = { handler: 'one.handler', runtime: 'nodejs22.x' };
const good = JSON.stringify({ functions: { one } });

let root: string;
let clock: HandClock;
let errors: string[];
let changes: ManifestChange[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saves-'));
  clock = handClock();
  errors = [];
  changes = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const load = () => loadManifest({ root, allowBroken: true });

/** Serves `good`; returns what saves a text, and resolves when it has been read. */
async function served() {
  writeFileSync(join(root, 'livectl.json'), good);
  const manifest = await load();
  let saved = () => {};
  let read = () => {};
  const watch = watchManifest({
    served: manifest,
    clock,
    load: async () => {
      try {
        return await load();
      } finally {
        // After what waits for it.
        setImmediate(() => read());
      }
    },
    emit: (event) => event.event === 'error' && errors.push(event.message),
    onSave: (_, listener) => {
      saved = listener;
      return () => {};
    },
  });
  void watch.changed.then((change) => changes.push(change));
  const isRead = () =>
    new Promise<void>((resolve) => {
      read = resolve;
    });
  await isRead();
  return async (text: string) => {
    writeFileSync(join(root, 'livectl.json'), text);
    const done = isRead();
    saved();
    await done;
  };
}

it('a half of a save is no mistake if the rest follows', async () => {
  const save = await served();
  await save(good.slice(0, 20));
  clock.turn(499);
  await save('');
  clock.turn(499);
  await save(JSON.stringify({ functions: { one, two: one } }));
  expect(changes).toEqual([{ added: ['two'], changed: [], removed: [], settings: [] }]);
  clock.turn(10_000);
  expect(errors).toEqual([]);
});

it('mistakes are reported once the file has been still for half a second, each once', async () => {
  const save = await served();
  await save(good.slice(0, 20));
  clock.turn(499);
  expect(errors).toEqual([]);
  clock.turn(1);
  expect(errors).toEqual([
    expect.stringMatching(/livectl\.json:1:21: .* The last good livectl\.json is served on\.$/),
  ]);
  await save(good.slice(0, 20));
  clock.turn(500);
  expect(errors).toHaveLength(1);
  await save(good);
  clock.turn(500);
  expect([errors.length, changes]).toEqual([1, []]);
});

it('a function with mistakes counts once the file has been still', async () => {
  const save = await served();
  await save(JSON.stringify({ functions: { one, two: { ...one, timeout: 0 } } }));
  clock.turn(499);
  expect(changes).toEqual([]);
  clock.turn(1);
  await Promise.resolve();
  expect(changes).toEqual([{ added: ['two'], changed: [], removed: [], settings: [] }]);
});

it.each([
  [{ redact: ['a.b'] }, ['redact']],
  [
    { tunnel: { allow: ['10.0.0.0/8:*'], subnet_ids: ['subnet-1'], security_group_ids: ['sg-1'] } },
    ['tunnel'],
  ],
])('names what changed beside the functions: %j', async (more, settings) => {
  const read = async (value: object): Promise<LoadedManifest> => {
    writeFileSync(join(root, 'livectl.json'), JSON.stringify(value));
    return load();
  };
  const before = await read({ functions: { one } });
  const change = changeOf(before, await read({ functions: { one }, ...more }));
  expect(change).toEqual({ added: [], changed: [], removed: [], settings });
});
