// A function whose files do not exist stops no other, and is built once they do.
import { rename } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { Project } from './project.ts';

const text = 'export const handler = async () => 1;';
let project: Project;
afterEach(() => project.remove());

test.each([
  ['a handler without a file', { handler: 'late.handler' }, 'late.mjs'],
  ['a source_dir that does not exist', { handler: 'late.handler', sourceDir: 'api/src' }, 'api/src/late.mjs'],
])('%s', async (_name, settings, file) => {
  project = await Project.create({ 'hello.mjs': text });
  await project.start([
    { name: 'late', ...settings },
    { name: 'hello', handler: 'hello.handler' },
  ]);
  expect(project.events).toContainEqual(
    expect.objectContaining({
      type: 'build_error',
      functionName: 'late',
      errors: [{ text: expect.stringMatching(/^functions\.late\./) }],
      hasLastGood: false,
    }),
  );
  expect(await project.next('built')).toMatchObject({ code: { functionName: 'hello' } });
  // Says nothing again for files that are not the one: the build that follows is the next event of the function.
  await project.write('other.txt', '');
  await project.write('hello.mjs', `${text}\n// saved`);
  expect(await project.next('built')).toMatchObject({ code: { functionName: 'hello' } });
  await appear(file);
  expect(await project.next('built')).toMatchObject({ code: { functionName: 'late' }, first: false });
  expect(project.all('build_error')).toHaveLength(1);
});

/** The file with its folders, at once: a folder that is there before its file would be another error. */
async function appear(file: string): Promise<void> {
  const [top = ''] = file.split('/');
  const elsewhere = await Project.create({ [file]: text });
  await rename(elsewhere.path(top), project.path(top));
  await elsewhere.remove();
}
