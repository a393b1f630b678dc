// The newcomer's first example: its manifest is valid and its handler answers as its README says.
import { cp, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { loadManifest } from '../../src/manifest/load-manifest.ts';
import { answer, Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

const quickstart = fileURLToPath(new URL('../../../examples/quickstart', import.meta.url));

it('greets, and greets differently after an edit', async () => {
  project = await Project.create();
  await cp(quickstart, project.root, { recursive: true, filter: (path) => !path.includes('.livectl') });
  const { functions } = await loadManifest({ root: project.root });
  await project.start(functions);
  const event = { queryStringParameters: { name: 'ada' } };
  const environment = functions[0]?.environment;
  const greeted = async () =>
    JSON.parse(((await answer(await project.built(), event, environment)) as { body: string }).body);
  expect(await greeted()).toMatchObject({ message: 'hi, ada!' });
  const source = await readFile(project.path('src/greeting.ts'), 'utf8');
  await project.write('src/greeting.ts', source.replace('}, ', '}, dear '));
  expect(await greeted()).toMatchObject({ message: 'hi, dear ada!' });
});
