// Which settings of a stage's manifest need agreement before they apply.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { esbuildFieldsThatBringCode } from '../../src/manifest/esbuild-settings.ts';
import type { FunctionSettings } from '../../src/manifest/function-settings.ts';
import { fingerprintOf, programSettings } from '../../src/manifest/program-settings.ts';
import { functionSettings } from './function-settings.ts';

const plain = functionSettings({
  name: 'app',
  handler: 'src/app.handler',
  esbuild: { bundle: true, packages: 'auto', external: [] },
});

const fieldsOf = (more: Partial<FunctionSettings>, root = '/project') =>
  programSettings([{ ...plain, ...more }], root).map(({ field }) => field);

it('is not a setting that stays in the folder', () => {
  expect(fieldsOf({})).toEqual([]);
  const inside = { sourceDir: 'services/a', layerDirs: ['layers/..a'], handler: 'a/./b.handler' };
  expect(fieldsOf(inside)).toEqual([]);
  const loader = { '.sql': 'text', '.png': 'file' };
  const esbuild = { ...plain.esbuild, format: 'cjs', conditions: ['x'], loader, define: {} } as const;
  expect(fieldsOf({ esbuild })).toEqual([]);
});

it.each([
  ['build', { build: ['make'] as [string] }],
  ['command', { command: ['./run'] as [string] }],
  ['python', { python: 'python3' }],
  ['source_dir', { sourceDir: '..' }],
  ['source_dir', { sourceDir: '/project-2' }],
  ['layer_dirs', { layerDirs: ['in', '../out'] }],
  ['handler', { handler: '/tmp/x.handler' }],
  ['handler', { handler: 'a/../../x.handler' }],
  ['source_dir', { sourceDir: 'node_modules/a' }],
  ['layer_dirs', { layerDirs: ['.venv/lib/python3.12/site-packages'] }],
  ['handler', { handler: 'node_modules/cross-spawn/index.sync' }],
  ['esbuild.loader', { esbuild: { ...plain.esbuild, loader: { '.txt': 'js' } } }],
])('is %s', (field, more) => {
  expect(fieldsOf(more)).toEqual([field]);
});

it.each(esbuildFieldsThatBringCode)('is esbuild.%s', (field) => {
  const option = field.replace(/_[a-z]/g, ([, letter = '']) => letter.toUpperCase());
  expect(fieldsOf({ esbuild: { ...plain.esbuild, [option]: ['x'] } })).toEqual([`esbuild.${field}`]);
});

it('is a different one for another value, function or field', () => {
  const one = { functionName: 'app', field: 'build', value: ['make'] };
  const others = [
    { ...one, value: ['make', ''] },
    { ...one, field: 'command' },
    { ...one, functionName: 'other' },
  ];
  expect(new Set([one, ...others].map(fingerprintOf)).size).toBe(4);
  expect(fingerprintOf({ ...one })).toBe(fingerprintOf(one));
});

describe('handlers', () => {
  const inProject = (...files: string[]) => {
    const root = mkdtempSync(join(tmpdir(), 'handlers-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    for (const file of files) {
      mkdirSync(join(root, file, '..'), { recursive: true });
      writeFileSync(join(root, file), '');
    }
    return root;
  };
  const runtime = 'python3.12';

  it('need agreement if no file of the function has them', () => {
    const root = inProject(
      'profile/readme.txt',
      'cProfile.json',
      'src/hello.py',
      'node_modules/@a/b/index.js',
    );
    for (const handler of ['cProfile.run', 'profile.run', 'src.timeit.main', 'src/other.handler', 'x', '.x'])
      expect(fieldsOf({ handler, runtime }, root), handler).toEqual(['handler']);
    for (const handler of ['cross-spawn.sync', '@a/b.run'])
      expect(fieldsOf({ handler }, root), handler).toEqual(['handler']);
    // A command takes it as a word.
    const command = ['./run'] as [string];
    expect(fieldsOf({ handler: 'cProfile.run', runtime, command }, root)).toEqual(['command']);
  });

  it('do not if one has', () => {
    const root = inProject('app.py', 'pack/__init__.py', 'src/a/hello.py', 'fast.cpython-312.so', 'index.ts');
    for (const handler of ['app.run', 'pack.run', 'src/a/hello.run', 'src.a.hello.run', 'fast.run'])
      expect(fieldsOf({ handler, runtime }, root), handler).toEqual([]);
    for (const handler of ['index.handler', 'dist/still-to-be-built.handler'])
      expect(fieldsOf({ handler }, root), handler).toEqual([]);
  });
});

it('are different programs in different folders', () => {
  const printsIn = (sourceDir: string) =>
    programSettings([{ ...plain, sourceDir, build: ['npm', 'run', 'build'] }], '/project').map(fingerprintOf);
  expect(printsIn('a')).not.toEqual(printsIn('b'));
  expect(printsIn('a')).toEqual(printsIn('./a/'));
});
