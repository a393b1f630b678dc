// A worker that loads a source in the middle of a save doesn't answer with what it misread.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { builtRuntime } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';

const runtime = builtRuntime();

function sourceFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-save-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'app.mjs');
}

it('runs an invocation again once the save is built', async () => {
  const moduleFile = sourceFile();
  writeFileSync(moduleFile, '');
  const asked: number[] = [];
  const harness = new PoolHarness(runtime.file, {
    changedSince: (_name, since) => {
      asked.push(since);
      // The rest of the save, and the build that follows it.
      writeFileSync(moduleFile, `export const handler = async () => 'whole';`);
      queueMicrotask(() => harness.use('f', runner));
      return true;
    },
  });
  const runner = { kind: 'node', moduleFile, exportPath: 'handler' } as const;
  const before = Date.now();
  harness.use('f', runner);
  expect(await harness.answer('f')).toBe('whole');
  expect(asked).toHaveLength(1);
  expect(asked[0]).toBeGreaterThanOrEqual(before - 1);
});

it('answers with the error where no source has changed', async () => {
  const moduleFile = sourceFile();
  writeFileSync(moduleFile, '');
  const harness = new PoolHarness(runtime.file, { changedSince: () => false });
  harness.use('f', { kind: 'node', moduleFile, exportPath: 'handler' });
  expect(await harness.answer('f')).toMatchObject({ errorType: 'Runtime.HandlerNotFound' });
});

it('answers with the error of the last try where saves never end', async () => {
  const moduleFile = sourceFile();
  writeFileSync(moduleFile, '');
  let asked = 0;
  const harness = new PoolHarness(runtime.file, {
    changedSince: () => {
      asked += 1;
      queueMicrotask(() => harness.use('f', runner));
      return true;
    },
  });
  const runner = { kind: 'node', moduleFile, exportPath: 'handler' } as const;
  harness.use('f', runner);
  expect(await harness.answer('f')).toMatchObject({ errorType: 'Runtime.HandlerNotFound' });
  expect(asked).toBe(3);
});
