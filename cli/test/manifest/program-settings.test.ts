// What of a stage's manifest has to be agreed to before it counts.
import { expect, it } from 'vitest';
import { esbuildFieldsThatBringCode } from '../../src/manifest/esbuild-settings.ts';
import type { FunctionSettings } from '../../src/manifest/function-settings.ts';
import { printOf, programSettings } from '../../src/manifest/program-settings.ts';

const plain: FunctionSettings = {
  name: 'app',
  handler: 'src/app.handler',
  runtime: 'nodejs22.x',
  timeout: 3,
  memorySize: 128,
  environment: {},
  sourceDir: '.',
  command: undefined,
  esbuild: { bundle: true, packages: 'auto', external: [] },
  inVpc: false,
  triggers: {},
};

const fieldsOf = (more: Partial<FunctionSettings>, root = '/project') =>
  programSettings([{ ...plain, ...more }], root).map(({ field }) => field);

it('is nothing of what stays in the folder', () => {
  expect(fieldsOf({})).toEqual([]);
  const inside = { sourceDir: 'services/a', layerDirs: ['layers/..a'], handler: 'a/../b.handler' };
  expect(fieldsOf(inside)).toEqual([]);
  expect(fieldsOf({ handler: 'package.module.handler', runtime: 'python3.12' })).toEqual([]);
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
  ['esbuild.loader', { esbuild: { ...plain.esbuild, loader: { '.txt': 'js' } } }],
])('is %s', (field, more) => {
  expect(fieldsOf(more)).toEqual([field]);
});

it.each(esbuildFieldsThatBringCode)('is esbuild.%s', (field) => {
  const option = field.replace(/_[a-z]/g, ([, letter = '']) => letter.toUpperCase());
  expect(fieldsOf({ esbuild: { ...plain.esbuild, [option]: ['x'] } })).toEqual([`esbuild.${field}`]);
});

it('is another one for another value, function or field', () => {
  const one = { functionName: 'app', field: 'build', value: ['make'] };
  const others = [
    { ...one, value: ['make', ''] },
    { ...one, field: 'command' },
    { ...one, functionName: 'other' },
  ];
  expect(new Set([one, ...others].map(printOf)).size).toBe(4);
  expect(printOf({ ...one })).toBe(printOf(one));
});
