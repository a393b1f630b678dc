// The task that serves: its problem matcher sees in what serve prints that it is ready, and where a build failed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { expect, it, onTestFinished } from 'vitest';
import { documented } from '../../../../terraform/test/documented.ts';
import { Livectl, project, runLivectl } from '../../e2e/livectl-process.ts';

it('is ready after the ports are open, and shows build errors', async () => {
  const functions = {
    bad: { handler: 'src/bad.handler', runtime: 'nodejs20.x' },
    good: { handler: 'src/good.handler', runtime: 'nodejs20.x' },
  };
  const { root, remove } = project({
    'livectl.json': JSON.stringify({ functions }),
    'src/good.ts': 'export const handler = async () => 1;\n',
    'src/bad.ts': 'export const handler = async () => {\n  return = 1;\n};\n',
  });
  onTestFinished(remove);
  const args = documented('docs/debugging.md', 'livectl init --vscode');
  expect(await runLivectl([...args, '--dir', root])).toMatchObject({ code: 0, stderr: '' });
  const [task] = parse(readFileSync(join(root, '.vscode/tasks.json'), 'utf8')).tasks;
  const { background, pattern } = task.problemMatcher;
  const [command, ...flags] = task.args as string[];
  expect(command).toBe('serve');
  const livectl = new Livectl([
    'serve',
    ...flags.filter((flag) => flag !== '--inspect'),
    ...['--inspect=0', '--port', '0', '--root', root],
  ]);
  onTestFinished(() => livectl.dispose());
  const line = (regexp: string) => livectl.stdout.split('\n').find((each) => new RegExp(regexp).test(each));
  await livectl.until(() => line(background.endsPattern) !== undefined, 'ready');
  await livectl.until(() => line(pattern.regexp) !== undefined, 'build error');
  const problem = new RegExp(pattern.regexp).exec(line(pattern.regexp) ?? '') ?? [];
  expect([join(root, 'src/bad.ts'), 'src/bad.ts']).toContain(problem[1]);
  expect(problem.slice(2, 4)).toEqual(['2', expect.stringMatching(/^\d+$/)]);
  expect(line(background.beginsPattern)).toContain('bad');
});
