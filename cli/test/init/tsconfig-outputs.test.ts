// From a handler in what tsc wrote to its source, by the tsconfig files of a project.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { FoundFunction } from '../../src/init/found-function.ts';
import { SourceFiles } from '../../src/init/source-files.ts';
import { writeFiles } from './orders-project.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** As tsc replaces it by the folder of the file that extends. */
const configDir = `$\{configDir}`;
const source = 'export const handler = 1;';

function projectOf(files: Readonly<Record<string, object | string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'livectl-tsconfig-')));
  folders.push(root);
  const texts = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === 'string' ? content : JSON.stringify(content),
  ]);
  writeFiles(root, Object.fromEntries(texts));
  return root;
}

function find(root: string, handler: string, ...sourceFolders: string[]) {
  const wanted: FoundFunction = {
    name: 'orders',
    address: 'aws_lambda_function.orders',
    handler,
    runtime: 'nodejs22.x',
    settings: {},
    leftOutVariables: [],
    sourceFolders,
    layers: [],
    roleCode: undefined,
    leftOut: undefined,
    block: undefined,
  };
  return new SourceFiles(root, []).find(wanted);
}

const of = (rootDir: string | undefined, outDir: string, more = {}) => ({
  compilerOptions: { outDir, ...(rootDir === undefined ? {} : { rootDir }) },
  ...more,
});

describe('the source of what tsc wrote', () => {
  test('outDir and rootDir: not the built file, and not another one of the same name', () => {
    const root = projectOf({
      'tsconfig.json': `// comments and commas, as tsc takes them\n{ "compilerOptions": { "rootDir": "lib", "outDir": "./compiled/", }, }`,
      'lib/api/orders.ts': source,
      'src/api/orders.ts': source,
      'compiled/api/orders.js': source,
    });
    const found = { handler: 'lib/api/orders.handler', sourceDir: '.', file: 'lib/api/orders.ts' };
    expect(find(root, 'api/orders.handler', 'compiled')).toMatchObject(found);
    expect(find(root, 'orders.handler', 'compiled/api')).toMatchObject(found);
    // The package is the whole project.
    expect(find(root, 'compiled/api/orders.handler', '.')).toMatchObject(found);
  });

  test('without rootDir: the nearest folder with every source, else that of the tsconfig file', () => {
    const files = { 'src/orders.ts': source, 'dist/orders.js': source, 'types/x.d.ts': '' };
    const root = projectOf({ 'tsconfig.json': of(undefined, 'dist'), ...files });
    expect(find(root, 'dist/orders.handler', '.')).toMatchObject({ file: 'src/orders.ts' });
    const mixed = projectOf({
      'tsconfig.json': of(undefined, 'dist'),
      'src/orders.ts': source,
      'test/orders.ts': source,
      'dist/src/orders.js': source,
    });
    expect(find(mixed, 'dist/src/orders.handler', '.')).toMatchObject({ file: 'src/orders.ts' });
    const included = projectOf({
      'tsconfig.json': of(undefined, 'dist', { include: ['src/**/*.ts'] }),
      'src/orders.ts': source,
      'test/orders.ts': source,
      'dist/orders.js': source,
    });
    expect(find(included, 'dist/orders.handler', '.')).toMatchObject({ file: 'src/orders.ts' });
  });

  test('extends: paths are those of the file that has them, and the last one counts', () => {
    const root = projectOf({
      'tsconfig.base.json': of('lib', 'base-out'),
      'config/strict.json': of(undefined, '../compiled'),
      'tsconfig.build.json': { extends: ['./tsconfig.base', './config/strict.json'] },
      'lib/orders.ts': source,
      'compiled/orders.js': source,
      'base-out/orders.js': source,
    });
    expect(find(root, 'orders.handler', 'compiled')).toMatchObject({ file: 'lib/orders.ts' });
  });

  test('a monorepo: a shared file of a linked package, with configDir', () => {
    const root = projectOf({
      'tooling/tsconfig/package.json': { name: '@acme/tsconfig' },
      'tooling/tsconfig/node.json': of(`${configDir}/source`, `${configDir}/compiled`),
      'packages/orders/tsconfig.json': { extends: '@acme/tsconfig/node.json' },
      'packages/orders/source/index.ts': source,
      'packages/orders/compiled/index.js': source,
      'packages/refunds/tsconfig.json': { extends: '@acme/tsconfig/node' },
      'packages/refunds/source/index.ts': source,
      'packages/refunds/compiled/index.js': source,
    });
    const link = join(root, 'node_modules/@acme/tsconfig');
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync('../../tooling/tsconfig', link);
    expect(find(root, 'index.handler', 'packages/orders/compiled')).toMatchObject({
      handler: 'packages/orders/source/index.handler',
    });
    expect(find(root, 'index.handler', 'packages/refunds/compiled')).toMatchObject({
      handler: 'packages/refunds/source/index.handler',
    });
    // The package's folder is not known: two have such a file, and one the function's name.
    expect(find(root, 'compiled/index.handler')).toMatchObject({ file: 'packages/orders/source/index.ts' });
  });

  test('JavaScript that tsc copied keeps its handler and its folder', () => {
    const root = projectOf({
      'tsconfig.json': of('lib', 'compiled'),
      'lib/api/orders.mjs': source,
      'compiled/api/orders.mjs': source,
    });
    expect(find(root, 'api/orders.handler', 'compiled')).toMatchObject({
      handler: 'api/orders.handler',
      sourceDir: 'lib',
      file: 'lib/api/orders.mjs',
    });
  });

  test('a source that is not there leaves the built file', () => {
    const root = projectOf({ 'tsconfig.json': of('lib', 'compiled'), 'compiled/orders.js': source });
    expect(find(root, 'orders.handler', 'compiled')).toMatchObject({ file: 'compiled/orders.js' });
  });

  test.each([
    // tsc 7 refuses sources that are all in another folder than the file, unless that has rootDir.
    { compiler: 'typescript', written: ['rooted/api/orders', 'rooted/lib/orders'] },
    {
      compiler: 'typescript-5',
      written: ['rooted/api/orders', 'rooted/lib/orders', 'whole/api/orders', 'whole/index'],
    },
  ])('every file that the tsc of $compiler writes', ({ compiler, written }) => {
    const root = projectOf({
      'base.json': {
        compilerOptions: { outDir: `${configDir}/compiled`, noCheck: true, lib: ['es5'], types: [] },
      },
      'whole/tsconfig.json': { extends: '../base.json', include: ['lib'] },
      'rooted/tsconfig.json': { extends: '../base', compilerOptions: { rootDir: '.' } },
      'whole/lib/api/orders.ts': source,
      'whole/lib/index.mts': source,
      'rooted/api/orders.ts': source,
      'rooted/lib/orders.ts': source,
    });
    const tsc = join(import.meta.dirname, '../../../node_modules', compiler, 'bin/tsc');
    for (const each of new Set(written.map((path) => path.split('/')[0] ?? '')))
      execFileSync(process.execPath, [tsc, '-p', join(root, each)]);
    for (const path of written) {
      const [name, ...rest] = path.split('/');
      const ending = path.endsWith('index') ? 'mts' : 'ts';
      expect(existsSync(join(root, `${name}/compiled/${rest.join('/')}.${ending.replace('t', 'j')}`))).toBe(
        true,
      );
      expect(find(root, `${rest.join('/')}.handler`, `${name}/compiled`)).toMatchObject({
        file: `${name}/${name === 'whole' ? 'lib/' : ''}${rest.join('/')}.${ending}`,
      });
    }
  });

  test('files in a circle, of any content, and outside the project are passed over', () => {
    const root = projectOf({
      'outside/tsconfig.json': of('../project/secret', '../project/compiled'),
      'project/a/tsconfig.json': { extends: './tsconfig.b.json' },
      'project/a/tsconfig.b.json': { extends: './tsconfig.json' },
      'project/a/tsconfig.many.json': { extends: Array.from({ length: 20 }, () => './tsconfig.many.json') },
      'project/b/tsconfig.json': '['.repeat(200_000),
      'project/c/tsconfig.json': { extends: 7, compilerOptions: { outDir: ['x'], rootDir: null } },
      'project/d/tsconfig.json': { extends: '../../outside/tsconfig.json' },
      'project/secret/orders.ts': source,
      'project/compiled/orders.js': source,
    });
    // Were that of `outside` read, it would be secret/orders.ts.
    expect(find(join(root, 'project'), 'orders.handler', 'compiled')).toMatchObject({
      file: 'compiled/orders.js',
    });
  });
});
