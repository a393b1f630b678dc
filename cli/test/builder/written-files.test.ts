// Changes that are not saves of sources: what git ignores, livectl's own output, and what a function writes while it runs.
import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

const program = {
  name: 'app',
  runtime: 'provided.al2023',
  command: ['sh', 'run.sh'] as [string, ...string[]],
};

it('leaves out what git ignores, above and below the root, except .env files', async () => {
  project = await Project.create({
    '.gitignore': '*.dat\n/app/made/\n.env\n',
    'app/run.sh': 'true',
    'app/lib/.gitignore': '!kept.dat\n',
    'app/lib/kept.dat': '1',
    'app/lib/left.dat': '1',
    'app/made/x.rb': '1',
    'app/.env': 'A=1',
  });
  spawnSync('git', ['init', '-q'], { cwd: project.root });
  await project.start([{ ...program, sourceDir: 'app' }]);
  await project.built();
  await project.write('app/lib/left.dat', '2');
  await project.write('app/made/x.rb', '2');
  await project.write('app/lib/kept.dat', '2');
  expect((await project.built()).changed).toEqual(['lib/kept.dat']);
  await project.write('app/.env', 'A=2');
  expect((await project.built()).changed).toEqual(['.env']);
});

it('includes all of a root that git itself ignores', async () => {
  project = await Project.create({ '.gitignore': '/out2/\n', 'out2/run.sh': 'true' });
  await mkdir(project.path('.git'));
  await project.start([{ ...program, sourceDir: 'out2' }]);
  await project.built();
  await project.write('out2/run.sh', 'false');
  expect((await project.built()).changed).toEqual(['run.sh']);
});

it('is not restarted by what it writes while it runs, and reports that once', async () => {
  let running = false;
  project = await Project.create({ 'run.sh': 'true', 'state.json': '1', 'lib.rb': '1' });
  await project.start([program], { wasRunning: () => running });
  await project.built();
  running = true;
  await project.write('state.json', '2');
  await project.write('made/new.json', '1');
  await project.write('more.txt', '1');
  await project.write('lib.rb', '2');
  expect((await project.built()).changed).toEqual(['lib.rb']);
  running = false;
  // What was found to be output stays output.
  await project.write('state.json', '3');
  await rm(project.path('more.txt'));
  await project.write('run.sh', 'false');
  const next = await project.next('built', ({ changed }) => changed.includes('run.sh'));
  expect(next.changed).not.toContain('state.json');
  const notices = project.all('notice').map(({ message }) => message);
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatch(/changed while app was running.*"watch": \["\/.*read-only/);
});

it('reloads for data that is saved while the function does not run', async () => {
  project = await Project.create({ 'run.sh': 'true', 'state.json': '1' });
  await project.start([program], { wasRunning: () => false });
  await project.built();
  await project.write('state.json', '2');
  expect((await project.built()).changed).toEqual(['state.json']);
});

it('reloads for what `watch` names, whatever it is and whenever it changes', async () => {
  project = await Project.create({
    '.gitignore': 'config/\n',
    'run.sh': 'true',
    'config/app.yaml': '1',
    'config/other.txt': '1',
    'dist/page.html': '1',
    'notes/x.rb': '1',
  });
  await mkdir(project.path('.git'));
  await project.start([{ ...program, watch: ['config/*.yaml', 'dist/page.html', '!notes/'] }], {
    wasRunning: () => true,
  });
  await project.built();
  await project.write('notes/x.rb', '2');
  await project.write('config/other.txt', '2');
  await project.write('config/app.yaml', '2');
  expect((await project.built()).changed).toEqual(['config/app.yaml']);
  await project.write('dist/page.html', '2');
  expect((await project.built()).changed).toEqual(['dist/page.html']);
});
