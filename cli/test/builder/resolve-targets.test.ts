// From handler strings to files, as Lambda reads them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveTargets } from '../../src/builder/resolve-targets.ts';
import type { FunctionSettings } from '../../src/manifest/function-settings.ts';
import { functionSettings } from '../manifest/function-settings.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'targets-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function touch(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '');
  }
}

function resolve(...functions: Partial<FunctionSettings>[]) {
  return resolveTargets({
    file: '/p/livectl.json',
    root,
    functions: functions.map(functionSettings),
  });
}

it('finds the source of a handler', async () => {
  await touch('src/hello.ts');
  expect(resolve({})).toEqual([
    {
      functionName: 'hello',
      runtime: 'nodejs22.x',
      handler: 'src/hello.handler',
      taskRoot: root,
      sourceFile: join(root, 'src/hello.ts'),
      exportPath: 'handler',
      command: undefined,
      esbuild: { bundle: true, packages: 'auto', external: [] },
      layers: [],
    },
  ]);
});

it('accepts a handler with an absolute path', async () => {
  await touch('layer/wrapper.js');
  const handler = join(root, 'layer/wrapper.handler');
  expect(resolve({ handler })[0]).toMatchObject({ sourceFile: join(root, 'layer/wrapper.js') });
});

it.each([
  [['src/hello.js', 'src/hello.ts'], 'src/hello.ts', true],
  [['src/hello.mjs', 'src/hello.js'], 'src/hello.js', false],
  [['src/hello.cjs'], 'src/hello.cjs', false],
  [['src/hello.js', 'src/hello'], 'src/hello', false],
  [['src/hello', 'src/hello.ts'], 'src/hello.ts', true],
  [['src/hello/index.js', 'src/hello.js'], 'src/hello.js', false],
  [['src/hello.tsx'], 'src/hello.tsx', true],
  [['src/hello.jsx'], 'src/hello.jsx', true],
  [['src/hello.ts/index.ts', 'src/hello.mts'], 'src/hello.mts', true],
])('for %j chooses %s, bundled: %s', async (files, file, bundle) => {
  await touch(...files);
  expect(resolve({})[0]).toMatchObject({ sourceFile: join(root, file), esbuild: { bundle } });
});

it.each([
  ['src/hello.handlers.http.get', 'src/hello.js', 'handlers.http.get'],
  ['hello.handler', 'hello.js', 'handler'],
  ['a.b/hello.handler', 'a.b/hello.js', 'handler'],
])('reads %s as Lambda does', async (handler, file, exportPath) => {
  await touch(file);
  expect(resolve({ handler })[0]).toMatchObject({ sourceFile: join(root, file), exportPath });
});

it('looks below source_dir', async () => {
  await touch('api/src/hello.ts');
  expect(resolve({ sourceDir: 'api' })[0]).toMatchObject({
    taskRoot: join(root, 'api'),
    sourceFile: join(root, 'api/src/hello.ts'),
  });
});

it('needs no file for a command', async () => {
  const command = ['ruby', 'main.rb'] as const;
  expect(resolve({ command, runtime: 'ruby3.4' })[0]).toMatchObject({
    command,
    sourceFile: undefined,
    exportPath: '',
  });
});

it('reports every function whose files are missing, with what was tried', async () => {
  expect(() =>
    resolve(
      { name: 'gone' },
      { name: 'up', handler: '../hello.handler' },
      { name: 'nodot', handler: 'src/hello' },
      { name: 'nofolder', sourceDir: 'nowhere' },
      { name: 'own', runtime: 'provided.al2023' },
    ),
  ).toThrow(
    [
      '/p/livectl.json has 5 mistakes:',
      `  functions.gone.handler: "src/hello.handler" names no file; looked for src/hello{.ts,.mts,.cts,.tsx,.js,.mjs,.cjs,.jsx} in ${root}`,
      '  functions.up.handler: "../hello.handler" must not contain ..',
      '  functions.nodot.handler: "src/hello" must be a file without its extension, a dot and an exported name, for example src/hello.handler',
      `  functions.nofolder.source_dir: there is no folder ${join(root, 'nowhere')}`,
      `  functions.own.command: is required, as there is no program ${join(root, 'bootstrap')} for provided.al2023`,
    ].join('\n'),
  );
});

describe('a handler that names no file', () => {
  const hintFor = async (handler: string, files: readonly string[], runtime = 'nodejs22.x') => {
    await touch(...files);
    try {
      resolve({ handler, runtime });
    } catch (error) {
      return /did you mean .*$/.exec((error as Error).message)?.[0];
    }
    return 'resolved';
  };

  it.each([
    ['src/ordres.handler', 'src/orders.handler', 'src/orders.ts'],
    ['src/ordres.a.b', 'src/orders.a.b', 'src/orders.ts'],
    ['scr/orders.handler', 'src/orders.handler', 'src/orders.ts'],
    ['src/deep/mial.handler', 'src/deep/mail.handler', 'src/deep/mail.mjs'],
    ['indx.handler', 'index.handler', 'index.js'],
    ['src/Orders.handler', 'src/orders.handler', 'src/orders.ts'],
  ])('%s: %s', async (handler, meant, file) => {
    const files = ['src/orders.ts', 'src/orders.test.ts', 'src/ordre.json', 'src/deep/mail.mjs', 'index.js'];
    expect(await hintFor(handler, files)).toBe(`did you mean "${meant}", in "${file}"?`);
  });

  it.each([
    ['src/ordres.handler', 'src/orders.handler'],
    ['src.ordres.handler', 'src.orders.handler'],
  ])('of Python: %s: %s', async (handler, meant) => {
    const hint = await hintFor(handler, ['src/orders.py', 'src/notes.txt'], 'python3.13');
    expect(hint).toBe(`did you mean "${meant}", in "src/orders.py"?`);
  });

  it.each([
    ['src/other.handler', ['src/orders.ts']],
    ['../ordres.handler', ['src/orders.ts']],
    ['node_module/ordres.handler', ['node_modules/orders.js']],
    ['.hiden/ordres.handler', ['.hidden/orders.js']],
  ])('%s: nothing close that a handler may name', async (handler, files) => {
    expect(await hintFor(handler, files)).toBeUndefined();
  });

  it('the name of a file cannot write to the terminal', async () => {
    const hint = await hintFor('src/ordres.handler', ['src/orders\u001b.ts']);
    expect(hint).toContain('orders');
    expect(hint).not.toContain('\u001b');
  });
});

it.each(['a\0b', 'x'.repeat(300), 'src/hello.ts/more'])(
  'refuses a source_dir that cannot be a folder: %j',
  async (sourceDir) => {
    await touch('src/hello.ts');
    expect(() => resolve({ sourceDir })).toThrow(/functions\.hello\.source_dir: there is no folder/);
  },
);

it('leaves out a function whose runtime needs a command, and no other', async () => {
  await touch('src/hello.ts');
  const targets = resolve(
    {},
    { name: 'java', runtime: 'java21', handler: 'example.Handler::handleRequest' },
    { name: 'new', runtime: 'cobol2.x' },
  );
  expect(targets[0]).toMatchObject({ functionName: 'hello', sourceFile: join(root, 'src/hello.ts') });
  expect(targets[1]).toEqual({
    functionName: 'java',
    runtime: 'java21',
    handler: 'example.Handler::handleRequest',
    taskRoot: root,
    layers: [],
    problem:
      'functions.java.command: is required for java21: name the program that runs the function, e.g. its Lambda runtime interface client',
  });
  expect(targets[2]).toMatchObject({ problem: expect.stringContaining('required for cobol2.x') });
});

it('leaves out a function without code, and no other; it is looked for again', async () => {
  await touch('src/hello.ts');
  const [hello, gone, nofolder] = resolve(
    {},
    { name: 'gone', handler: 'src/gone.handler' },
    { name: 'nofolder', sourceDir: 'api' },
  );
  expect(hello).toMatchObject({ functionName: 'hello' });
  expect(gone).toMatchObject({
    functionName: 'gone',
    problem: expect.stringMatching(/^functions\.gone\.handler: "src\/gone\.handler" names no file/),
  });
  if (!gone || !('problem' in gone) || !nofolder || !('problem' in nofolder)) throw new Error('resolved');
  expect(gone.places).toContain(join(root, 'src/gone.ts'));
  expect(nofolder.places).toContain(join(root, 'api'));
  expect(gone.again?.()).toMatchObject({ problem: gone.problem });
  await touch('src/gone.ts', 'api/src/hello.js');
  expect(gone.again?.()).toMatchObject({ sourceFile: join(root, 'src/gone.ts') });
  expect(nofolder.again?.()).toMatchObject({ sourceFile: join(root, 'api/src/hello.js') });
});

it('requires a command if no function runs without one', async () => {
  await touch('example.js');
  expect(() => resolve({ runtime: 'java21', handler: 'example.Handler::handleRequest' })).toThrow(
    /functions\.hello\.command: is required for java21: name the program that runs the function/,
  );
});

it('finds a handler below /opt, or of a package, in the folders of its layers', async () => {
  await touch(
    'layers/vendor/nodejs/node_modules/vendor/handler.mjs',
    'layers/nr/nodejs/node_modules/nr/index.js',
  );
  const layerDirs = ['layers/vendor', 'layers/nr'];
  const handler = '/opt/nodejs/node_modules/vendor/handler.handler';
  expect(resolve({ handler, layerDirs })[0]).toMatchObject({
    sourceFile: join(root, 'layers/vendor/nodejs/node_modules/vendor/handler.mjs'),
    exportPath: 'handler',
    esbuild: { bundle: false },
  });
  expect(resolve({ handler: 'nr.handler', layerDirs })[0]).toMatchObject({
    sourceFile: join(root, 'layers/nr/nodejs/node_modules/nr/index.js'),
  });
});

it('names layer_dirs for a handler of a layer that does not exist here', () => {
  const refusal = (handler: string) => {
    try {
      resolve({ handler });
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  expect(refusal('/opt/nodejs/node_modules/vendor/handler.handler')).toContain(
    `functions.hello.handler: "/opt/nodejs/node_modules/vendor/handler.handler" is a layer's file: name the layer’s ARN in "layers", or a folder of the project with its files in "layer_dirs", e.g. ["layers/vendor"]`,
  );
  expect(refusal('newrelic-lambda-wrapper.handler')).toContain(
    'if it is in a layer, name the layer’s ARN in "layers", or a folder with its files in "layer_dirs"',
  );
});

it('finds the scripts beside the handler: what entry_points and the variables of wrappers name', async () => {
  await touch('wrapper.js', 'src/app.ts', 'src/plain.js', 'src/threads/thread.ts');
  const esbuild = { ...functionSettings().esbuild, entryPoints: ['src/threads/thread'] };
  const environment = {
    DD_LAMBDA_HANDLER: 'src/app.handler',
    OTHER_HANDLER: 'src/plain.handler',
    NO_HANDLER: 'not a handler',
    HANDLER: 'src/none.handler',
  };
  const entryPoints = [join(root, 'src/threads/thread.ts'), join(root, 'src/app.ts')];
  expect(resolve({ handler: 'wrapper.handler', environment, esbuild })[0]).toMatchObject({ entryPoints });
  expect(() =>
    resolve({ handler: 'wrapper.handler', esbuild: { ...esbuild, entryPoints: ['src/gone.ts'] } }),
  ).toThrow('functions.hello.esbuild.entry_points[0]: "src/gone.ts" names no file in');
});
