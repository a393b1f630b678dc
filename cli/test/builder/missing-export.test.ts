// A handler that names a missing export is reported on save, if that is certain.
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

const packages = { commonjs: '{}', module: '{ "type": "module" }' };

async function start(files: Record<string, string>, handler: string, runtime = 'nodejs22.x'): Promise<void> {
  project = await Project.create(files);
  await project.start([{ name: 'hello', handler, runtime }]);
}

describe.each(['commonjs', 'module'] as const)('in a package of type %s', (type) => {
  const packageJson = packages[type];

  it.each(['app.ts', 'app.mjs'])(
    '%s: suggests what was meant, and recovers with the save that has it',
    async (file) => {
      await start(
        { 'package.json': packageJson, [file]: 'export const handler = async () => 1;' },
        'app.handlr',
      );
      expect((await project.failed()).errors).toEqual([
        {
          text: 'there is no export "handlr", which the handler app.handlr names; did you mean "handler"?',
          file,
        },
      ]);
      await project.write(file, 'export const handlr = async () => 1;');
      await project.built();
    },
  );

  it('finds exports from elsewhere', async () => {
    await start(
      {
        'package.json': packageJson,
        'app.ts': `export * from './other';`,
        'other.ts': 'export const handler = 1;',
      },
      'app.handler',
    );
    await project.built();
  });

  it('leaves what another package may export to the run', async () => {
    await start(
      {
        'package.json': packageJson,
        'app.ts': `export * from 'pkg'; export const one = 1;`,
        'node_modules/pkg/package.json': '{ "name": "pkg", "main": "index.js" }',
        'node_modules/pkg/index.js': 'exports.handler = async () => 1;',
      },
      'app.handler',
    );
    await project.built();
  });
});

it('lists a module’s exports if none is similar', async () => {
  await start({ 'app.ts': 'export const a = 1; export function b() {}' }, 'app.handler');
  expect((await project.failed()).errors[0]?.text).toMatch(/names; it exports a, b$/);
});

it.each([
  ['exports.handler = async () => 1;', 'handlr'],
  ['module.exports = { handler: async () => 1 };', 'handlr'],
])('reads CommonJS: %s', async (source, name) => {
  await start({ 'app.js': source }, `app.${name}`);
  expect((await project.failed()).errors[0]?.text).toMatch(/did you mean "handler"\?$/);
});

it.each([
  `const names = ['handler']; exports.other = 1; for (const name of names) exports[name] = async () => 1;`,
  `exports.other = 1; Object.assign(exports, { handler: async () => 1 });`,
  `module.exports = { ...require('./other.js'), one: 1 };`,
  `module.exports = Object.fromEntries([['handler', 1]]);`,
  // The lexer of CommonJS reads an object literal up to the first value that is no name.
  `const other = { one: 1 }; const handler = 1; module.exports = { one: other.one, handler };`,
  `module.exports = { one: require('./other.js'), handler: require('./other.js').handler };`,
  `module.exports = { async handler() {}, one: 1 };`,
  `const one = 1; const names = ['hand' + 'ler']; module.exports = { one, [names[0]]: 1 };`,
  `const one = 1; const more = require('./other.js'); module.exports = { one, two: one + 1, ...more };`,
  `exports.one = 1; module.exports = Object.freeze({ handler: 1 });`,
  `const make = () => ({ handler: 1 }); exports.one = 1; module.exports = make();`,
  `exports.one = 1; require('./other.js')(module);`,
  `exports.one = 1; this.handler = 1;`,
])('leaves to the run what only running can tell: %s', async (source) => {
  await start({ 'app.js': source, 'other.js': 'exports.handler = 1;' }, 'app.handler');
  await project.built();
});

it('reports that an object literal has no such name', async () => {
  await start(
    { 'app.js': 'const x = { y: 1 }; module.exports = { one: x.y, two: () => 2 };' },
    'app.handler',
  );
  expect((await project.failed()).errors[0]?.text).toMatch(/the handler app.handler names$/);
});

it.each([
  'export const one = 1; module.exports.handler = async () => 1;',
  'export const one = 1; (module as any).exports.handler = async () => 1;',
  'export const one = 1; exports.handler = async () => 1;',
])('accepts what TypeScript assigns besides its exports: %s', async (source) => {
  await start({ 'app.ts': source }, 'app.handler');
  await project.built();
});

it.each([
  ['nodejs24.x', 'built'],
  ['nodejs22.x', 'failed'],
] as const)('looks into a default export as %s does', async (runtime, end) => {
  await start({ 'app.mts': 'export default { handler: async () => 1 };' }, 'app.handler', runtime);
  await project[end]();
});
