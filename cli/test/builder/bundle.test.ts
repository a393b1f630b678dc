// Bundles: what a TypeScript function becomes, and that it runs in Node as its sources say.
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { holdLock, newRunId } from '../../src/folders/run-lock.ts';
import { answer, Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

const hello = [{ name: 'hello' }];
const handler = (expression: string) => `export const handler = async () => (${expression});\n`;

it('bundles TypeScript with its imports', async () => {
  project = await Project.create({
    'src/hello.ts': `import { greet } from './greeting.js';\nimport data from './data.json';\n${handler('greet(data.name)')}`,
    'src/greeting.ts': 'export const greet = (name: string): string => "hi " + name;\n',
    'src/data.json': '{ "name": "ada" }',
  });
  await project.start(hello);
  const built = await project.built();
  expect(built).toMatchObject({
    first: true,
    changed: [],
    code: {
      functionName: 'hello',
      build: 1,
      taskRoot: project.root,
      handler: 'src/hello.handler',
      runtime: 'nodejs22.x',
      runner: { kind: 'node', exportPath: 'handler' },
    },
  });
  expect(await answer(built)).toBe('hi ada');
});

it.each([
  ['src/hello.ts', undefined, '.cjs', '1'],
  ['src/hello.ts', 'commonjs', '.cjs', '1'],
  ['src/hello.ts', 'module', '.mjs', '1'],
  ['src/hello.mts', 'commonjs', '.mjs', '1'],
  ['src/hello.cts', 'module', '.cjs', '1'],
  ['src/hello.tsx', 'module', '.mjs', '1'],
  ['src/hello.ts', undefined, '.mjs', 'top'],
  ['src/hello.ts', undefined, '.mjs', 'typeof import.meta.resolve'],
])('%s in a package of type %s becomes %s (%s)', async (file, type, extension, expression) => {
  project = await Project.create({
    'package.json': JSON.stringify({ type }),
    [file]: `${expression === 'top' ? 'const top = await 1;\n' : ''}${handler(expression)}`,
  });
  await project.start(hello);
  const built = await project.built();
  if (built.code.runner.kind !== 'node') throw new Error('not for Node');
  expect(extname(built.code.runner.moduleFile)).toBe(extension);
  expect(await answer(built)).toBe(expression.startsWith('typeof') ? 'function' : 1);
});

it('reports that top-level await needs an ES module if the package is CommonJS', async () => {
  project = await Project.create({
    'package.json': '{ "type": "commonjs" }',
    'src/hello.ts': `const top = await 1;\n${handler('top')}`,
  });
  await project.start(hello);
  const { errors, hasLastGood } = await project.failed();
  expect(hasLastGood).toBe(false);
  expect(errors).toMatchObject([
    { file: 'src/hello.ts', line: 1, column: 12, lineText: 'const top = await 1;' },
  ]);
});

it.each(['module', 'commonjs'])('knows where its source is in a package of type %s', async (type) => {
  project = await Project.create({
    'package.json': JSON.stringify({ type }),
    'src/hello.ts': `import { readFileSync } from 'node:fs';
declare const __dirname: string, __filename: string;
const meta = import.meta as { dirname?: string };
${handler('[readFileSync(new URL("page.html", import.meta.url), "utf8"), __dirname, __filename]')}`,
    'src/page.html': '<p>',
  });
  await project.start(hello);
  const where = [project.path('src'), project.path('src/hello.ts')];
  expect(await answer(await project.built())).toEqual(['<p>', ...where]);
});

it('leaves names unchanged that sources declare themselves', async () => {
  project = await Project.create({
    'package.json': '{ "type": "module" }',
    'src/hello.ts': `import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
const require = createRequire(import.meta.url);
const __filename = fileURLToPath(import.meta.url);
const __dirname = dirname(__filename);
${handler('[require("./data.json").a, __dirname]')}`,
    'src/data.json': '{ "a": 1 }',
  });
  await project.start(hello);
  expect(await answer(await project.built())).toEqual([1, project.path('src')]);
});

it('finds the packages it leaves out, of both formats', async () => {
  project = await Project.create({
    'package.json': '{ "type": "module" }',
    'node_modules/esm-only/package.json': '{ "type": "module", "exports": "./index.js" }',
    'node_modules/esm-only/index.js': 'export const name = "esm";',
    'node_modules/cjs/index.js': 'module.exports = { name: "cjs", file: __filename };',
    'src/hello.ts': `import { name } from 'esm-only';\nimport cjs from 'cjs';\n${handler('[name, cjs.name, cjs.file]')}`,
  });
  await project.start(hello);
  const file = project.path('node_modules/cjs/index.js');
  expect(await answer(await project.built())).toEqual(['esm', 'cjs', file]);
});

it('bundles packages on request, CommonJS into an ES module as well', async () => {
  project = await Project.create({
    'package.json': '{ "type": "module" }',
    'node_modules/cjs/package.json': '{}',
    'node_modules/native/package.json': '{}',
    'node_modules/cjs/index.js':
      'const path = require("path"); module.exports = { name: path.basename("/a/cjs") };',
    'node_modules/native/index.js': 'exports.name = "native";',
    'src/hello.ts': `import cjs from 'cjs';\nimport native from 'native';\n${handler('[cjs.name, native.name]')}`,
  });
  await project.start([
    { name: 'hello', esbuild: { bundle: undefined, packages: 'bundle', external: ['native'] } },
  ]);
  const built = await project.built();
  if (built.code.runner.kind !== 'node') throw new Error('not for Node');
  const code = await readFile(built.code.runner.moduleFile, 'utf8');
  expect(code).toContain('basename("/a/cjs")');
  expect(code).not.toContain('exports.name = "native"');
  expect(await answer(built)).toEqual(['cjs', 'native']);
});

it('takes tsconfig paths, also from a base with comments', async () => {
  project = await Project.create({
    'tsconfig.json': '{ "extends": "./tsconfig.base" }',
    'tsconfig.base.json':
      '{ // where things are\n "compilerOptions": { "paths": { "@lib/*": ["./src/lib/*"], }, } }',
    'src/lib/x.ts': 'export const x = "mapped";',
    'src/hello.ts': `import { x } from '@lib/x';\n${handler('x')}`,
  });
  await project.start(hello);
  expect(await answer(await project.built())).toBe('mapped');
});

it.each(['module', 'commonjs'])('shows the TypeScript line in a stack (%s)', async (type) => {
  project = await Project.create({
    'package.json': JSON.stringify({ type }),
    'src/hello.ts': `import { fail } from './fail.ts';\n\n${handler('fail()')}`,
    'src/fail.ts': `interface Unused {\n  a: string;\n}\n\nexport function fail(): never {\n  throw new Error('mapped');\n}\n`,
  });
  await project.start(hello);
  const stack = await answer(await project.built());
  expect(stack).toContain(`${project.path('src/fail.ts')}:6:9`);
  expect(stack).toContain(`${project.path('src/hello.ts')}:3:`);
});

it('compiles for the older of the deployed runtime and this Node', async () => {
  const source = `class A { static accessor a = 1 }\n${handler('[1, 2, 3].at(-1) ?? A')}`;
  project = await Project.create({ 'src/hello.ts': source });
  await project.start([{ name: 'hello', runtime: 'nodejs24.x' }]);
  expect(await answer(await project.built())).toBe(3);
});

it('keeps the last three builds and leaves nothing behind', async () => {
  project = await Project.create({ 'package.json': '{}', 'src/hello.ts': handler('0') });
  const abandoned = project.path(`.livectl/${newRunId()}/old`);
  const onAnotherMachine = project.path('.livectl/00000000-0123456789abcdef/old');
  await mkdir(abandoned, { recursive: true });
  await mkdir(onAnotherMachine, { recursive: true });
  const running = await holdLock(project.path('.livectl'));
  const inAnotherContainer = project.path(`.livectl/${running.id}/old`);
  await mkdir(inAnotherContainer, { recursive: true });
  let passed = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + passed };
  await project.start(hello, { clock });
  await project.built();
  expect(existsSync(abandoned)).toBe(false);
  expect(existsSync(onAnotherMachine)).toBe(true);
  expect(existsSync(inAnotherContainer)).toBe(true);
  running.release();
  for (let build = 1; build <= 4; build++) {
    passed += 10_001;
    await project.write('src/hello.ts', handler(String(build)));
    expect(await answer(await project.built())).toBe(build);
  }
  const others = [running.id, '00000000-0123456789abcdef'];
  const names = (await readdir(project.path('.livectl'))).filter((name) => /^[-0-9a-f]+$/.test(name));
  const own = project.path(`.livectl/${names.find((name) => !others.includes(name))}`);
  expect((await readdir(join(own, 'hello'))).sort()).toEqual(['3', '4', '5']);
  expect(statSync(own).mode & 0o777).toBe(0o700);
  expect(await readFile(project.path('.livectl/.gitignore'), 'utf8')).toBe('*\n');
  await project.stop();
  expect(existsSync(own)).toBe(false);
});

it('removes .livectl if nobody else uses it', async () => {
  project = await Project.create({ 'package.json': '{}', 'src/hello.ts': handler('0') });
  await project.start(hello);
  await project.stop();
  expect((await readdir(project.root)).sort()).toEqual(['package.json', 'src']);
});

it('creates .livectl again if it was removed, and ends without it', async () => {
  project = await Project.create({ 'package.json': '{}', 'src/hello.ts': handler('0') });
  await project.start(hello);
  await project.built();
  await rm(project.path('.livectl'), { recursive: true });
  await project.write('src/hello.ts', handler('1'));
  expect(await answer(await project.built())).toBe(1);
  expect(existsSync(project.path('.livectl/.gitignore'))).toBe(true);
  await rm(project.path('.livectl'), { recursive: true });
  await project.stop();
});

it('puts its output into the package of the source, also in a monorepo', async () => {
  project = await Project.create({
    'package.json': '{}',
    'packages/api/package.json': '{ "type": "module" }',
    'packages/api/node_modules/dep/index.js': 'exports.name = "api’s own";',
    'packages/api/src/hello.ts': `import dep from 'dep';\n${handler('dep.name')}`,
  });
  await project.start([{ name: 'hello', handler: 'packages/api/src/hello.handler' }]);
  const built = await project.built();
  if (built.code.runner.kind !== 'node') throw new Error('not for Node');
  expect(built.code.runner.moduleFile.startsWith(project.path('packages/api/.livectl/'))).toBe(true);
  expect(basename(built.code.runner.moduleFile)).toBe('hello.mjs');
  expect(await answer(built)).toBe('api’s own');
});

it('takes esbuild from the project first, and reports if that one cannot be used', async () => {
  project = await Project.create({
    'node_modules/esbuild/package.json': '{ "name": "esbuild", "version": "0.14.0", "main": "main.js" }',
    'node_modules/esbuild/main.js': 'exports.version = "0.14.0";',
    'src/hello.ts': handler('1'),
  });
  await project.start(hello);
  expect(await answer(await project.built())).toBe(1);
  expect(project.all('notice').map(({ message }) => message)).toEqual([
    `esbuild 0.14.0 in ${project.path('node_modules/esbuild')} is too old: 0.17 or later is needed.`,
  ]);
});

it('reports one function’s errors while another one builds', async () => {
  project = await Project.create({ 'src/good.ts': handler('1'), 'src/bad.ts': 'export const = ;\n' });
  await writeFile(project.path('src/good.ts'), handler('1'));
  await project.start([
    { name: 'good', handler: 'src/good.handler' },
    { name: 'bad', handler: 'src/bad.handler' },
  ]);
  expect(project.all('built').map(({ code }) => code.functionName)).toEqual(['good']);
  expect(project.all('build_error')).toMatchObject([
    {
      functionName: 'bad',
      hasLastGood: false,
      errors: [{ file: 'src/bad.ts', line: 1, lineText: 'export const = ;' }],
    },
  ]);
});
