// Which interpreter a project's Python is run with: real programs in real folders, each of which says who it is.
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { PythonFinder, type PythonQuestion } from '../../src/builder/find-python.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'livectl-test-')));
  const made = root;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  mkdirSync(join(root, 'project/api'), { recursive: true });
});

/** A program that answers as a Python would. */
function interpreter(path: string, version = '3.12.1'): string {
  return program(path, `printf '%s\\n%s' ${version} "$0"`);
}

function program(path: string, script: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Searches for the function in project/api, with bin/ as the whole PATH. */
function find(question: Partial<PythonQuestion> = {}, env: Record<string, string> = {}) {
  return new PythonFinder({ PATH: join(root, 'bin'), ...env }).find({
    setting: undefined,
    root: join(root, 'project'),
    taskRoot: join(root, 'project/api'),
    ...question,
  });
}

it('goes from the nearest to the farthest', async () => {
  const search = () => find({}, { VIRTUAL_ENV: join(root, 'active') });
  for (const path of [
    'bin/python3',
    'project/venv/bin/python',
    'project/.venv/bin/python',
    'project/api/.venv/bin/python',
    'active/bin/python',
  ]) {
    const file = interpreter(path);
    expect(await search()).toMatchObject({ python: { interpreter: file, version: '3.12.1' } });
  }
  expect(await find({ setting: 'python3' })).toMatchObject({
    python: { interpreter: join(root, 'bin/python3') },
  });
  const named = interpreter('project/tools/python');
  expect(await find({ setting: 'tools/python' })).toMatchObject({ python: { interpreter: named } });
});

it('does not look above the manifest’s root', async () => {
  interpreter('.venv/bin/python');
  const onPath = interpreter('bin/python3');
  expect(await find()).toMatchObject({ python: { interpreter: onPath } });
});

it('names the places where an environment would change the answer', async () => {
  interpreter('bin/python3');
  expect((await find()).places).toEqual(
    ['project/api/.venv', 'project/api/venv', 'project/.venv', 'project/venv'].map((folder) =>
      join(root, folder, 'pyvenv.cfg'),
    ),
  );
});

it.each([
  ['poetry.lock', 'poetry', 'env info -p', 'ENVIRONMENT'],
  ['Pipfile.lock', 'pipenv', '--venv', 'ENVIRONMENT'],
  ['uv.lock', 'uv', 'python find', 'ENVIRONMENT/bin/python'],
])('asks the tool of %s for its environment', async (lock, tool, args, answer) => {
  const file = interpreter('elsewhere/bin/python');
  interpreter('bin/python3');
  program(
    `bin/${tool}`,
    `[ "$*" = "${args}" ] && echo '${answer.replace('ENVIRONMENT', join(root, 'elsewhere'))}'`,
  );
  expect(await find()).toMatchObject({ python: { interpreter: join(root, 'bin/python3') } });
  writeFileSync(join(root, 'project', lock), '');
  expect(await find()).toMatchObject({ python: { interpreter: file } });
});

it('reports when the tool of a lock file has no environment', async () => {
  const onPath = interpreter('bin/python3');
  program('bin/poetry', 'exit 1');
  writeFileSync(join(root, 'project/poetry.lock'), '');
  expect(await find()).toMatchObject({
    python: { interpreter: onPath },
    notice: `${join(root, 'project/poetry.lock')} exists, but poetry env info -p reports no environment: its functions run with the Python on the PATH. Run poetry install in ${join(root, 'project')} and start livectl again.`,
  });
});

it('refuses one that is too old, without going on to another', async () => {
  const old = interpreter('project/.venv/bin/python', '3.8.18');
  interpreter('bin/python3');
  expect(await find()).toMatchObject({
    problem: `${old} is Python 3.8.18, which is too old: install Python 3.9 or later, or name one with "python" in livectl.json`,
  });
});

it('reports what is wrong with the one that the manifest names', async () => {
  const broken = program('project/broken', 'echo "no such option" >&2; exit 2');
  expect(await find({ setting: './broken' })).toMatchObject({
    problem: expect.stringContaining(`"python" in livectl.json: ${broken} does not run (no such option): `),
  });
  expect(await find({ setting: 'python3.99' })).toMatchObject({
    problem: expect.stringContaining('"python" in livectl.json: python3.99 is not there: '),
  });
});

it('reports where it looked if there is none', async () => {
  expect(await find()).toMatchObject({
    problem: expect.stringMatching(
      /^there is no virtual environment .* and of the Python on the PATH: python3 is not there: install Python 3\.9 or later/,
    ),
  });
});

it('asks each interpreter once, and again one that failed', async () => {
  const file = program('project/.venv/bin/python', `echo asked >> "${root}/asked"; exit 1`);
  const finder = new PythonFinder({ PATH: '/bin:/usr/bin' });
  const question = { setting: undefined, root: join(root, 'project'), taskRoot: join(root, 'project') };
  expect(await finder.find(question)).toHaveProperty('problem');
  program('project/.venv/bin/python', `printf '%s\\n%s' 3.12.1 "$0"`);
  expect(await finder.find(question)).toMatchObject({ python: { interpreter: file } });
  program('project/.venv/bin/python', 'exit 1');
  expect(await finder.find(question)).toMatchObject({ python: { interpreter: file } });
});
