// Errors in Python sources are reported on save, by the project's own interpreter.
import { afterEach, describe, expect, it } from 'vitest';
import { python, skipReason } from '../worker/python-interpreter.ts';
import { Project } from './project.ts';

let project: Project;
afterEach(() => project?.remove());

async function start(files: Record<string, string>, handler = 'app.handler'): Promise<void> {
  project = await Project.create(files);
  await project.start([{ name: 'py', runtime: 'python3.13', handler, python }]);
}

const good = 'def handler(event, context):\n    return 1\n';

describe.skipIf(skipReason)(`Python${skipReason ? `: ${skipReason}` : ''}`, () => {
  it('reports a syntax error on save, keeps the last good build, and recovers', async () => {
    await start({ 'app.py': good });
    await project.built();
    await project.write('app.py', 'def handler(event, context)\n    return 1\n');
    expect(await project.failed()).toMatchObject({
      hasLastGood: true,
      errors: [{ file: 'app.py', line: 1, lineText: 'def handler(event, context)' }],
    });
    await project.write('app.py', good);
    await project.built();
  });

  it('reports one in another module, until that is fixed', async () => {
    await start({ 'app.py': good, 'lib/other.py': 'x = 1\n' });
    await project.built();
    project.loaded('py', 1, ['app.py', 'lib/other.py']);
    await project.write('lib/other.py', 'x = (\n');
    expect((await project.failed()).errors).toMatchObject([{ file: 'lib/other.py' }]);
    await project.write('app.py', `${good}# saved\n`);
    expect((await project.failed()).errors).toMatchObject([{ file: 'lib/other.py' }]);
    await project.write('lib/other.py', 'x = 2\n');
    await project.built();
  });

  it('ignores files that the function may not load', async () => {
    await start({ 'app.py': good, 'template.py': 'x = 1\n' });
    await project.built();
    await project.write('template.py', 'class {{ name }}:\n');
    await project.built();
  });

  it('suggests what was meant by a handler that its module does not define', async () => {
    await start({ 'src/app.py': good }, 'src/app.handlr');
    const text =
      'there is no function "handlr", which the handler src/app.handlr names; did you mean "handler"?';
    expect((await project.failed()).errors).toEqual([{ text, file: 'src/app.py' }]);
  });

  it.each([
    'from other import *',
    'from other import handler',
    'import other as handler',
    'globals()["handler"] = 1',
    'def __getattr__(name):\n    return 1',
    'if True:\n    handler = 1',
    'try:\n    pass\nexcept Exception:\n    pass\nelse:\n    [handler, *rest] = [1, 2]',
    'for handler in [1]:\n    pass',
    'with open("x") as handler:\n    pass',
    'import sys\nsetattr(sys.modules[__name__], "handler", 1)',
    'import importlib\nme = importlib.import_module(__name__)\nme.handler = 1',
  ])('leaves to the run what may define it: %j', async (source) => {
    await start({ 'app.py': `${source}\n`, 'other.py': good });
    await project.built();
  });

  it('prefers a package to a module of the same name, as Python does', async () => {
    await start({ 'app/__init__.py': good, 'app.py': 'x = 1\n' });
    await project.built();
  });

  it('reports nothing about installed modules', async () => {
    await start({ 'app.py': good }, 'json.dumps');
    await project.built();
  });
});
