// Which packages are bundled: those that Node.js can't load from their folder in the way the bundle asks for.
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { BuildEvent } from '../../src/builder/build-event.ts';
import { answer, Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

const hello = [{ name: 'hello' }];
const handler = (expression: string) => `export const handler = async () => (${expression});\n`;
const type = (kind: string) => ({ 'package.json': JSON.stringify({ type: kind }) });

async function bundleOf({ code }: Extract<BuildEvent, { type: 'built' }>): Promise<string> {
  if (code.runner.kind !== 'node') throw new Error('not for Node.js');
  return readFile(code.runner.moduleFile, 'utf8');
}

const esmOnly = {
  'node_modules/esm-only/package.json': '{ "type": "module", "exports": { "import": "./index.js" } }',
  'node_modules/esm-only/index.js': 'import { b } from "./b.js"; export const name = "esm " + b;',
  'node_modules/esm-only/b.js': 'export const b = "b";',
};

it.each(['commonjs', 'module'])(
  'takes a package of ES modules only, in a package of type %s',
  async (kind) => {
    project = await Project.create({
      ...type(kind),
      ...esmOnly,
      'src/hello.ts': `import { name } from 'esm-only';\n${handler('[name, (await import("esm-only")).name]')}`,
    });
    await project.start(hello);
    const built = await project.built();
    expect(await answer(built)).toEqual(['esm b', 'esm b']);
    expect((await bundleOf(built)).includes('"esm " + b')).toBe(kind === 'commonjs');
  },
);

it.each(['commonjs', 'module'])('leaves CommonJS where it is, with all of its names (%s)', async (kind) => {
  project = await Project.create({
    ...type(kind),
    'node_modules/cjs/package.json': '{}',
    // No reader of the text finds this name.
    'node_modules/cjs/index.js': 'for (const name of ["hidden"]) exports[name] = "found in " + __filename;',
    'src/hello.ts': `import { hidden } from 'cjs';\nimport all from 'cjs';\n${handler('[hidden, all.hidden, (await import("cjs")).hidden]')}`,
  });
  await project.start(hello);
  const found = `found in ${project.path('node_modules/cjs/index.js')}`;
  expect(await answer(await project.built())).toEqual([found, found, found]);
});

it('uses what `require` resolves to in a package that has both formats', async () => {
  project = await Project.create({
    'node_modules/both/package.json': '{ "exports": { "import": "./index.mjs", "require": "./index.cjs" } }',
    'node_modules/both/index.mjs': 'export const format = "esm";',
    'node_modules/both/index.cjs': 'exports.format = "cjs";',
    'src/hello.ts': `import { format } from 'both';\n${handler('[format, (await import("both")).format]')}`,
  });
  await project.start(hello);
  expect(await answer(await project.built())).toEqual(['cjs', 'esm']);
});

it('bundles a package whose main file is TypeScript', async () => {
  project = await Project.create({
    'node_modules/ts-main/package.json': '{ "main": "src/index.ts" }',
    'node_modules/ts-main/src/index.ts': 'export const name: string = "typed";',
    'src/hello.ts': `import { name } from 'ts-main';\n${handler('name')}`,
  });
  await project.start(hello);
  expect(await answer(await project.built())).toBe('typed');
});

it.each(['src/hello.ts', 'src/hello.js'])(
  'follows links of workspaces from %s, and watches them',
  async (file) => {
    project = await Project.create({
      'package.json': '{ "workspaces": ["packages/*"] }',
      'packages/lib/package.json': '{ "name": "@acme/lib", "main": "index.js" }',
      'packages/lib/index.js': 'exports.name = require("dep").name + " one";',
      // As pnpm lays it out: only the library itself can see it.
      'packages/lib/node_modules/dep/index.js': 'exports.name = "dep in " + __filename;',
      'node_modules/@acme/readme.md': '',
      [file]: `const { name } = require('@acme/lib');\nexports.handler = async () => name;\n`,
    });
    await symlink('../../packages/lib', project.path('node_modules/@acme/lib'));
    await project.start(hello);
    const dep = `dep in ${project.path('packages/lib/node_modules/dep/index.js')}`;
    expect(await answer(await project.built())).toBe(`${dep} one`);
    await project.write('packages/lib/index.js', 'exports.name = require("dep").name + " two";');
    const next = await project.built();
    expect(next.changed).toEqual(['packages/lib/index.js']);
    expect(await answer(next)).toBe(`${dep} two`);
  },
);

it('loads the same package by a path where the output sees another one, from an ES module', async () => {
  project = await Project.create({
    ...type('module'),
    'packages/lib/package.json': '{ "name": "lib", "type": "module", "main": "index.ts" }',
    'packages/lib/index.ts':
      'import { v } from "esm"; import { w } from "cjs"; export const all: string[] = [v, w];',
    ...Object.fromEntries(
      ['', 'packages/lib/'].flatMap((place, index) => [
        [`${place}node_modules/esm/package.json`, '{ "type": "module", "exports": "./index.js" }'],
        [`${place}node_modules/esm/index.js`, `export const v = "esm ${index}";`],
        [`${place}node_modules/cjs/index.js`, `exports.w = "cjs ${index}";`],
      ]),
    ),
    'src/hello.ts': `import { v } from 'esm';\nimport { all } from 'lib';\n${handler('[v, ...all]')}`,
  });
  await symlink('../packages/lib', project.path('node_modules/lib'));
  await project.start(hello);
  expect(await answer(await project.built())).toEqual(['esm 0', 'esm 1', 'cjs 1']);
});

it.each(['auto', 'bundle'] as const)('leaves native packages where they are (%s)', async (packages) => {
  project = await Project.create({
    ...esmOnly,
    'node_modules/native/package.json': '{ "dependencies": { "node-gyp-build": "4" } }',
    'node_modules/native/index.js': 'exports.where = __filename;',
    'src/hello.ts': `import { where } from 'native';\nimport { name } from 'esm-only';\n${handler('[where, name]')}`,
  });
  await project.start([{ name: 'hello', esbuild: { bundle: undefined, packages, external: [] } }]);
  expect(await answer(await project.built())).toEqual([
    project.path('node_modules/native/index.js'),
    'esm b',
  ]);
});

it('leaves all packages where they are on request', async () => {
  project = await Project.create({
    'node_modules/cjs/index.js': 'exports.a = 1;',
    'src/hello.ts': `import { a } from 'cjs';\n${handler('a')}`,
  });
  await project.start([
    { name: 'hello', esbuild: { bundle: undefined, packages: 'external', external: [] } },
  ]);
  expect(await bundleOf(await project.built())).toContain('require("cjs")');
});

it('builds once an imported package that was missing is installed', async () => {
  project = await Project.create({
    'node_modules/.package-lock.json': '{}',
    'src/hello.ts': `export const handler = async () => { try { return (await import('later')).a; } catch (error) { return error.code; } };\n`,
  });
  await project.start(hello);
  expect(await answer(await project.built())).toBe('ERR_MODULE_NOT_FOUND');
  await project.write('node_modules/later/package.json', '{ "type": "module", "exports": "./a.ts" }');
  await project.write('node_modules/later/a.ts', 'export const a: number = 1;');
  const built = await project.built();
  expect(await answer(built)).toBe(1);
});

it('switches to an ES module if a bundled package needs one, or reports why it cannot', async () => {
  const files = {
    'node_modules/waits/package.json': '{ "type": "module", "exports": "./index.js" }',
    'node_modules/waits/index.js': 'export const one = await 1;',
    'src/hello.ts': `import { one } from 'waits';\n${handler('one')}`,
  };
  project = await Project.create(files);
  await project.start(hello);
  expect(await answer(await project.built())).toBe(1);
  await project.remove();
  project = await Project.create({ ...type('commonjs'), ...files });
  await project.start(hello);
  expect((await project.failed()).errors[0]?.text).toContain('set "esbuild": { "format": "esm" }');
});

it('finds packages of Yarn Plug’n’Play, also from plain JavaScript', async () => {
  const location = './.yarn/unplugged/native-npm-1/node_modules/native/';
  const data = {
    __info: [],
    dependencyTreeRoots: [{ name: 'app', reference: 'workspace:.' }],
    enableTopLevelFallback: true,
    ignorePatternData: null,
    fallbackExclusionList: [],
    fallbackPool: [],
    packageRegistryData: [
      [
        null,
        [
          [
            null,
            {
              packageLocation: './',
              packageDependencies: [
                ['native', 'npm:1'],
                ['plain', 'npm:1'],
              ],
              linkType: 'SOFT',
            },
          ],
        ],
      ],
      [
        'app',
        [
          [
            'workspace:.',
            {
              packageLocation: './',
              packageDependencies: [
                ['native', 'npm:1'],
                ['plain', 'npm:1'],
              ],
              linkType: 'SOFT',
            },
          ],
        ],
      ],
      ['native', [['npm:1', { packageLocation: location, packageDependencies: [], linkType: 'HARD' }]]],
      [
        'plain',
        [
          [
            'npm:1',
            {
              packageLocation: './.yarn/cache/plain/node_modules/plain/',
              packageDependencies: [],
              linkType: 'HARD',
            },
          ],
        ],
      ],
    ],
  };
  project = await Project.create({
    'package.json': '{ "name": "app" }',
    '.pnp.data.json': JSON.stringify(data),
    // Yarn's own also teaches Node.js to read zip files and to look for packages elsewhere.
    '.pnp.cjs': `const RAW_RUNTIME_STATE = '${JSON.stringify(data)}';
function $$SETUP_STATE(hydrateRuntimeState, basePath) { return hydrateRuntimeState(JSON.parse(RAW_RUNTIME_STATE), {basePath: basePath || __dirname}); }
exports.setup = () => { globalThis.pnpIsSetUp = true; };\n`,
    [join(location, 'package.json')]: '{ "gypfile": true }',
    [join(location, 'index.js')]: 'exports.where = [__filename, globalThis.pnpIsSetUp];',
    '.yarn/cache/plain/node_modules/plain/index.js': 'exports.plain = "plain";',
    'src/hello.js': `const { where } = require('native');\nconst { plain } = require('plain');\nexports.handler = async () => [...where, plain];\n`,
  });
  await project.start(hello);
  expect(await answer(await project.built())).toEqual([
    project.path(join(location, 'index.js')),
    true,
    'plain',
  ]);
});
