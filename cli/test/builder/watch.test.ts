// Watching: every way in which editors and tools change files, seen through real file system events.
import { execFile } from 'node:child_process';
import { appendFile, mkdir, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answer, Project } from './project.ts';

let project: Project;
const hello = [{ name: 'hello' }];
const handler = (expression: string) => `export const handler = async () => (${expression});\n`;
const greeting = (text: string) => `export const greeting: string = ${JSON.stringify(text)};\n`;

beforeEach(async () => {
  project = await Project.create({
    'package.json': '{ "type": "module" }',
    'src/hello.ts': `import { greeting } from './greeting.ts';\n${handler('greeting')}`,
    'src/greeting.ts': greeting('one'),
  });
});
afterEach(() => project.remove());

async function startHello(): Promise<void> {
  await project.start(hello);
  await project.built();
}

it('sees a plain save', async () => {
  await startHello();
  await project.write('src/greeting.ts', greeting('two'));
  const built = await project.built();
  expect(built).toMatchObject({ first: false, changed: ['src/greeting.ts'], code: { build: 2 } });
  expect(await answer(built)).toBe('two');
});

it('sees an atomic save, which replaces the file', async () => {
  await startHello();
  for (const text of ['two', 'three']) {
    await project.write('src/.greeting.ts.tmp', greeting(text));
    await rename(project.path('src/.greeting.ts.tmp'), project.path('src/greeting.ts'));
    expect(await answer(await project.built())).toBe(text);
  }
});

it('sees a save by backup and rename, as vim does it', async () => {
  await startHello();
  await rename(project.path('src/greeting.ts'), project.path('src/greeting.ts~'));
  await project.write('src/greeting.ts', greeting('two'));
  await unlink(project.path('src/greeting.ts~'));
  expect(await answer(await project.built())).toBe('two');
  expect(project.all('build_error')).toEqual([]);
});

it('ends with the last of many quick saves', async () => {
  await startHello();
  for (let save = 1; save <= 20; save++) await project.write('src/greeting.ts', greeting(`save ${save}`));
  let last: unknown;
  do last = await answer(await project.built());
  while (last !== 'save 20');
  // No events now: the next one is that of the next change.
  await project.write('src/greeting.ts', greeting('after'));
  expect(await answer(await project.built())).toBe('after');
});

it('does not rebuild when a file is touched or saved as it was', async () => {
  await startHello();
  await utimes(project.path('src/greeting.ts'), new Date(), new Date());
  await project.write('src/greeting.ts', greeting('one'));
  await project.write(
    'src/hello.ts',
    `import { greeting } from './greeting.ts';\n${handler('greeting + 1')}`,
  );
  const built = await project.built();
  expect(built.changed).toEqual(['src/hello.ts']);
  expect(built.code.build).toBe(2);
});

it('ignores files that are not inputs', async () => {
  await startHello();
  await project.write('src/other.ts', greeting('x'));
  await project.write('README.md', 'x');
  await project.write('src/greeting.ts', greeting('two'));
  expect((await project.built()).changed).toEqual(['src/greeting.ts']);
  expect(project.all('built')).toHaveLength(2);
});

it('fails for an imported file that is deleted, and recovers when it returns', async () => {
  await startHello();
  await unlink(project.path('src/greeting.ts'));
  const { errors, hasLastGood } = await project.failed();
  expect(hasLastGood).toBe(true);
  expect(errors).toMatchObject([
    { text: 'Could not resolve "./greeting.ts"', file: 'src/hello.ts', line: 1 },
  ]);
  await project.write('src/greeting.ts', greeting('back'));
  expect(await answer(await project.built())).toBe('back');
});

it('recovers when a file that never existed is created, in a folder that never existed', async () => {
  await project.write('src/hello.ts', `import { x } from './deep/er/x.js';\n${handler('x')}`);
  await project.start(hello);
  expect((await project.failed()).hasLastGood).toBe(false);
  await project.write('src/deep/er/x.ts', 'export const x = "made";');
  const built = await project.built();
  expect(built.first).toBe(false);
  expect(await answer(built)).toBe('made');
});

it('recovers from a failed first build by an edit of any file that was read', async () => {
  const between = (text: string) => project.write('src/between.ts', text);
  await project.write('src/hello.ts', `import { greeting } from './between.ts';\n${handler('greeting')}`);
  await between(`export { greeting } from './greeting.ts';\n`);
  await project.write('src/greeting.ts', 'export const greeting = ;\n');
  await project.start(hello);
  expect(await project.failed()).toMatchObject({
    hasLastGood: false,
    errors: [{ file: 'src/greeting.ts', line: 1, column: 24, lineText: 'export const greeting = ;' }],
  });
  await between(greeting('without it'));
  expect(await answer(await project.built())).toBe('without it');
});

it('keeps the last good build through a syntax error, and continues its count', async () => {
  await startHello();
  await project.write('src/greeting.ts', 'export const greeting = (;\n');
  const failed = await project.failed();
  expect(failed).toMatchObject({ hasLastGood: true, errors: [{ file: 'src/greeting.ts', line: 1 }] });
  // Unchanged: the sources equal the last good build, but recovery is reported.
  await project.write('src/greeting.ts', greeting('one'));
  const built = await project.built();
  expect(built.code.build).toBe(2);
  expect(await answer(built)).toBe('one');
});

it('sees JSON that is imported', async () => {
  await project.write('src/hello.ts', `import data from './data.json';\n${handler('data.a')}`);
  await project.write('src/data.json', '{ "a": 1 }');
  await startHello();
  await project.write('src/data.json', '{ "a": 2 }');
  expect(await answer(await project.built())).toBe(2);
});

it('sees tsconfig paths change, in a file that is extended', async () => {
  const base = (folder: string) =>
    JSON.stringify({ compilerOptions: { paths: { '@lib/*': [`./src/${folder}/*`] } } });
  await project.write('config/base.json', base('a').replaceAll('./src', '../src'));
  await project.write('tsconfig.json', '{ "extends": "./config/base.json" }');
  await project.write('src/a/x.ts', 'export const x = "a";');
  await project.write('src/b/x.ts', 'export const x = "b";');
  await project.write('src/hello.ts', `import { x } from '@lib/x';\n${handler('x')}`);
  await startHello();
  await project.write('config/base.json', base('b').replaceAll('./src', '../src'));
  const built = await project.built();
  expect(built.changed).toEqual(['config/base.json']);
  expect(await answer(built)).toBe('b');
});

it('sees that the file appears to which tsconfig paths point', async () => {
  await project.write('tsconfig.json', '{ "compilerOptions": { "paths": { "@lib/*": ["./src/lib/*"] } } }');
  await project.write('src/hello.ts', `import { x } from '@lib/x';\n${handler('x')}`);
  await startHello();
  await project.write('src/lib/x.ts', 'export const x = "there now";');
  expect(await answer(await project.built())).toBe('there now');
});

it('sees a new tsconfig', async () => {
  await project.write('src/hello.ts', `import { x } from 'x';\n${handler('x')}`);
  await project.write('src/lib/x.ts', 'export const x = "mapped";');
  await startHello();
  await project.write('tsconfig.json', '{ "compilerOptions": { "paths": { "x": ["./src/lib/x.ts"] } } }');
  expect(await answer(await project.built())).toBe('mapped');
});

it('sees the package’s type change', async () => {
  await startHello();
  await project.write('package.json', '{ "type": "commonjs" }');
  const { code } = await project.built();
  if (code.runner.kind !== 'node') throw new Error('not for Node');
  expect(code.runner.moduleFile).toMatch(/\.cjs$/);
});

it('sees a file outside the root, as in a monorepo', async () => {
  await project.write('packages/shared/x.ts', 'export const x = 1;');
  await project.write('packages/api/src/hello.ts', `import { x } from '../../shared/x.ts';\n${handler('x')}`);
  await project.start([{ name: 'hello', sourceDir: 'packages/api' }]);
  await project.built();
  await project.write('packages/shared/x.ts', 'export const x = 2;');
  const built = await project.built();
  expect(built.changed).toEqual(['../shared/x.ts']);
  expect(await answer(built)).toBe(2);
});

it('follows a folder that is deleted and created again', async () => {
  await project.write('src/lib/x.ts', 'export const x = 1;');
  await project.write('src/hello.ts', `import { x } from './lib/x.ts';\n${handler('x')}`);
  await startHello();
  for (let round = 2; round <= 4; round++) {
    await rm(project.path('src/lib'), { recursive: true });
    await project.write('src/lib/x.ts', `export const x = ${round};`);
    expect(await answer(await project.next('built'))).toBe(round);
  }
});

it('follows a parent folder that is replaced by another', async () => {
  await startHello();
  await mkdir(project.path('next'));
  await project.write('next/greeting.ts', greeting('replaced'));
  await project.write('next/hello.ts', `import { greeting } from './greeting.ts';\n${handler('greeting')}`);
  await rename(project.path('src'), project.path('before'));
  await rename(project.path('next'), project.path('src'));
  expect(await answer(await project.built())).toBe('replaced');
  await project.write('src/greeting.ts', greeting('and watched'));
  expect(await answer(await project.built())).toBe('and watched');
});

it('rebuilds only the function whose file changed', async () => {
  await project.write('src/a.ts', `import { greeting } from './greeting.ts';\n${handler('greeting')}`);
  await project.write('src/b.ts', handler('"b"'));
  await project.start([
    { name: 'a', handler: 'src/a.handler' },
    { name: 'b', handler: 'src/b.handler' },
    { name: 'hello' },
  ]);
  await project.write('src/b.ts', handler('"b2"'));
  expect((await project.built('b')).code.build).toBe(1);
  expect(await answer(await project.built('b'))).toBe('b2');
  // A file of two functions rebuilds both.
  await project.write('src/greeting.ts', greeting('two'));
  const both = [(await project.built()).code.functionName, (await project.built()).code.functionName];
  expect(both.sort()).toEqual(['a', 'hello']);
  expect(project.all('built').filter(({ code }) => code.functionName === 'b')).toHaveLength(2);
});

it('builds again when a source changes while it is being built', async () => {
  await startHello();
  // The first save starts a build, the others land wherever it is then.
  for (let save = 1; save <= 30; save++) {
    await writeFile(project.path('src/greeting.ts'), greeting(`save ${save}`));
    await appendFile(project.path('src/hello.ts'), `export const e${save} = ${save};\n`);
    for (let turn = 0; turn < save; turn++) await new Promise(setImmediate);
  }
  let built = await project.built();
  while ((await answer(built)) !== 'save 30') built = await project.built();
  expect(project.all('build_error')).toEqual([]);
});

it('continues when esbuild’s process was killed', async () => {
  await project.write('src/second.ts', `import { greeting } from './greeting.ts';\n${handler('greeting')}`);
  await project.start([{ name: 'hello' }, { name: 'second', handler: 'src/second.handler' }]);
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(process.pid), 'esbuild']);
  for (const pid of stdout.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
  await project.write('src/greeting.ts', greeting('two'));
  const rebuilt = ({ code }: { code: { build: number } }) => code.build === 2;
  expect(await answer(await project.next('built', rebuilt))).toBe('two');
  expect(await answer(await project.next('built', rebuilt))).toBe('two');
  expect(project.all('build_error')).toEqual([]);
});

it('sees nothing any more once it is closed', async () => {
  await startHello();
  await project.stop();
  await project.write('src/greeting.ts', greeting('two'));
  await project.start(hello);
  expect(await answer(await project.built())).toBe('two');
  expect(project.all('built')).toHaveLength(2);
});
