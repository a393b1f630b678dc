// Functions that run as they are: plain JavaScript, a command, and any function without esbuild.
import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, symlink, utimes } from 'node:fs/promises';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { answer, Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

const hello = [{ name: 'hello' }];
const noEsbuild = async () => ({ esbuild: undefined, problem: undefined, release: async () => {} });
const python = {
  name: 'py',
  runtime: 'python3.13',
  handler: 'app.main',
  sourceDir: 'py',
  command: ['python3', 'run.py'] as [string, ...string[]],
};

it('runs plain JavaScript where it is, and watches its import graph only', async () => {
  project = await Project.create({
    'package.json': '{ "type": "module" }',
    'src/hello.js': `import { x } from './lib/x.js';\nexport const handler = () => [x, import.meta.url];\n`,
    'src/lib/x.js': 'export const x = 1;',
    'src/unused.js': 'export const y = 1;',
  });
  await project.start(hello);
  const built = await project.built();
  const moduleFile = project.path('src/hello.js');
  expect(built.code.runner).toEqual({ kind: 'node', moduleFile, exportPath: 'handler' });
  await project.write('src/unused.js', 'export const y = 2;');
  await project.write('src/lib/x.js', 'export const x = 2;');
  const next = await project.built();
  expect(next).toMatchObject({ changed: ['src/lib/x.js'], code: { build: 2 } });
  expect(await answer(next)).toEqual([2, `file://${moduleFile}`]);
});

it('bundles plain JavaScript on request', async () => {
  project = await Project.create({ 'src/hello.js': 'exports.handler = async () => "bundled";' });
  await project.start([{ name: 'hello', esbuild: { bundle: true, packages: 'auto', external: [] } }]);
  const built = await project.built();
  if (built.code.runner.kind !== 'node') throw new Error('not for Node');
  expect(built.code.runner.moduleFile).toContain('.livectl');
  expect(await answer(built)).toBe('bundled');
});

it('reports a syntax error in plain JavaScript', async () => {
  project = await Project.create({ 'src/hello.js': 'exports.handler = async () => 1;' });
  await project.start(hello);
  await project.built();
  await project.write('src/hello.js', 'exports.handler = async () => {;');
  expect(await project.failed()).toMatchObject({
    hasLastGood: true,
    errors: [{ file: 'src/hello.js', line: 1 }],
  });
  await project.write('src/hello.js', 'exports.handler = async () => 2;');
  expect(await answer(await project.built())).toBe(2);
});

it('leaves to Node what only a bundler objects to', async () => {
  project = await Project.create({
    'src/hello.js': `exports.handler = async () => {
  if (process.env.NEVER_SET) return [require('./optional.js'), require('./addon.node'), require('./page.html')];
  with ({ value: 'sloppy' }) return value;
};`,
    'src/addon.node': 'x',
    'src/page.html': '<p>',
  });
  await project.start(hello);
  expect(await answer(await project.built())).toBe('sloppy');
  // The files that were found count nevertheless.
  await project.write('src/optional.js', 'module.exports = 1;');
  await project.built();
});

it('watches the targets of links, also in a cycle', async () => {
  project = await Project.create({
    'py/run.py': 'print(1)',
    'shared/lib/x.py': 'x = 1',
    'other/lib/x.py': 'x = 2',
    'one.py': 'y = 1',
  });
  await symlink('../shared', project.path('py/shared'));
  await symlink('../one.py', project.path('py/one.py'));
  await symlink('..', project.path('shared/lib/circle'));
  await symlink('../..', project.path('shared/lib/above'));
  await symlink('nowhere', project.path('py/broken'));
  await project.start([python]);
  await project.built();
  await project.write('shared/lib/x.py', 'x = 3');
  expect((await project.built()).changed).toEqual(['shared/lib/x.py']);
  await project.write('one.py', 'y = 2');
  expect((await project.built()).changed).toEqual(['../one.py', 'one.py']);
  await rm(project.path('py/shared'));
  await symlink('../other', project.path('py/shared'));
  expect((await project.built()).changed).toContain('shared/lib/x.py');
  await project.write('other/lib/x.py', 'x = 4');
  expect((await project.built()).changed).toEqual(['shared/lib/x.py']);
});

it('accepts a command whose words name no files', async () => {
  project = await Project.create({ 'py/run.py': 'print(1)' });
  await project.start([{ ...python, command: ['sh', '-c', `# ${'x'.repeat(300)}\necho hi`] }]);
  expect((await project.built()).code.build).toBe(1);
});

it('watches all sources of a command, by content', async () => {
  project = await Project.create({
    'py/run.py': 'print(1)',
    'py/lib/x.py': 'x = 1',
    'py/__pycache__/x.pyc': '1',
  });
  await project.start([python]);
  const built = await project.built('py');
  expect(built.code).toMatchObject({
    build: 1,
    taskRoot: project.path('py'),
    runner: { kind: 'command', command: ['python3', 'run.py'] },
  });
  await utimes(project.path('py/run.py'), new Date(), new Date());
  await project.write('py/__pycache__/x.pyc', '2');
  await project.write('py/x.log', '2');
  await project.write('py/lib/x.py', 'x = 2');
  expect(await project.built('py')).toMatchObject({ changed: ['lib/x.py'], code: { build: 2 } });
});

it('sees files and folders of a command come and go', async () => {
  project = await Project.create({ 'py/run.py': 'print(1)' });
  await project.start([python]);
  await project.built();
  await mkdir(project.path('py/new'));
  expect((await project.built()).changed).toContain('.');
  await project.write('py/new/y.py', 'y = 1');
  await project.next('built', ({ changed }) => changed.includes('new'));
  await project.write('py/new/y.py', 'y = 2');
  await project.next('built', ({ changed }) => changed.includes('new/y.py'));
  await rm(project.path('py/new'), { recursive: true });
  await project.next('built', ({ changed }) => changed.includes('new'));
});

it('watches a handler without esbuild even where tools put their output', async () => {
  project = await Project.create({ 'dist/hello.js': 'exports.handler = async () => 1;', 'dist/x.js': '1' });
  await project.start([{ name: 'hello', handler: 'dist/hello.handler' }], { findEsbuild: noEsbuild });
  await project.built();
  await project.write('dist/x.js', '2');
  expect((await project.built()).changed).toEqual(['dist/x.js']);
});

it('watches the program of a command even where tools put their output', async () => {
  project = await Project.create({ 'rust/target/debug/app': 'one', 'rust/target/debug/other': 'x' });
  await chmod(project.path('rust/target/debug/app'), 0o755);
  const command = ['./target/debug/app'] as [string, ...string[]];
  await project.start([{ name: 'rust', runtime: 'provided.al2023', sourceDir: 'rust', command }]);
  await project.built();
  await project.write('rust/target/debug/other', 'y');
  await project.write('rust/target/debug/app', 'two');
  expect((await project.built()).changed).toEqual(['target/debug/app']);
});

it('runs a function with a custom runtime by its bootstrap', async () => {
  project = await Project.create({ 'rust/bootstrap': '#!/bin/sh' });
  await project.start([{ name: 'rust', runtime: 'provided.al2023', sourceDir: 'rust' }]);
  const { code } = await project.built();
  expect(code.runner).toEqual({ kind: 'command', command: [project.path('rust/bootstrap')] });
});

it('runs plain JavaScript without esbuild, and reports that once', async () => {
  project = await Project.create({ 'src/hello.js': 'exports.handler = async () => 1;', 'src/x.js': '1' });
  await project.start([...hello, { name: 'second' }], { findEsbuild: noEsbuild });
  expect(project.all('notice').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^esbuild was found neither/),
  ]);
  expect(project.all('built')).toHaveLength(2);
  await project.built('hello');
  await project.write('src/x.js', '2');
  expect((await project.built('hello')).changed).toEqual(['src/x.js']);
});

it('reports that TypeScript needs esbuild if nothing else can run it', async () => {
  project = await Project.create({ 'src/hello.tsx': 'export const handler = () => 1;' });
  await project.start(hello, { findEsbuild: noEsbuild });
  expect((await project.failed()).errors).toEqual([
    {
      text: 'esbuild is needed to run this file: npm install --save-dev esbuild, then start livectl again',
      file: 'src/hello.tsx',
    },
  ]);
});

it('runs TypeScript as it is if the functions’ Node can', async () => {
  project = await Project.create({ 'src/hello.ts': 'export const handler = () => 1;' });
  await project.write('node', `#!/bin/sh\necho true\n`);
  await chmod(project.path('node'), 0o755);
  await project.start(hello, { findEsbuild: noEsbuild, nodeCommand: [project.path('node')] });
  expect((await project.built()).code.runner).toMatchObject({ moduleFile: project.path('src/hello.ts') });
});

it('reports that TypeScript is not to be bundled and Node cannot run it', async () => {
  project = await Project.create({ 'src/hello.ts': 'export const handler = () => 1;' });
  const { stdout } = await promisify(execFile)(process.execPath, [
    '-p',
    'Boolean(process.features.typescript)',
  ]);
  const asItIs = { bundle: false, packages: 'auto', external: [] } as const;
  await project.start([{ name: 'hello', esbuild: asItIs }]);
  if (stdout.trim() === 'true') expect(project.all('built')).toHaveLength(1);
  else
    expect((await project.failed()).errors[0]?.text).toMatch(
      /this Node does not run TypeScript.* remove "esbuild": { "bundle": false }/,
    );
});

it('knows whether a source has changed lately, without counting places of missing imports', async () => {
  project = await Project.create({
    'src/hello.js': `if (process.env.NEVER) require('./optional.js'); exports.handler = async () => 1;`,
  });
  await project.start(hello);
  await project.built();
  const later = Date.now() + 60_000;
  expect(project.changedSince('hello', later)).toBe(false);
  const before = Date.now();
  expect(project.changedSince('hello', before - 60_000)).toBe(true);
  await utimes(project.path('src/hello.js'), new Date(later), new Date(later));
  expect(project.changedSince('hello', later)).toBe(true);
});
