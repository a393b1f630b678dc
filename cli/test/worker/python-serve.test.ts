// Python functions end to end: the built livectl as a process, the local cloud, a real interpreter.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { copyOfExample, type JsRuntime, Livectl, project } from '../e2e/livectl-process.ts';
import { python, skipReason } from './python-interpreter.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function serve(root: string, runtime: JsRuntime = 'node', env: Record<string, string> = {}): Livectl {
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root];
  const livectl = new Livectl(args, { runtime, env });
  cleanups.push(() => livectl.dispose());
  return livectl;
}

/** A project with one function `py` in app.py, run by the Python of these tests. */
function app(source: string, settings: Record<string, unknown> = {}): string {
  const py = { handler: 'app.handler', runtime: 'python3.13', timeout: 10, python, ...settings };
  const made = project({ 'livectl.json': JSON.stringify({ functions: { py } }), 'app.py': source });
  cleanups.push(made.remove);
  return made.root;
}

async function get(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  return { status: response.status, text: await response.text() };
}

describe.skipIf(skipReason)(`Python${skipReason ? `: ${skipReason}` : ''}`, () => {
  it.each(['node', 'deno'] as const)('answers, and an edit changes the next answer (%s)', async (runtime) => {
    const { root, remove } = copyOfExample('python');
    cleanups.push(remove);
    const livectl = serve(root, runtime);
    const url = `${await livectl.url()}/greet?name=ada`;
    expect(await get(url)).toEqual({ status: 200, text: '{"message": "hi, ada!"}' });
    const { id } = await livectl.event('result');
    expect(await livectl.event('log')).toMatchObject({
      id,
      function: 'greet',
      level: 'info',
      message: expect.stringMatching(/^greeting ada, \d+ ms left$/),
    });

    const file = join(root, 'src/greeting.py');
    // As long as before, and likely within the same second: what Python's own cache couldn't tell apart.
    writeFileSync(file, readFileSync(file, 'utf8').replace('!', '?'));
    await livectl.event('reload', (event) => event.changed.includes('src/greeting.py'));
    expect((await get(url)).text).toBe('{"message": "hi, ada?"}');

    expect(await livectl.stop()).toBe(0);
    expect(await livectl.event('stopped')).toMatchObject({ invocations: 2, failed: 0, abandoned: 0 });
    expect(livectl.leftBehind()).toEqual([]);
    expect(existsSync(join(root, 'src/__pycache__'))).toBe(false);
  });

  it('shows an exception with the frames of the function, and goes on', async () => {
    const root = app(
      'def fails():\n    raise ValueError("böse")\n\n\ndef handler(event, context):\n    return fails()\n',
    );
    const livectl = serve(root);
    const url = `${await livectl.url()}/py`;
    const answer = await get(url);
    expect(answer).toEqual({ status: 500, text: '{"message":"Internal Server Error"}' });
    const file = join(root, 'app.py');
    expect(await livectl.event('result')).toMatchObject({
      ok: false,
      error: {
        name: 'ValueError',
        message: 'böse',
        stack: [
          `  File "${file}", line 6, in handler`,
          '    return fails()',
          `  File "${file}", line 2, in fails`,
          '    raise ValueError("böse")',
        ],
      },
    });
    writeFileSync(file, 'def handler(event, context):\n    return "fixed"\n');
    await livectl.event('reload');
    expect((await get(url)).text).toBe('fixed');
  });

  it('runs with the function’s environment and credentials, none of the developer’s', async () => {
    const source = 'import os\n\n\ndef handler(event, context):\n    return dict(os.environ)\n';
    const root = app(source, { environment: { GREETING: 'hi' } });
    const livectl = serve(root, 'node', {
      AWS_PROFILE: 'production',
      AWS_SECRET_ACCESS_KEY: 'of-the-developer',
    });
    const { text } = await get(`${await livectl.url()}/py`);
    const seen = JSON.parse(text) as Record<string, string>;
    expect(seen).toMatchObject({
      GREETING: 'hi',
      AWS_LAMBDA_FUNCTION_NAME: 'py',
      AWS_EXECUTION_ENV: 'AWS_Lambda_python3.13',
      LAMBDA_TASK_ROOT: root,
      _HANDLER: 'app.handler',
    });
    expect(seen.AWS_ACCESS_KEY_ID).toBeTruthy();
    expect(seen).not.toHaveProperty('AWS_PROFILE');
    expect(text).not.toContain('of-the-developer');
    expect(Object.keys(seen).filter((name) => /^(LIVE_DEBUG|LIVECTL)_/.test(name))).toEqual([]);
  });

  it('reports a missing interpreter, and serves the other functions', async () => {
    const root = project({
      'livectl.json': JSON.stringify({
        functions: {
          py: { handler: 'app.handler', runtime: 'python3.13', python: './nowhere' },
          js: { handler: 'app.handler', runtime: 'nodejs20.x' },
        },
      }),
      'app.py': '',
      'app.mjs': 'export const handler = async () => "from js";',
    });
    cleanups.push(root.remove);
    const livectl = serve(root.root);
    const url = await livectl.url();
    const { errors } = await livectl.event('build_error');
    const words = `"python" in livectl.json: ${join(root.root, 'nowhere')} is not there: install Python 3.9 or later`;
    expect(errors[0]?.text).toContain(words);
    expect((await get(`${url}/js`)).text).toBe('from js');
    expect((await get(`${url}/py`)).status).toBe(500);
    expect((await livectl.event('result', ({ ok }) => !ok)).error).toMatchObject({
      name: 'LiveDebugBuildError',
      message: expect.stringContaining(words),
    });
  });
});
