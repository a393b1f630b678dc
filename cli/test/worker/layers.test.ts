// Local layer folders: code finds in them what it finds below /opt on Lambda.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { layerVariables } from '../../src/manifest/layers.ts';
import type { FunctionCode } from '../../src/worker/contract.ts';
import { builtRuntime } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';
import { python, skipReason } from './python-interpreter.ts';

const runtime = builtRuntime();

/** A folder of these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'livectl-layers-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

function node(root: string, file: string, layers: readonly string[], more: Partial<FunctionCode> = {}) {
  const runner = { kind: 'node', moduleFile: join(root, file), exportPath: 'handler' } as const;
  const code: Partial<FunctionCode> = {
    taskRoot: root,
    runtime: 'nodejs20.x',
    layers: layers.map((name) => join(root, name)),
    ...more,
  };
  return [runner, code] as const;
}

const project = {
  'layers/one/nodejs/node_modules/shared/index.js': 'module.exports = "shared of one";',
  'layers/one/nodejs/node_modules/only-one/package.json': '{ "type": "module", "exports": "./main.js" }',
  'layers/one/nodejs/node_modules/only-one/main.js': 'export default "only in one";',
  'layers/one/nodejs/node20/node_modules/@scope/by-version/index.js': 'module.exports = "for node20";',
  'layers/one/nodejs/node22/node_modules/@scope/by-version/index.js': 'module.exports = "for node22";',
  'layers/two/nodejs/node_modules/shared/index.js': 'module.exports = "shared of two";',
  'layers/two/nodejs/node_modules/own/index.js': 'module.exports = "of the layer";',
  'node_modules/own/index.js': 'module.exports = "of the function";',
  'require.js': `
    const found = [require('shared'), require('@scope/by-version'), require('own')];
    exports.handler = async () => found;`,
  'import.mjs': `
    import shared from 'shared';
    import onlyOne from 'only-one';
    import byVersion from '@scope/by-version';
    import own from 'own';
    export const handler = async () => [shared, byVersion, own, onlyOne, (await import('only-one')).default];`,
  'missing.mjs': `import 'nowhere-at-all'; export const handler = async () => 1;`,
};

describe('packages in layers for Node.js', () => {
  it('are required, the later layer first and after those of the function', async () => {
    const root = folder(project);
    const harness = new PoolHarness(runtime.file);
    harness.use('js', ...node(root, 'require.js', ['layers/one', 'layers/two']));
    expect(await harness.answer('js')).toEqual(['shared of two', 'for node20', 'of the function']);
    harness.use('js', ...node(root, 'require.js', ['layers/two', 'layers/one'], { runtime: 'nodejs22.x' }));
    expect(await harness.answer('js')).toEqual(['shared of one', 'for node22', 'of the function']);
  });

  it('are imported, as on Lambda from nodejs18 on', async () => {
    const root = folder(project);
    const harness = new PoolHarness(runtime.file);
    harness.use('js', ...node(root, 'import.mjs', ['layers/one', 'layers/two']));
    expect(await harness.answer('js')).toEqual([
      'shared of two',
      'for node20',
      'of the function',
      'only in one',
      'only in one',
    ]);
    harness.use('js', ...node(root, 'missing.mjs', ['layers/one']));
    expect(await harness.answer('js')).toMatchObject({
      errorMessage: expect.stringContaining("Cannot find package 'nowhere-at-all'"),
    });
  });

  it('are not there for a function without layers', async () => {
    const root = folder(project);
    const harness = new PoolHarness(runtime.file);
    harness.use('with', ...node(root, 'require.js', ['layers/one']));
    harness.use('without', ...node(root, 'require.js', []));
    expect(await harness.answer('with')).toContain('shared of one');
    expect(await harness.answer('without')).toMatchObject({ errorType: 'Runtime.ImportModuleError' });
  });
});

it.skipIf(skipReason)('modules in layers for Python are imported, the later layer first', async () => {
  const root = folder({
    'one/python/shared.py': 'name = "shared of one"',
    'one/python/lib/python3.13/site-packages/packed.py': 'name = "packed"',
    'two/python/shared.py': 'name = "shared of two"',
    'two/python/own.py': 'name = "of the layer"',
    'own.py': 'name = "of the function"',
    'app.py':
      'import own, packed, shared\ndef handler(event, context):\n  return [own.name, packed.name, shared.name]',
  });
  const harness = new PoolHarness(runtime.file);
  const layers = [join(root, 'one'), join(root, 'two')];
  const code = { taskRoot: root, handler: 'app.handler', runtime: 'python3.13', layers };
  harness.use('py', { kind: 'python', interpreter: python }, code);
  expect(await harness.answer('py')).toEqual(['of the function', 'packed', 'shared of two']);
});

it('programs and libraries in layers are found by every runtime', async () => {
  const root = folder({
    'layer/bin/in-the-layer': '#!/bin/sh\necho "found, with $LD_LIBRARY_PATH"',
    'app.mjs': `
      import { execFileSync } from 'node:child_process';
      export const handler = async () => execFileSync('in-the-layer', { encoding: 'utf8' }).trim();`,
  });
  chmodSync(join(root, 'layer/bin/in-the-layer'), 0o755);
  const harness = new PoolHarness(runtime.file);
  harness.use('js', ...node(root, 'app.mjs', ['layer']));
  expect(await harness.answer('js')).toBe(`found, with ${join(root, 'layer/lib')}`);
});

describe('the variables of layers', () => {
  it('are those of the runtime, the later layer first', () => {
    const variables = (runtime: string) => layerVariables(['/one', '/two'], runtime, '/usr/bin');
    const all = {
      PATH: '/two/bin:/one/bin:/usr/bin',
      LD_LIBRARY_PATH: '/two/lib:/one/lib',
      LIVECTL_LAYER_DIRS: '/two:/one',
    };
    expect(variables('provided.al2023')).toEqual(all);
    expect(variables('ruby3.4')).toEqual({
      ...all,
      GEM_PATH: '/two/ruby/gems/3.4.0:/one/ruby/gems/3.4.0',
      RUBYLIB: '/two/ruby/lib:/one/ruby/lib',
    });
    expect(Object.keys(variables('python3.13'))).toEqual([...Object.keys(all), 'PYTHONPATH']);
  });

  it('are empty without layers', () => {
    expect(layerVariables([], 'nodejs22.x')).toEqual({});
  });
});
