// The effect of layers on a build: their packages stay out of bundles, and a change in them starts a new worker.
import { mkdir } from 'node:fs/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { answer, Project } from './project.ts';

let project: Project;
afterEach(() => {
  vi.unstubAllEnvs();
  return project.remove();
});

const bundled = { bundle: true, packages: 'bundle', external: [] } as const;

it('leaves packages of layers out of a bundle, including new ones', async () => {
  project = await Project.create({
    'package.json': '{}',
    'layers/shared/nodejs/node_modules/@scope/one/index.js': 'exports.one = "of the layer";',
    'node_modules/@scope/one/index.js': 'exports.one = "of the project";',
    'src/hello.ts': `import { one } from '@scope/one';\nimport { two } from '@scope/two';\nexport const handler = () => [one, two];`,
  });
  await project.start([{ name: 'hello', layerDirs: ['layers/shared'], esbuild: bundled }]);
  expect((await project.failed()).errors[0]?.text).toContain('Could not resolve "@scope/two"');
  await project.write('layers/shared/nodejs/node_modules/@scope/two/index.js', 'exports.two = "new";');
  const built = await project.built();
  expect(built.code.layers).toEqual([project.path('layers/shared')]);
  const NODE_PATH = project.path('layers/shared/nodejs/node_modules');
  // The bundle lies in the project, whose own copy goes first, as that of the function does on Lambda.
  expect(await answer(built, {}, { NODE_PATH })).toEqual(['of the project', 'new']);
});

it('sees changes in layers, whatever the names of their folders', async () => {
  project = await Project.create({
    'layer/nodejs/node_modules/one/dist/index.js': '1',
    'src/hello.ts': 'export const handler = () => 1;',
  });
  await project.start([{ name: 'hello', layerDirs: ['layer'], esbuild: bundled }]);
  await project.built();
  await project.write('layer/nodejs/node_modules/one/dist/index.js', '2');
  expect((await project.built()).changed).toEqual(['layer/nodejs/node_modules/one/dist/index.js']);
});

it('does not watch a layer that was fetched, which never changes', async () => {
  const layer = 'cache/livectl/layers/hash/opt';
  const file = `${layer}/nodejs/node_modules/one/index.js`;
  project = await Project.create({
    [file]: 'module.exports = "one";',
    'src/hello.ts': `import one from 'one';\nexport const handler = () => one;`,
  });
  vi.stubEnv('XDG_CACHE_HOME', project.path('cache'));
  await project.start([{ name: 'hello', layerDirs: [project.path(layer)], esbuild: bundled }]);
  const NODE_PATH = project.path(`${layer}/nodejs/node_modules`);
  expect(await answer(await project.built(), {}, { NODE_PATH })).toBe('one');
  await project.write(file, 'module.exports = "two";');
  await project.write('src/hello.ts', `export const handler = () => 'changed';`);
  expect((await project.built()).changed).toEqual(['src/hello.ts']);
});

it('reports which layer folder does not exist', async () => {
  project = await Project.create({ 'src/hello.js': 'exports.handler = 1;' });
  await mkdir(project.path('one'));
  await expect(project.start([{ name: 'hello', layerDirs: ['one', 'two'] }])).rejects.toThrow(
    `functions.hello.layer_dirs[1]: there is no folder ${project.path('two')}`,
  );
});

it('finds files beside a bundled handler as on Lambda', async () => {
  const read = (place: string) => `readFileSync(${place}, 'utf8')`;
  project = await Project.create({
    'services/api/src/page.html': 'beside the handler',
    'services/api/data.txt': 'in the task root',
    'services/api/src/hello.ts': `
      import { readFileSync } from 'node:fs';
      import { join } from 'node:path';
      export const handler = (): unknown => [
        ${read("new URL('./page.html', import.meta.url)")},
        ${read("join(__dirname, 'page.html')")},
        ${read("'data.txt'")},
        ${read("join(process.env.LAMBDA_TASK_ROOT ?? '', 'data.txt')")},
      ];`,
  });
  await project.start([{ name: 'hello', sourceDir: 'services/api' }]);
  const taskRoot = project.path('services/api');
  const built = await project.built();
  expect(built.code.taskRoot).toBe(taskRoot);
  expect(await answer(built, {}, { LAMBDA_TASK_ROOT: taskRoot })).toEqual([
    'beside the handler',
    'beside the handler',
    'in the task root',
    'in the task root',
  ]);
});
