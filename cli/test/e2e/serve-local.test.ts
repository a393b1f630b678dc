// The main job end to end, on the built file as a process, once under Node and once under Deno.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { copyOfExample, type JsRuntime, Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function serve(
  root: string,
  runtime: JsRuntime,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
) {
  const livectl = new Livectl(
    ['serve', '--local', '--port', '0', '--format', 'json', '--root', root, ...flags],
    { runtime, env },
  );
  cleanups.push(() => livectl.dispose());
  return livectl;
}

function quickstart(): string {
  const copy = copyOfExample('quickstart');
  cleanups.push(copy.remove);
  return copy.root;
}

function folder(files: Record<string, string>): string {
  const made = project(files);
  cleanups.push(made.remove);
  return made.root;
}

/** A project of plain JavaScript functions; each value is the module's text. */
function functions(modules: Record<string, string>, settings: Record<string, object> = {}): string {
  const entries = Object.keys(modules).map((name) => [
    name,
    { handler: `${name}.handler`, runtime: 'nodejs20.x', timeout: 10, ...settings[name] },
  ]);
  const files = Object.entries(modules).map(([name, text]) => [`${name}.mjs`, text]);
  return folder({
    'livectl.json': JSON.stringify({ functions: Object.fromEntries(entries) }),
    ...Object.fromEntries(files),
  });
}

async function get(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  return { status: response.status, text: await response.text() };
}

describe.each(['node', 'deno'] as const)('serve --local under %s', (runtime) => {
  test('a request travels to the handler in the working tree and back; an edit changes the next answer', async () => {
    const root = quickstart();
    const livectl = serve(root, runtime);
    const ready = await livectl.event('ready');
    expect(ready.functions.map(({ name }) => name)).toEqual(['hello']);
    const url = `${ready.url}/hello?name=ada`;

    const first = await get(url);
    expect(first.status).toBe(200);
    expect(first.text).toContain('ada');
    const invoke = await livectl.event('invoke');
    expect(invoke.trigger).toBe('GET /hello?name=ada');
    const result = await livectl.event('result', (event) => event.id === invoke.id);
    expect(result).toMatchObject({ function: 'hello', ok: true });
    expect(result.ms).toBeGreaterThanOrEqual(result.code_ms);

    const file = join(root, 'src', 'greeting.ts');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replaceAll('`${', '`edited ${'));
    const reload = await livectl.event('reload');
    expect(reload.function).toBe('hello');
    const second = await get(url);
    expect(second.text).toContain('edited');
    expect(second.text).not.toBe(first.text);

    expect(await livectl.stop()).toBe(0);
    expect(await livectl.event('stopped')).toMatchObject({ invocations: 2, failed: 0, abandoned: 0 });
    expect(livectl.leftBehind()).toEqual([]);
    expect(readdirSync(join(root, '.livectl')).sort()).toEqual(['.gitignore', 'recordings']);
  });

  test('a thrown error is a 500 at the front, and in the terminal it has the TypeScript line', async () => {
    const root = folder({
      'livectl.json': JSON.stringify({
        functions: { fails: { handler: 'src/fails.handler', runtime: 'nodejs20.x' } },
      }),
      'src/fails.ts':
        'interface Order { id: number }\n\nexport async function handler(): Promise<Order> {\n  const text: string = "boom";\n  throw new RangeError(text);\n}\n',
    });
    const livectl = serve(root, runtime);
    const answer = await get(`${await livectl.url()}/fails`);
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toEqual({ message: 'Internal Server Error' });
    const result = await livectl.event('result');
    expect(result).toMatchObject({ ok: false, error: { name: 'RangeError', message: 'boom' } });
    expect(result.error?.stack?.join('\n')).toMatch(/src\/fails\.ts:5:\d+/);
  });
});

describe('serve --local', () => {
  test('logs come with their invocation’s id, before its result', async () => {
    const root = functions({
      chatty:
        'export const handler = async () => { console.log("one\\ntwo"); console.error({ deep: { a: 1 } }); process.stdout.write("raw\\n"); return 1; };',
    });
    const livectl = serve(root, 'node');
    await get(`${await livectl.url()}/chatty`);
    const { id } = await livectl.event('result');
    const events = livectl.events.filter((event) => 'id' in event && event.id === id);
    expect(events.map((event) => event.event)).toEqual(['invoke', 'log', 'log', 'log', 'result']);
    expect(events.filter((event) => event.event === 'log')).toMatchObject([
      { level: 'info', message: 'one\ntwo' },
      { level: 'error', message: '{ deep: { a: 1 } }' },
      { level: 'info', message: 'raw' },
    ]);
  });

  test('the function sees its own environment and never the developer’s AWS variables', async () => {
    const root = functions(
      { env: 'export const handler = async () => process.env;' },
      { env: { environment: { GREETING: 'hi', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' } } },
    );
    const livectl = serve(root, 'node', [], {
      AWS_PROFILE: 'production',
      AWS_SECRET_ACCESS_KEY: 'of-the-developer',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:8',
      AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:7',
      SOME_TOKEN: 'of-the-developer',
      https_proxy: 'http://tom:password@127.0.0.1:9',
    });
    const { text } = await get(`${await livectl.url()}/env`);
    const seen = JSON.parse(text) as Record<string, string>;
    expect(seen).toMatchObject({
      GREETING: 'hi',
      // The function's own goes before what livectl was started with, and that before the local cloud.
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
      AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:7',
      AWS_ENDPOINT_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      AWS_LAMBDA_FUNCTION_NAME: 'env',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x',
      _HANDLER: 'env.handler',
      https_proxy: 'http://tom:password@127.0.0.1:9',
      no_proxy: '127.0.0.1,localhost,::1',
    });
    expect((await livectl.event('notice')).message).toMatch(
      /https_proxy from this machine.*--no-machine-proxy/,
    );
    expect(livectl.stdout + livectl.stderr).not.toContain('password');
    expect(text).not.toContain('of-the-developer');
    expect(seen).not.toHaveProperty('AWS_PROFILE');
    expect(Object.keys(seen).filter((name) => name.startsWith('LIVE_DEBUG_'))).toEqual([]);
    expect(livectl.stdout + livectl.stderr).not.toContain(seen.AWS_SECRET_ACCESS_KEY);
  });

  test('a stub that fails is reported without --verbose, and the other functions answer', async () => {
    const root = functions(
      { faulty: 'export const handler = async () => 1;', fine: 'export const handler = async () => "fine";' },
      { faulty: { environment: { AWS_ENDPOINT_URL: 'nowhere' } } },
    );
    const livectl = serve(root, 'node');
    const url = await livectl.url();
    expect((await get(`${url}/faulty`)).status).toBe(500);
    expect(await livectl.event('error')).toEqual({
      event: 'error',
      code: 'LD_STUB_CONFIG',
      message:
        "stub of faulty failed: LiveDebugStubConfigError: the stub's environment variables are missing or invalid: AWS_ENDPOINT_URL",
      remedy: 'correct "environment" of faulty in livectl.json',
    });
    expect((await get(`${url}/fine`)).text).toBe('fine');
  });

  test('NODE_OPTIONS are the function’s alone: the stub, which lacks its packages, starts without', async () => {
    const tracing = join(
      folder({
        'tracing.mjs':
          'if (process.env.LIVE_DEBUG_STAGE) throw new Error("loaded by the stub");\nglobalThis.traced = "yes";\n',
      }),
      'tracing.mjs',
    );
    const root = functions(
      { traced: 'export const handler = async () => globalThis.traced + " " + process.env.https_proxy;' },
      { traced: { environment: { NODE_OPTIONS: `--import ${pathToFileURL(tracing)}` } } },
    );
    const livectl = serve(root, 'node', ['--no-machine-proxy'], { https_proxy: 'http://127.0.0.1:9' });
    expect((await get(`${await livectl.url()}/traced`)).text).toBe('yes undefined');
  });

  test('a crash, an exit, a blocked event loop and a flood of output harm nobody else', async () => {
    const root = functions(
      {
        exits: 'export const handler = async () => process.exit(3);',
        blocks: 'export const handler = async () => { for (;;); };',
        floods:
          'export const handler = async () => { for (let i = 0; i < 20000; i++) console.log("x".repeat(200)); return "flooded"; };',
        fine: 'export const handler = async () => "fine";',
      },
      { blocks: { timeout: 1 } },
    );
    const livectl = serve(root, 'node');
    const url = await livectl.url();
    const answers = await Promise.all(
      ['exits', 'blocks', 'floods', 'fine', 'fine'].map((name) => get(`${url}/${name}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([500, 500, 200, 200, 200]);
    const of = (name: string) => livectl.event('result', (event) => event.function === name);
    expect((await of('exits')).error?.message).toMatch(/Runtime exited with error: exit status 3/);
    expect((await of('exits')).error?.name).toBe('Runtime.ExitError');
    expect((await of('blocks')).error?.message).toMatch(/Task timed out after 1\.00 seconds/);
    await of('floods');
    const flood = livectl.events.filter((event) => event.event === 'log' && event.function === 'floods');
    expect(flood).toHaveLength(20_000);
    expect((await get(`${url}/exits`)).status).toBe(500);
    expect((await get(`${url}/fine`)).text).toBe('fine');
  });

  test('a build error is shown with its line while the last good build answers, until it is fixed', async () => {
    const root = quickstart();
    const file = join(root, 'src', 'hello.ts');
    const good = readFileSync(file, 'utf8');
    const livectl = serve(root, 'node');
    const url = `${await livectl.url()}/hello?name=ada`;
    const greeting = 'hi, ada!';
    expect((await get(url)).text).toContain(greeting);

    writeFileSync(file, `${good}\nconst = 1;\n`);
    const error = await livectl.event('build_error');
    expect(error).toMatchObject({ function: 'hello', last_good: true });
    expect(error.errors[0]?.file).toMatch(/src\/hello\.ts$/);
    expect(error.errors[0]?.line).toBe(good.split('\n').length + 1);
    expect((await get(url)).text).toContain(greeting);

    writeFileSync(file, `${good}\n// fixed\n`);
    await livectl.event('reload');
    expect((await get(url)).status).toBe(200);
  });

  test('a function without any good build fails with the mistake’s place', async () => {
    const root = folder({
      'livectl.json': JSON.stringify({
        functions: { broken: { handler: 'broken.handler', runtime: 'nodejs20.x' } },
      }),
      'broken.ts': 'export const handler = (\n',
    });
    const livectl = serve(root, 'node');
    expect((await get(`${await livectl.url()}/broken`)).status).toBe(500);
    const result = await livectl.event('result');
    expect(result.error?.name).toBe('LiveDebugBuildError');
    expect(result.error?.message).toMatch(/broken\.ts:\d+: /);
  });

  test('a change swaps workers: what is in flight finishes on the old code', async () => {
    const text = (version: string) =>
      `import { existsSync } from 'node:fs';
       export const handler = async (event) => {
         const flag = event.queryStringParameters?.flag;
         console.log('began');
         while (flag && !existsSync(flag)) await new Promise((resolve) => setTimeout(resolve, 5));
         return '${version}';
       };`;
    const root = functions({ slow: text('old') });
    const livectl = serve(root, 'node');
    const url = `${await livectl.url()}/slow`;
    const flag = join(root, 'go');
    const inFlight = get(`${url}?flag=${encodeURIComponent(flag)}`);
    await livectl.event('log', ({ message }) => message === 'began');
    writeFileSync(join(root, 'slow.mjs'), text('new'));
    await livectl.event('reload');
    expect((await get(url)).text).toBe('new');
    writeFileSync(flag, '');
    expect((await inFlight).text).toBe('old');
  });

  test('50 invocations at once all answer', async () => {
    const root = functions({
      echo: 'export const handler = async (event) => event.queryStringParameters.n;',
    });
    const livectl = serve(root, 'node');
    const url = await livectl.url();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => get(`${url}/echo?n=${n}`)));
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
  });

  test('Ctrl-C finishes what is in flight, reports what it closed and leaves nothing behind', async () => {
    const root = functions({
      slow: `import { existsSync } from 'node:fs';
        export const handler = async (event) => {
          console.log('began', process.pid);
          while (!existsSync(event.queryStringParameters.flag)) await new Promise((resolve) => setTimeout(resolve, 5));
          return 'finished';
        };`,
    });
    const livectl = serve(root, 'node');
    const flag = join(root, 'go');
    const inFlight = get(`${await livectl.url()}/slow?flag=${encodeURIComponent(flag)}`);
    const began = await livectl.event('log', ({ message }) => message.startsWith('began'));
    const pid = Number(began.message.split(' ')[1]);
    expect(await livectl.event('worker_started')).toMatchObject({ function: 'slow', pid });
    livectl.child.kill('SIGINT');
    expect(await livectl.event('stopping')).toMatchObject({ waiting_for: 1 });
    writeFileSync(flag, '');
    expect((await inFlight).text).toBe('finished');
    expect(await livectl.exited).toBe(0);
    expect(livectl.events.at(-1)).toMatchObject({ event: 'stopped', invocations: 1, abandoned: 0 });
    await gone(pid);
    expect(livectl.leftBehind()).toEqual([]);
    expect(readdirSync(join(root, '.livectl')).sort()).toEqual(['.gitignore', 'recordings']);
  });

  test('a second signal ends at once, also with a handler that never ends', async () => {
    const root = functions(
      {
        stuck: 'export const handler = async () => { console.log(process.pid); for (;;); };',
      },
      { stuck: { timeout: 900 } },
    );
    const livectl = serve(root, 'node');
    const inFlight = get(`${await livectl.url()}/stuck`).catch(() => undefined);
    const { message } = await livectl.event('log');
    livectl.child.kill('SIGINT');
    await livectl.event('stopping');
    // Another one: the same at once would count as one Ctrl-C.
    livectl.child.kill('SIGTERM');
    expect(await livectl.exited).toBe(1);
    await inFlight;
    await gone(Number(message));
    expect(livectl.leftBehind()).toEqual([]);
  });

  test('ends when the reader of its output is gone', async () => {
    const root = functions({ chatty: 'export const handler = async () => 1;' });
    const livectl = serve(root, 'node');
    const url = await livectl.url();
    livectl.child.stdout?.destroy();
    // It may have ended by then: notices follow `ready`.
    await get(`${url}/chatty`).catch(() => undefined);
    expect(await livectl.exited).toBe(0);
    expect(livectl.leftBehind()).toEqual([]);
  });

  test('what a killed livectl left behind is removed by the next one', async () => {
    const root = functions({ one: 'export const handler = async () => 1;' });
    const first = serve(root, 'node');
    await first.event('ready');
    await first.stop('SIGKILL');
    const left = first.leftBehind();
    // Two locks, with the temporary folder and the state file that they guard.
    expect(left).toHaveLength(4);
    const second = serve(root, 'node', [], { XDG_STATE_HOME: join(first.tempDir, 'state') });
    await second.event('ready');
    expect(first.leftBehind().filter((name) => left.includes(name))).toEqual([]);
  });

  test('--function serves only what it names', async () => {
    const root = functions({
      one: 'export const handler = async () => 1;',
      two: 'export const handler = async () => 2;',
    });
    const livectl = serve(root, 'node', ['--function', 'two']);
    const ready = await livectl.event('ready');
    expect(ready.functions.map(({ name }) => name)).toEqual(['two']);
    expect((await get(`${ready.url}/two`)).text).toBe('2');
  });
});

/** Resolves when no process has that id any more: a kill is sent at once and takes effect a moment later. */
async function gone(pid: number): Promise<void> {
  const watcher = spawn('tail', ['--pid', String(pid), '-f', '/dev/null'], { timeout: 10_000 });
  const [code] = await once(watcher, 'exit');
  expect(code, `process ${pid} is still there`).toBe(0);
}
