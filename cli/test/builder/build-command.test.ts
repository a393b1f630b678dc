// Functions with a `build` command: when it runs, when it doesn't, and how its failures are handled.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { type BuildCommand, BuildCommands } from '../../src/builder/build-commands.ts';
import { buildBoundMs, lastOutputMs } from '../../src/builder/build-process.ts';
import { handClock } from './hand-clock.ts';
import { answer, Project } from './project.ts';

let project: Project;
afterEach(() => project.remove());

type Words = [string, ...string[]];

/** A shell script that logs its runs in `runs.log`, which nothing watches. */
const script = (text: string): Words => ['sh', '-c', `echo run >> runs.log\n${text}`];
const runs = (folder = '.') => {
  const file = project.path(join(folder, 'runs.log'));
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
};
/** Prints something different each time. */
const different = 'date +%s.%N';

describe('a build command runs', () => {
  const notices: string[] = [];
  let commands: BuildCommands;

  function command(text: string, clock = systemClock): BuildCommand {
    notices.length = 0;
    commands = new BuildCommands({ clock, onNotice: (message) => notices.push(message) });
    onTestFinished(() => commands.close());
    return commands.of(script(text), project.root);
  }

  it('at the start, and after that only after a change of a source', async () => {
    project = await Project.create({ 'main.c': '1' });
    const build = command('cp main.c program.txt');
    await build.upToDate();
    await build.upToDate();
    expect(runs()).toBe(1);
    await project.write('main.c', '2');
    expect(await build.upToDate()).toBeUndefined();
    await build.upToDate();
    expect(runs()).toBe(2);
    await project.write('lib/new.c', 'x');
    await build.upToDate();
    expect(runs()).toBe(3);
    rmSync(project.path('lib/new.c'));
    await build.upToDate();
    expect(runs()).toBe(4);
  });

  it('not after a write that changes nothing', async () => {
    project = await Project.create({ 'main.c': '1' });
    const build = command('true');
    await build.upToDate();
    await project.write('main.c', '1');
    await build.upToDate();
    expect(runs()).toBe(1);
  });

  it.each([
    ['a file that it made first', `${different} > made.txt`, 0],
    ['a file of another name each time', `${different} > "made-$(${different}).txt"`, 1],
    ['a program that was there before', `printf 'x\\0' > there.txt; ${different} >> there.txt`, 0],
    ['a text that was there before', `${different} > there.txt`, 2],
  ])('not endlessly if each run changes %s', async (_, text, repeated) => {
    project = await Project.create({ 'main.c': '1', 'there.txt': 'x' });
    const build = command(text);
    for (let round = 0; round < 12; round++) await build.upToDate();
    expect(runs()).toBeLessThanOrEqual(1 + repeated);
    const before = runs();
    for (const content of ['2', '3', '4']) {
      await project.write('main.c', content);
      for (let round = 0; round < 12; round++) await build.upToDate();
    }
    // A repetition after an edit may be a file that was saved meanwhile; one of a known name is none.
    expect(runs()).toBeLessThanOrEqual(before + (text.includes('made-') ? 6 : 3));
    expect(notices).toEqual([]);
  });

  it('not endlessly if each run overwrites a source, and reports that', async () => {
    project = await Project.create({ 'main.c': '1' });
    const build = command(`${different} > main.c`);
    await build.upToDate();
    await project.write('main.c', '2');
    for (let round = 0; round < 20; round++) await build.upToDate();
    const settled = runs();
    expect(settled).toBeLessThanOrEqual(10);
    expect(notices).toEqual([
      expect.stringMatching(/is not run again, since builds keep changing main\.c\./),
    ]);
    await build.upToDate();
    expect(runs()).toBe(settled);
    await project.write('main.c', '3');
    await build.upToDate();
    expect(runs()).toBe(settled + 1);
  });

  it('not endlessly if two of them overwrite what the other reads', async () => {
    project = await Project.create({ 'a.txt': '1', 'b.txt': '1' });
    const first = command(`${different} > b.txt`);
    const second = commands.of(script(`${different} > a.txt`), project.root);
    const both = () => Promise.all([first.upToDate(), second.upToDate()]);
    await both();
    await project.write('a.txt', '2');
    await both();
    await project.write('b.txt', '2');
    for (let round = 0; round < 30; round++) await both();
    const settled = runs();
    expect(settled).toBeLessThanOrEqual(20);
    await both();
    expect(runs()).toBe(settled);
  });

  it('once for all functions that share it, and one at a time', async () => {
    project = await Project.create({ 'main.c': '1' });
    const text = 'mkdir lock.tmp && rmdir lock.tmp';
    const build = command(text);
    const same = commands.of(script(text), project.root);
    const other = commands.of(script(`${text}; true`), project.root);
    expect(await Promise.all([build, same, other].map((one) => one.upToDate()))).toEqual(
      Array(3).fill(undefined),
    );
    expect(runs()).toBe(2);
  });

  it('once more after a source was saved during a run', async () => {
    project = await Project.create({ 'main.c': '1', 'other.c': '1' });
    const folder = await mkdtemp(join(tmpdir(), 'build-gate-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [started, gate] = [join(folder, 'started'), join(folder, 'gate')];
    execFileSync('mkfifo', [started, gate]);
    const build = command(
      `[ -e ${folder}/held ] && { : > ${started}; read go < ${gate}; }; cat main.c > out.txt`,
    );
    const out = () => readFileSync(project.path('out.txt'), 'utf8');
    await build.upToDate();
    writeFileSync(join(folder, 'held'), '');
    // One that was edited before, and one that never was.
    for (const saved of ['main.c', 'other.c']) {
      await project.write('main.c', `first of ${saved}`);
      const running = build.upToDate();
      await (await open(started)).close();
      await project.write(saved, `second of ${saved}`);
      const go = await open(gate, 'w');
      rmSync(join(folder, 'held'));
      await go.write('\n');
      await go.close();
      await running;
      const before = runs();
      await build.upToDate();
      expect(runs()).toBe(before + 1);
      await build.upToDate();
      expect(runs()).toBe(before + 1);
      writeFileSync(join(folder, 'held'), '');
    }
    expect(out()).toBe('first of other.c');
  });

  it('for ten minutes at most, and is reported after three seconds', async () => {
    project = await Project.create();
    const clock = handClock();
    const set = clock.timerSet();
    const failure = command('exec sleep 1000', clock).upToDate();
    await set;
    clock.turn(3000);
    expect(notices).toEqual([expect.stringMatching(/^`sh -c .*` is still running in /s)]);
    clock.turn(buildBoundMs);
    expect(await failure).toMatch(/^`sh -c .*` failed: took longer than 10 minutes$/s);
  });

  it('until its process ends, even if that leaves one behind which holds its output', async () => {
    project = await Project.create();
    const clock = new ManualClock();
    // In a session of its own, as servers of compilers are.
    const server = `const { spawn } = require('node:child_process');
      const left = spawn('sleep', ['1000'], { detached: true, stdio: 'inherit' });
      left.unref();
      console.log('left ' + left.pid);`;
    const lines: string[] = [];
    const commands = new BuildCommands({
      clock,
      onNotice: () => {},
      onLine: (_, line) => lines.push(line),
    });
    const build = commands.of([process.execPath, '-e', server], project.root).upToDate();
    await clock.untilSet(lastOutputMs);
    clock.advance(lastOutputMs);
    expect(await build).toBeUndefined();
    const left = Number(/^left (\d+)$/.exec(lines[0] ?? '')?.[1]);
    process.kill(left, 'SIGKILL');
    await commands.close();
  });

  it('no longer than livectl', async () => {
    project = await Project.create();
    const failure = command('echo $$ > pid.log; exec sleep 1000').upToDate();
    await commands.close();
    await failure;
    const pid = project.path('pid.log');
    if (existsSync(pid)) expect(() => process.kill(Number(readFileSync(pid, 'utf8')), 0)).toThrow('ESRCH');
  });
});

describe('a function that is built', () => {
  const program = { name: 'go', runtime: 'provided.al2023' };

  it('is run by the program that its build creates', async () => {
    project = await Project.create({ 'main.c': 'one' });
    await project.start([{ ...program, build: script('cp main.c bootstrap && chmod +x bootstrap') }]);
    const { code } = await project.built();
    expect(code.runner).toEqual({ kind: 'command', command: [project.path('bootstrap')] });
    await project.write('main.c', 'two');
    expect(await project.built()).toMatchObject({
      code: { build: 2 },
      changed: ['main.c'],
    });
    expect(readFileSync(project.path('bootstrap'), 'utf8')).toBe('two');
    await project.write('main.c', 'three');
    await project.built();
    await project.stop();
    expect(runs()).toBe(3);
    expect(project.all('built')).toHaveLength(3);
  });

  it('is not started again by a build that changes nothing of it', async () => {
    project = await Project.create({ 'main.c': 'one' });
    const build = script('cp main.c bootstrap; echo "built" >&2');
    await project.start([{ ...program, sourceDir: '.', build, command: ['./bootstrap'] }]);
    await project.built();
    await project.write('main.c', 'two');
    await project.built();
    await project.stop();
    expect(project.all('built')).toHaveLength(2);
  });

  it('shows what a failed build printed, serves the last good one, and continues once fixed', async () => {
    project = await Project.create({ 'main.c': 'one' });
    const build = script(
      'grep -q wrong main.c && { echo "main.c:3: it is wrong" >&2; exit 3; }; cp main.c bootstrap',
    );
    await project.start([{ ...program, build }]);
    await project.built();
    await project.write('main.c', 'wrong');
    const { errors, hasLastGood } = await project.failed();
    expect(hasLastGood).toBe(true);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.text).toMatch(/^`sh -c .*` failed: exit status 3\nmain\.c:3: it is wrong$/s);
    await project.write('main.c', 'two');
    await project.built();
    await project.stop();
    expect(runs()).toBe(3);
  });

  it('shows the end of a very long output, since the error is there', async () => {
    project = await Project.create({ 'main.c': 'one' });
    const build = script(
      'seq -f "[INFO] step %g of many that say nothing" 60000; echo "main.c:3: it is wrong"; exit 1',
    );
    await project.start([{ ...program, build }]);
    const { errors } = await project.failed();
    expect(errors[0]?.text).toMatch(
      /step 60000 .*\nmain\.c:3: it is wrong\n… 59981 more lines, which --verbose shows$/s,
    );
  });

  it('reports that the command does not exist, or creates no program', async () => {
    project = await Project.create({ 'main.c': 'one' });
    await project.start([
      { ...program, name: 'missing', build: ['no-such-compiler', '-o'] },
      { ...program, name: 'nothing', build: ['true'] },
    ]);
    const texts = project
      .all('build_error')
      .map(({ functionName, errors }) => [functionName, errors[0]?.text]);
    expect(new Map(texts as [string, string][])).toEqual(
      new Map([
        ['missing', expect.stringMatching(/^`no-such-compiler -o` can't be started in .*ENOENT/)],
        [
          'nothing',
          expect.stringMatching(/^the build succeeded, but "command" is required, as there is no program/),
        ],
      ]),
    );
  });

  it('may be for Node.js, created where tools put their output', async () => {
    project = await Project.create({ 'src/hello.txt': 'one' });
    const build = script(
      'mkdir -p dist && echo "exports.handler = async () => \\"$(cat src/hello.txt)\\"" > dist/hello.js',
    );
    await project.start([{ name: 'hello', handler: 'dist/hello.handler', build }]);
    expect(await answer(await project.built())).toBe('one');
    await project.write('src/hello.txt', 'two');
    expect(await answer(await project.built())).toBe('two');
    await project.stop();
    expect(runs()).toBe(2);
    expect(project.all('built')).toHaveLength(2);
  });

  it('may generate sources that are bundled', async () => {
    project = await Project.create({
      'api.txt': 'one',
      'src/hello.ts': `import { api } from './generated/api.ts';\nexport const handler = () => api as string;`,
    });
    const build = script(
      'mkdir -p src/generated && echo "export const api: string = \\"$(cat api.txt)\\"" > src/generated/api.ts',
    );
    await project.start([{ name: 'hello', build }]);
    expect(await answer(await project.built())).toBe('one');
    await project.write('api.txt', 'two');
    expect(await answer(await project.built())).toBe('two');
    await project.write('src/hello.ts', 'export const handler = () => {;');
    expect((await project.failed()).errors[0]).toMatchObject({ file: 'src/hello.ts' });
  });

  it('reports each line that is printed, if asked to', async () => {
    project = await Project.create({ 'main.c': 'one' });
    await project.start(
      [{ ...program, build: ['sh', '-c', 'echo one; echo two >&2; cp main.c bootstrap'] }],
      {
        verbose: true,
      },
    );
    const notices = project.all('notice').map(({ message }) => message);
    expect(notices.filter((line) => / (one|two)$/.test(line))).toHaveLength(2);
  });
});
