// The inspector beside a running `serve --local`: its link, its API, its address after a restart, and who is kept out.
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { canBeAnotherUser, sentByAnotherUser } from '../loopback/other-user.ts';
import { type JsRuntime, Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'livectl-inspector-'));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const code = `export const handler = async (event) => {
  console.log('got', event.n);
  if (event.n === 0) throw new RangeError('zero');
  return { n: event.n };
};`;

function example(): string {
  const api = {
    runtime: 'nodejs22.x',
    handler: 'src/api.handler',
    triggers: { http: { path: '/api' }, sqs: {} },
  };
  const { remove, root } = project({
    'livectl.json': JSON.stringify({ functions: { api } }),
    'package.json': '{"type":"module"}',
    'src/api.ts': code,
  });
  cleanups.push(remove);
  return root;
}

interface Options {
  readonly runtime?: JsRuntime;
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
}

async function serve(root: string, { args = [], ...options }: Options = {}) {
  const common = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root];
  const livectl = new Livectl([...common, ...args], options);
  cleanups.push(() => livectl.dispose());
  const ready = await livectl.event('ready');
  return { livectl, ready, link: new URL(ready.inspector ?? 'none:') };
}

/** Opens the link as a browser does, and returns the cookie. */
async function opened(link: URL): Promise<string> {
  const response = await fetch(link, { redirect: 'manual' });
  expect(response.status).toBe(303);
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

/** Reads server-sent events until one satisfies `isLast`. */
async function readUntil(
  url: URL,
  cookie: string,
  isLast: (name: string, data: Record<string, unknown>) => boolean,
) {
  const response = await fetch(url, { headers: { cookie } });
  const seen: string[] = [];
  let rest = '';
  for await (const piece of response.body ?? []) {
    rest += Buffer.from(piece).toString();
    const messages = rest.split('\n\n');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const [, name = ''] = /^event: (.*)$/m.exec(message) ?? [];
      const [, data = '{}'] = /^data: (.*)$/m.exec(message) ?? [];
      seen.push(name);
      if (isLast(name, JSON.parse(data))) return seen;
    }
  }
  return [...seen, 'end'];
}

describe.each<JsRuntime>(['node', 'deno'])('under %s', (runtime) => {
  test('shows what comes in to a browser with the link, and to nobody else', async () => {
    const { link, livectl, ready } = await serve(example(), { runtime });
    const cookie = await opened(link);
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(403);
    const get = async (path: string) => {
      const response = await fetch(new URL(path, link.origin), { headers: { cookie } });
      expect(response.status, path).toBe(200);
      return response;
    };
    const page = await (await get('/')).text();
    expect(page).toContain('/app.js');
    expect((await get('/app.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect((await get('/app.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');

    const stream = readUntil(
      new URL('/api/v1/events', link.origin),
      cookie,
      (name, data) => name === 'invocation' && data.status === 'ok',
    );
    // The stream has begun once the state is there.
    const called = fetch(`${ready.functions[0]?.url}`, { method: 'POST', body: '{}' });
    const seen = await stream;
    expect((await called).status).toBe(200);
    expect(seen).toContain('line');

    const { items } = (await (await get('/api/v1/invocations')).json()) as { items: { key: string }[] };
    expect(items).toMatchObject([
      { function: 'api', trigger: 'POST /api', source: 'http', status: 'ok', logs: 1 },
    ]);
    const [{ key = '' } = {}] = items;
    expect(await (await get(`/api/v1/invocations/${key}`)).json()).toMatchObject({
      lines: [{ level: 'info', message: expect.stringContaining('got') }],
    });
    expect(await (await get(`/api/v1/invocations/${key}/event`)).json()).toMatchObject({ rawPath: '/api' });
    expect(await (await get('/api/v1/state')).json()).toMatchObject({
      stage: 'local',
      build: 'ok',
      functions: [
        {
          name: 'api',
          file: 'src/api.ts',
          sources: [{ source: 'http', name: 'ANY /api' }, { source: 'sqs' }],
        },
      ],
      counts: { api: { invocations: 1, failed: 0 } },
    });

    expect((await fetch(new URL('/api/v1/state', link.origin))).status).toBe(401);
    const foreign = { cookie, origin: 'https://evil.example' };
    expect((await fetch(new URL('/api/v1/state', link.origin), { headers: foreign })).status).toBe(403);
    if (canBeAnotherUser) {
      const bytes = `GET /api/v1/state HTTP/1.1\r\nHost: ${link.host}\r\nCookie: ${cookie}\r\n\r\n`;
      expect(await sentByAnotherUser(Number(link.port), bytes)).toMatch(/^(HTTP\/1\.1 403 |$)/);
    }

    const last = readUntil(new URL('/api/v1/events', link.origin), cookie, (name) => name === 'stopped');
    await get('/api/v1/state');
    expect(await livectl.stop()).toBe(0);
    expect(await last).toContain('stopped');
    expect(livectl.leftBehind()).toEqual([]);
  });
});

// Under Node.js with a clock that the test turns: cli/test/inspector/limits.test.ts.
test('under deno, ends a connection that sends nothing, and no stream', async () => {
  const { link } = await serve(example(), { runtime: 'deno' });
  const headers = { cookie: await opened(link) };
  const controller = new AbortController();
  const url = new URL('/api/v1/events', link.origin);
  const stream = await fetch(url, { headers, signal: controller.signal });
  const silent = connect(Number(link.port), '127.0.0.1').resume();
  cleanups.push(() => void silent.destroy());
  await once(silent, 'close');
  const reader = stream.body?.getReader();
  let text = '';
  // The first comment line comes at about the same time.
  while (!text.includes('\n:\n')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
  controller.abort();
}, 60_000);

test('shows a build that fails, and the fix', async () => {
  const root = example();
  const { link, livectl } = await serve(root);
  const cookie = await opened(link);
  const state = async () =>
    (await fetch(new URL('/api/v1/state', link.origin), { headers: { cookie } })).json();
  const events = new URL('/api/v1/events', link.origin);
  const failed = readUntil(events, cookie, (name, data) => name === 'state' && data.build === 'failed');
  await state();
  writeFileSync(join(root, 'src/api.ts'), 'export const handler = ;');
  expect(await failed).toContain('build_error');
  expect(await state()).toMatchObject({ build_errors: [{ function: 'api', file: 'src/api.ts', line: 1 }] });
  const fixed = readUntil(events, cookie, (name, data) => name === 'state' && data.build === 'ok');
  writeFileSync(join(root, 'src/api.ts'), code);
  await fixed;
  expect(await livectl.stop()).toBe(0);
});

test('is where it was after a restart, and the browser still knows it', async () => {
  const root = example();
  const env = { XDG_STATE_HOME: folder() };
  const first = await serve(root, { env });
  const cookie = await opened(first.link);
  const file = () => {
    const state = join(env.XDG_STATE_HOME, 'livectl');
    return readdirSync(state)
      .filter((name) => name.startsWith('inspector-'))
      .map((name) => join(state, name));
  };
  const [kept = '', ...more] = file();
  expect(more).toEqual([]);
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  // Nothing of it in the project.
  expect(existsSync(join(root, '.livectl', 'inspector.json'))).toBe(false);
  await first.livectl.stop('SIGKILL');
  const second = await serve(root, { env });
  expect(second.link.origin).toBe(first.link.origin);
  const state = (origin: string) => fetch(new URL('/api/v1/state', origin), { headers: { cookie } });
  expect((await state(second.link.origin)).status).toBe(200);
  // Beside it, another one has another port, and does not take that browser.
  const third = await serve(root, { env });
  expect(third.link.origin).not.toBe(second.link.origin);
  expect((await state(third.link.origin)).status).toBe(401);
  await second.livectl.stop();
  await third.livectl.stop();

  // Somebody else listens there now.
  const { port } = JSON.parse(readFileSync(kept, 'utf8'));
  const squatter = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
  cleanups.push(() => void squatter.close());
  const fourth = await serve(root, { env });
  expect(fourth.link.port).not.toBe(String(port));
  await opened(fourth.link);
});

test('an address that cannot be read, or kept, is another one', async () => {
  const root = example();
  const env = { XDG_STATE_HOME: folder() };
  const first = await serve(root, { env });
  await first.livectl.stop();
  const state = join(env.XDG_STATE_HOME, 'livectl');
  const [name = ''] = readdirSync(state).filter((each) => each.startsWith('inspector-'));
  for (const text of ['{', `{"port":${first.link.port},"secret":"short"}`]) {
    writeFileSync(join(state, name), text);
    const { link, livectl } = await serve(root, { env });
    await opened(link);
    await livectl.stop();
  }
  // Nowhere to write: each one has its own address.
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  const { link } = await serve(root, { env: { XDG_STATE_HOME: file } });
  await opened(link);
});

test('a project that cannot be written to has an inspector all the same', async () => {
  const root = example();
  mkdirSync(join(root, '.livectl'));
  chmodSync(join(root, '.livectl'), 0o500);
  chmodSync(root, 0o500);
  cleanups.push(() => chmodSync(root, 0o700));
  const { link } = await serve(root);
  await opened(link);
});

test('--no-inspector listens on no port, and says nothing of one', async () => {
  const { livectl, ready } = await serve(example(), { args: ['--no-inspector'] });
  expect(ready).not.toHaveProperty('inspector');
  const files = readdirSync(livectl.runFolder).filter((name) => name.endsWith('.json'));
  expect(JSON.parse(readFileSync(join(livectl.runFolder, files[0] ?? ''), 'utf8'))).not.toHaveProperty(
    'inspector',
  );
  expect(await livectl.stop()).toBe(0);
});

test('a program of this user finds it by the state file', async () => {
  const { link, livectl } = await serve(example());
  const [name = ''] = readdirSync(livectl.runFolder).filter((each) => each.endsWith('.json'));
  const { control, inspector } = JSON.parse(readFileSync(join(livectl.runFolder, name), 'utf8'));
  expect(inspector).toEqual({ url: link.origin });
  const headers = { authorization: `Bearer ${control.token}` };
  const response = await fetch(`${inspector.url}/api/v1/links`, { method: 'POST', headers });
  await opened(new URL(((await response.json()) as { url: string }).url));
});
