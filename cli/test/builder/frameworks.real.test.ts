// NestJS and TypeORM as they are: dependency injection and entities by the types of decorators, bundled as livectl does.
import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { answer, Project } from './project.ts';

const packages = join(dirname(fileURLToPath(import.meta.url)), '../../../test-real/node_modules');
const tsconfig = '{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }';

let project: Project;
afterEach(() => project.remove());

async function build(files: Readonly<Record<string, string>>, type: string, only: string): Promise<unknown> {
  project = await Project.create({
    'package.json': JSON.stringify({ type }),
    'tsconfig.json': tsconfig,
    ...files,
  });
  await symlink(packages, project.path('node_modules'));
  await project.start([{ name: 'hello', handler: `src/${only}.handler` }]);
  return answer(await project.built());
}

const nest = {
  'src/greeter.ts': `import { Injectable } from '@nestjs/common';
@Injectable()
export class Greeter { greet(name: string) { return \`hi \${name}\`; } }
`,
  'src/nest.ts': `import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { Greeter } from './greeter.js';

@Injectable()
class Service {
  constructor(private readonly greeter: Greeter) {}
  run() { return this.greeter.greet('ada'); }
}

@Module({ providers: [Greeter, Service] })
class App {}

let app: INestApplicationContext | undefined;
export const handler = async () => {
  app ??= await NestFactory.createApplicationContext(App, { logger: false });
  return app.get(Service).run();
};
`,
};

const typeorm = {
  'src/post.ts': `import { Column, Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { User } from './user.js';
@Entity()
export class Post {
  @PrimaryGeneratedColumn() id!: number;
  @Column() title!: string;
  @ManyToOne(() => User, (user) => user.posts) user!: User;
}
`,
  'src/user.ts': `import { Column, Entity, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import { Post } from './post.js';
@Entity()
export class User {
  @PrimaryGeneratedColumn() id!: number;
  @Column() name!: string;
  @Column({ nullable: true }) since?: Date;
  @OneToMany(() => Post, (post) => post.user, { cascade: true }) posts!: Post[];
}
`,
  'src/orm.ts': `import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { Post } from './post.js';
import { User } from './user.js';
export const handler = async () => {
  const source = await new DataSource({ type: 'sqljs', entities: [Post, User], synchronize: true }).initialize();
  const post = Object.assign(new Post(), { title: 'first' });
  await source.manager.save(Object.assign(new User(), { name: 'ada', posts: [post] }));
  const found = await source.manager.findOneOrFail(User, { where: { name: 'ada' }, relations: { posts: true } });
  const types = source.getMetadata(User).columns.map(({ propertyName, type }) => [propertyName, (type as { name: string }).name]);
  return [found.posts[0]?.title, types, source.getMetadata(Post).name];
};
`,
};

it.each(['commonjs', 'module'])('runs NestJS in a package of type %s', async (type) => {
  expect(await build(nest, type, 'nest')).toBe('hi ada');
});

it.each(['commonjs', 'module'])('runs TypeORM in a package of type %s', async (type) => {
  const types = [
    ['id', 'Number'],
    ['name', 'String'],
    ['since', 'Date'],
  ];
  expect(await build(typeorm, type, 'orm')).toEqual(['first', types, 'Post']);
});
