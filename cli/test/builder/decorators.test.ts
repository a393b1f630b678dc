// `emitDecoratorMetadata`: the types that dependency injection goes by reach the code, or one notice says how.
import { symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { answer, Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

const hello = [{ name: 'hello' }];
const metadata = '{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }';

/** What reflect-metadata does, as far as these files need it. */
const reflect = `const all = new Map();
Reflect.metadata = (key, value) => (target) => { all.set(target, value); };
exports.typesOf = (target) => all.get(target);`;

const files = {
  'node_modules/reflect/index.js': reflect,
  'src/service.ts':
    'import type { Named } from "./named";\nexport class Service implements Named { name = "service"; }\n',
  'src/named.ts': 'export interface Named { name: string }\nexport type Id = string;\n',
  'src/controller.ts': `import { Id, Named } from './named';
import { Service } from './service';
import { Event } from 'types-only';

const Injectable = (): ClassDecorator => () => {};

@Injectable()
export class Controller {
  constructor(readonly service: Service, readonly named: Named, readonly id: Id, event: Event) {}
  fail(): never {
    throw new Error('mapped');
  }
}
`,
  'src/hello.ts': `import { typesOf } from 'reflect';
import { Controller } from './controller';
export const handler = async (event: { fail?: boolean }) => {
  const types = typesOf(Controller);
  if (event.fail) new Controller(new types[0](), { name: 'a' }, 'b', {}).fail();
  return [types[0]?.name, new types[0]().name, types.slice(1).map((type) => type === Object)];
};
`,
};

/** Puts a package of this repository into the project's node_modules. */
async function install(name: string, from: string): Promise<void> {
  const packageFile = createRequire(import.meta.url).resolve(`${from}/package.json`);
  await symlink(dirname(packageFile), project.path(join('node_modules', name)));
}

it('is supported by the project’s TypeScript, with source maps, in files that need it', async () => {
  project = await Project.create({ ...files, 'tsconfig.json': metadata });
  await install('typescript', 'typescript-5');
  await project.start(hello);
  const built = await project.built();
  expect(await answer(built)).toEqual(['Service', 'service', [true, true, true]]);
  expect(await answer(built, { fail: true })).toContain(`${project.path('src/controller.ts')}:11:11`);

  await project.write('src/controller.ts', files['src/controller.ts'].replace('mapped', 'again'));
  expect(await answer(await project.built(), { fail: true })).toContain('Error: again');
  await project.write('src/controller.ts', `${files['src/controller.ts']}export const = 1;\n`);
  expect((await project.failed()).errors).toMatchObject([{ file: 'src/controller.ts', line: 14 }]);
  expect(project.all('notice')).toEqual([]);
});

it('is supported if only the base of a library’s tsconfig has it', async () => {
  project = await Project.create({
    ...files,
    'tsconfig.json': '{}',
    'base.json': metadata,
    'lib/tsconfig.json': '{ "extends": "../base.json" }',
    'lib/controller.ts': files['src/controller.ts'].replaceAll("'./", "'../src/"),
    'src/hello.ts': files['src/hello.ts'].replace('./controller', '../lib/controller'),
  });
  await install('typescript', 'typescript-5');
  await project.start(hello);
  expect(await answer(await project.built())).toEqual(['Service', 'service', [true, true, true]]);
});

it('is reported once with a remedy if nothing in the project can compile it', async () => {
  project = await Project.create({
    ...files,
    'tsconfig.json': metadata,
    'node_modules/typescript/package.json':
      '{ "version": "7.0.0", "exports": { "./package.json": "./package.json" } }',
  });
  await project.start(hello);
  await project.built();
  await project.write('src/controller.ts', files['src/controller.ts'].replace('mapped', 'again'));
  await project.built();
  expect(project.all('notice').map(({ message }) => message)).toEqual([
    "src/controller.ts has decorators and tsconfig.json has emitDecoratorMetadata, which esbuild does not write: TypeScript 7 can't compile one file for another program; npm install --save-dev @swc/core, then start livectl again. Until then what is found by types, as in NestJS and TypeORM, is missing at run time.",
  ]);
});
