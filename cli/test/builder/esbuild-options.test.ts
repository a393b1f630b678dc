// The fields of `esbuild` in the manifest: each one reaches the bundle, and livectl reports a missing one.
import { extname } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { EsbuildSettings } from '../../src/manifest/esbuild-settings.ts';
import { answer, Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

const handler = (expression: string) => `export const handler = async () => (${expression});\n`;
const start = (esbuild: Partial<EsbuildSettings> = {}) =>
  project.start([
    { name: 'hello', esbuild: { bundle: undefined, packages: 'auto', external: [], ...esbuild } },
  ]);

it('supports the options of SAM, CDK and others', async () => {
  project = await Project.create({
    'src/hello.ts': `import query from './query.sql';
import { which } from 'old';
import { condition } from 'conditional';
import { field } from 'fields';
import { mapped } from '@lib/mapped';
declare const VERSION: string, injected: string, fromBanner: string;
${handler('[query, which, condition, field, mapped, VERSION, injected, fromBanner]')}`,
    'src/query.sql': 'select 1',
    'src/injected.ts': 'export const injected = "injected";',
    'tsconfig.build.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./src/lib/*"] } } }',
    'src/lib/mapped.ts': 'export const mapped = "mapped";',
    'node_modules/new/index.js': 'exports.which = "new";',
    'node_modules/old/index.js': 'exports.which = "old";',
    'node_modules/conditional/package.json':
      '{ "type": "module", "exports": { "special": "./special.ts", "default": "./index.ts" } }',
    'node_modules/conditional/special.ts': 'export const condition = "special";',
    'node_modules/conditional/index.ts': 'export const condition = "default";',
    'node_modules/fields/package.json': '{ "main": "main.ts", "source": "source.ts" }',
    'node_modules/fields/main.ts': 'export const field = "main";',
    'node_modules/fields/source.ts': 'export const field = "source";',
  });
  await start({
    define: { VERSION: '"1.0"' },
    loader: { '.sql': 'text' },
    inject: ['src/injected.ts'],
    banner: 'const fromBanner = "banner";',
    alias: { old: 'new' },
    conditions: ['special'],
    mainFields: ['source', 'main'],
    tsconfig: 'tsconfig.build.json',
  });
  const expected = ['select 1', 'new', 'special', 'source', 'mapped', '1.0', 'injected', 'banner'];
  expect(await answer(await project.built())).toEqual(expected);
  await project.write('src/injected.ts', 'export const injected = "again";');
  expect((await answer(await project.built())) as string[]).toContain('again');
  await project.write('src/lib2/mapped.ts', 'export const mapped = "moved";');
  await project.write(
    'tsconfig.build.json',
    '{ "compilerOptions": { "paths": { "@lib/*": ["./src/lib2/*"] } } }',
  );
  expect((await answer(await project.built())) as string[]).toContain('moved');
});

it.each([
  ['esm', 'commonjs', '.mjs'],
  ['cjs', 'module', '.cjs'],
] as const)('makes the format %s of a package of type %s', async (format, type, extension) => {
  project = await Project.create({ 'package.json': JSON.stringify({ type }), 'src/hello.ts': handler('1') });
  await start({ format });
  const built = await project.built();
  if (built.code.runner.kind !== 'node') throw new Error('not for Node.js');
  expect(extname(built.code.runner.moduleFile)).toBe(extension);
  expect(await answer(built)).toBe(1);
});

it('supports the usual banner of ES modules that declares require', async () => {
  project = await Project.create({
    'node_modules/cjs/index.js': 'exports.a = require("node:path").basename("/x/y");',
    'src/hello.ts': `import { a } from 'cjs';\n${handler('a')}`,
  });
  const banner =
    "import { createRequire } from 'module';const require = createRequire(import.meta.url);const __filename = 'x';";
  await start({ format: 'esm', packages: 'bundle', banner });
  expect(await answer(await project.built())).toBe('y');
});

it.each([
  [undefined, ['User', 'User']],
  [false, ['User', 'User2']],
])('keeps the names of classes that the bundle renames, keep_names %j', async (keepNames, names) => {
  project = await Project.create({
    'src/a.ts': 'export class User {}',
    'src/b.ts': 'export class User {}',
    'src/hello.ts': `import { User as A } from './a.ts';\nimport { User as B } from './b.ts';\n${handler('[A.name, B.name]')}`,
  });
  await start({ keepNames });
  expect(await answer(await project.built())).toEqual(names);
});

it('compiles to older syntax on request', async () => {
  project = await Project.create({
    'src/hello.ts': 'export const handler = async () => String(() => null ?? 1);\n',
  });
  await start({ target: 'es2019' });
  expect(await answer(await project.built())).not.toContain('??');
});

it('names the field that a file without a loader needs', async () => {
  project = await Project.create({
    'src/hello.ts': `import schema from './schema.graphql';\n${handler('schema')}`,
    'src/schema.graphql': 'type Query { a: Int }',
  });
  await start();
  expect((await project.failed()).errors[0]?.text).toBe(
    'No loader is configured for ".graphql" files: src/schema.graphql: name one of esbuild\'s loaders, as "esbuild": { "loader": { ".graphql": "text" } }; for a plugin, run your own bundler with "build"',
  );
});

it('names the fields for a package that can’t be found', async () => {
  project = await Project.create({ 'src/hello.ts': `import { a } from 'in-a-layer';\n${handler('a')}` });
  await start({ packages: 'bundle' });
  const text = (await project.failed()).errors[0]?.text;
  expect(text).toContain('Could not resolve "in-a-layer": install it');
  expect(text).toContain('"layer_dirs"');
});
