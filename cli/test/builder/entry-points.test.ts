// Scripts beside the handler: threads, child processes, and the handlers that vendors' wrappers load.
import { afterEach, expect, it } from 'vitest';
import { functionEnvironment } from '../../src/worker/process/environment.ts';
import { sandboxNotices } from '../../src/worker/process/sandbox-paths.ts';
import { answer, Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

const hello = [{ name: 'hello' }];
const thread = `import { parentPort, workerData } from 'node:worker_threads';
import { twice } from '../twice.ts';
enum Kind { Answer = 'answer' }
parentPort?.postMessage([Kind.Answer, twice(workerData)]);
`;
const ask = (worker: string) => `import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
enum Kind { Main = 'main' }
if (!isMainThread || process.send) { (process.send?.bind(process) ?? parentPort?.postMessage.bind(parentPort))?.([Kind.Main, 'self']); }
export const handler = async () => (await once(${worker}, 'message'))[0];
`;

it.each([
  ["new Worker(new URL('./threads/thread.ts', import.meta.url), { workerData: 21 })", ['answer', 42]],
  ["new Worker(new URL('./threads/thread.js', import.meta.url), { workerData: 21 })", ['answer', 42]],
  ["new Worker(join(__dirname, './threads/thread.js'), { workerData: 21 })", ['answer', 42]],
  ["new Worker('./src/threads/thread.js', { workerData: 21 })", ['answer', 42]],
  ['new Worker(__filename)', ['main', 'self']],
  ['new Worker(new URL(import.meta.url))', ['main', 'self']],
  ['fork(__filename)', ['main', 'self']],
])('builds what %s starts', async (worker, expected) => {
  for (const type of ['commonjs', 'module']) {
    await project?.remove();
    project = await Project.create({
      'package.json': JSON.stringify({ type }),
      'src/hello.ts': ask(worker),
      'src/threads/thread.ts': thread,
      'src/twice.ts': 'export const twice = (value: number) => value * 2;\n',
    });
    await project.start(hello);
    expect(await answer(await project.built())).toEqual(expected);
  }
});

it('watches the sources of a thread, and reports their errors', async () => {
  project = await Project.create({
    'src/hello.ts': ask("new Worker(new URL('./threads/thread.ts', import.meta.url), { workerData: 21 })"),
    'src/threads/thread.ts': thread,
    'src/twice.ts': 'export const twice = (value: number) => value * 2;\n',
  });
  await project.start(hello);
  await project.built();
  await project.write('src/twice.ts', 'export const twice = (value: number) => value + "!";\n');
  expect(await answer(await project.built())).toEqual(['answer', '21!']);
  await project.write('src/threads/thread.ts', 'const = 1;\n');
  expect((await project.failed()).errors).toMatchObject([{ file: 'src/threads/thread.ts', line: 1 }]);
  await project.write('src/threads/thread.ts', thread);
  expect(await answer(await project.built())).toEqual(['answer', '21!']);
});

it('ignores files that are not scripts, or run as they are', async () => {
  project = await Project.create({
    'package.json': '{ "type": "module" }',
    'src/hello.ts': `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
export const handler = async () => [readFileSync(new URL('./a.txt', import.meta.url), 'utf8'), join(import.meta.dirname, 'thread.js'), new URL('./none.js', import.meta.url).href];
`,
    'src/a.txt': 'text',
    'src/thread.js': '',
  });
  await project.start(hello);
  expect(await answer(await project.built())).toEqual([
    'text',
    project.path('src/thread.js'),
    `file://${project.path('src/none.js')}`,
  ]);
});

/** Looks for the inner handler as the wrapper of Datadog and its likes do. */
const wrapper = `const fs = require('node:fs'), path = require('node:path');
const place = process.env.DD_LAMBDA_HANDLER;
const stem = path.resolve(process.env.LAMBDA_TASK_ROOT, path.dirname(place), path.basename(place).split('.')[0]);
const file = ['', '.js', '.mjs', '.cjs'].map((end) => stem + end).find((one) => fs.existsSync(one));
exports.handler = async (event) => ['wrapped', await (await import(file)).inner(event)];
`;

it.each(['commonjs', 'module'])(
  'builds the handler that a wrapper finds by a variable (%s)',
  async (type) => {
    const variables = { DD_LAMBDA_HANDLER: 'src/app.inner' };
    project = await Project.create({
      'package.json': JSON.stringify({ type }),
      'node_modules/vendor/package.json': '{}',
      'node_modules/vendor/handler.js': wrapper,
      'src/app.ts': `import { name } from './name.ts';\nexport const inner = async (event: object) => [name, event];\n`,
      'src/name.ts': 'export const name: string = "inner";\n',
    });
    await project.start([
      { name: 'hello', handler: 'node_modules/vendor/handler.handler', environment: variables },
    ]);
    const run = async () => {
      const built = await project.built();
      return answer(
        built,
        { a: 1 },
        functionEnvironment(built.code, { ...variables, PATH: process.env.PATH ?? '' }),
      );
    };
    expect(await run()).toEqual(['wrapped', ['inner', { a: 1 }]]);
    await project.write('src/name.ts', 'export const name: string = "saved";\n');
    expect(await run()).toEqual(['wrapped', ['saved', { a: 1 }]]);
  },
);

it('builds what entry_points names, for a stage whose variables become known with an invocation', async () => {
  project = await Project.create({
    'wrapper.js': wrapper,
    'src/app.ts': 'export const inner = async () => "inner" as string;\n',
  });
  const esbuild = { bundle: undefined, packages: 'auto', external: [], entryPoints: ['src/app'] } as const;
  await project.start([{ name: 'hello', handler: 'wrapper.handler', esbuild }]);
  const built = await project.built();
  const environment = functionEnvironment(built.code, { DD_LAMBDA_HANDLER: 'src/app.inner' });
  expect(await answer(built, {}, environment)).toEqual(['wrapped', 'inner']);
});

it('reports what a function’s variables ask for that does not happen here, with a remedy', async () => {
  project = await Project.create({
    'wrapper.js': wrapper,
    'src/app.ts': 'export const inner = async () => 1 as number;\n',
    'layers/tracer/tracer.cjs': '',
  });
  await project.start([{ name: 'hello', handler: 'wrapper.handler', layerDirs: ['layers/tracer'] }]);
  const { code } = await project.built();
  const options = '--require /opt/tracer.cjs --import=/opt/gone.mjs';
  const here = project.path('layers/tracer/tracer.cjs');
  expect(functionEnvironment(code, { NODE_OPTIONS: options }).NODE_OPTIONS).toBe(
    `--require ${here} --import=/opt/gone.mjs`,
  );
  const given = {
    AWS_LAMBDA_EXEC_WRAPPER: '/opt/wrap',
    NODE_OPTIONS: options,
    DD_LAMBDA_HANDLER: 'src/app.inner',
  };
  expect(sandboxNotices(code, given)).toEqual([
    expect.stringContaining('the wrapper script /opt/wrap (AWS_LAMBDA_EXEC_WRAPPER) is not run'),
    expect.stringMatching(/NODE_OPTIONS names \/opt\/gone\.mjs, .* in "layer_dirs"$/),
    'hello: DD_LAMBDA_HANDLER names src/app, which is TypeScript and not built; name it in "esbuild": { "entry_points": ["src/app"] }',
  ]);
});

it('passes the built handler to what is loaded before it, and to nothing else', async () => {
  project = await Project.create({ 'src/hello.ts': 'export const handler = async () => 1 as number;\n' });
  await project.start(hello);
  const { code } = await project.built();
  expect(functionEnvironment(code, {})._HANDLER).toBe('src/hello.handler');
  const preloaded = functionEnvironment(code, {
    NODE_OPTIONS: '--require tracer',
    A_HANDLER: 'src/none.handler',
  });
  expect(preloaded._HANDLER).toMatch(/^\.livectl\/.+\/hello\/1\/src\/hello\.handler$/);
  expect(preloaded.A_HANDLER).toBe('src/none.handler');
});
