// What `serve` records of its invocations, as the built program: everything but secrets, in the project's folder.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openRecordings } from '../../src/recordings/recordings-folder.ts';
import { Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function serve(root: string, ...flags: string[]): Livectl {
  const livectl = new Livectl([
    'serve',
    '--local',
    '--port',
    '0',
    '--no-machine-proxy',
    '--format',
    'json',
    '--root',
    root,
    ...flags,
  ]);
  cleanups.push(() => livectl.dispose());
  return livectl;
}

function projectOf(code: string, settings: object = {}, more: object = {}): string {
  const hello = {
    handler: 'hello.handler',
    runtime: 'nodejs20.x',
    timeout: 10,
    triggers: { http: { path: '/hello' } },
    ...settings,
  };
  const made = project({
    'livectl.json': JSON.stringify({ functions: { hello }, ...more }),
    'hello.mjs': code,
  });
  cleanups.push(made.remove);
  return made.root;
}

const folderOf = (root: string) => join(root, '.livectl', 'recordings');
const filesOf = (root: string) => (existsSync(folderOf(root)) ? readdirSync(folderOf(root)) : []);

async function call(livectl: Livectl, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(`${await livectl.url()}/hello?token=query-s3cret&n=1`, {
    signal: AbortSignal.timeout(20_000),
    ...init,
  });
  await response.text();
  return response;
}

const echo = `
export async function handler(event) {
  console.log(process.env);
  console.error('got', event.headers.authorization);
  return { statusCode: 201, headers: { 'set-cookie': 'sid=cookie-s3cret; Path=/' }, body: JSON.stringify({ password: 'result-s3cret', n: 1 }) };
}`;

test('an invocation is recorded with its hops, its code and its lines, and without a secret', async () => {
  const root = projectOf(
    echo,
    { environment: { DB_PASSWORD: 'variable-s3cret', GREETING: 'hello there' } },
    { redact: ['body.card.number'] },
  );
  const livectl = serve(root);
  await call(livectl, {
    method: 'POST',
    headers: { authorization: 'Bearer header-s3cret-0123456789', 'content-type': 'application/json' },
    body: '{ "card": { "number": "4111111111111111" }, "amount": 12345678901234567890.10 }',
  });
  await livectl.event('result');
  expect(await livectl.stop()).toBe(0);

  const [name = ''] = filesOf(root);
  expect(filesOf(root)).toHaveLength(1);
  const file = join(folderOf(root), name);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('s3cret');
  expect(text).not.toContain('4111111111111111');
  expect(text).not.toMatch(/A[KS]IA[A-Z0-9]{16}/);
  expect(text).toContain('hello there');
  expect(text).toContain('12345678901234567890.10');

  const recordings = openRecordings(root);
  const [row] = await recordings.list({});
  expect(row).toMatchObject({
    function: 'hello',
    trigger: 'POST /hello?token=[masked]&n=1',
    source: 'http',
    status: 'ok',
    http_status: 201,
    code: { build: 1, hash: expect.stringMatching(/^[0-9a-f]{12}$/) },
  });
  expect(row?.masked).toBeGreaterThanOrEqual(4);
  const detail = await recordings.get(row?.key ?? '');
  expect(detail?.hops.map((hop) => hop.name)).toEqual([
    'trigger',
    'stub',
    'relay',
    'queue',
    'start',
    'code',
    'back',
  ]);
  const sum = (names: readonly string[]) =>
    detail?.hops.filter((hop) => names.includes(hop.name)).reduce((ms, hop) => ms + hop.ms, 0) ?? 0;
  // The clock counts whole milliseconds.
  expect(Math.abs(sum(['relay', 'queue', 'start', 'code', 'back']) - (row?.ms ?? 0))).toBeLessThan(1);
  expect(detail?.lines.map(({ level }) => level)).toEqual(expect.arrayContaining(['info', 'error']));
  expect(detail?.lines.some(({ message }) => message.includes("DB_PASSWORD: '[masked]'"))).toBe(true);
  expect(detail?.masked_paths).toContain('/headers/authorization');
});

test('an edit changes the build and the hash, and editing back changes the hash back', async () => {
  const code = (word: string) => `export const handler = async () => '${word}';`;
  const root = projectOf(code('one'));
  const livectl = serve(root);
  await call(livectl);
  for (const [index, word] of ['two', 'one'].entries()) {
    writeFileSync(join(root, 'hello.mjs'), code(word));
    await livectl.until(
      () => livectl.events.filter(({ event }) => event === 'reload').length > index,
      'reload',
    );
    await call(livectl);
  }
  await livectl.until(() => livectl.events.filter(({ event }) => event === 'result').length === 3, 'results');
  expect(await livectl.stop()).toBe(0);
  const codes = (await openRecordings(root).list({})).map((row) => row.code);
  expect(codes.map((each) => each?.build)).toEqual([3, 2, 1]);
  expect(codes[0]?.hash).toBe(codes[2]?.hash);
  expect(codes[1]?.hash).not.toBe(codes[2]?.hash);
});

test('--no-record writes nothing', async () => {
  const root = projectOf(echo);
  const livectl = serve(root, '--no-record');
  await call(livectl, { headers: { authorization: 'x' } });
  await livectl.event('result');
  expect(await livectl.stop()).toBe(0);
  expect(existsSync(join(root, '.livectl'))).toBe(false);
});

test('an invalid redact is refused, since what it names must not be recorded', async () => {
  const livectl = serve(projectOf(echo, {}, { redact: 'body' }));
  expect(await livectl.exited).toBe(2);
  expect(livectl.stdout + livectl.stderr).toContain('redact: must be an array of strings');
});

test('a repository gets .livectl/ in its .gitignore, once', async () => {
  const root = projectOf(echo);
  execFileSync('git', ['init', '-q', root]);
  writeFileSync(join(root, '.gitignore'), 'node_modules');
  for (const isFirst of [true, false]) {
    const livectl = serve(root);
    await call(livectl, { headers: { authorization: 'x' } });
    expect(await livectl.stop()).toBe(0);
    const told = livectl.events.some(
      (event) => event.event === 'notice' && event.message.startsWith('added .livectl/ to .gitignore'),
    );
    expect(told).toBe(isFirst);
    expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('node_modules\n.livectl/\n');
  }
  const status = execFileSync('git', ['-C', root, 'status', '--porcelain', '-uall'], { encoding: 'utf8' });
  expect(status).not.toContain('.livectl');
});

test('the line in .gitignore is no change of a function whose files are all sources', async () => {
  // Listed by the first build, which begins while the stage is being opened.
  const { root, remove } = project({
    'livectl.json': JSON.stringify({
      functions: { f: { handler: 'x', runtime: 'provided.al2023', command: ['node', 'program.mjs'] } },
    }),
    'program.mjs': 'setInterval(() => undefined, 60_000);',
  });
  cleanups.push(remove);
  mkdirSync(join(root, '.git'));
  const livectl = serve(root);
  await livectl.event('ready');
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('.livectl/\n');
  writeFileSync(join(root, 'program.mjs'), '// another');
  const isSave = ({ changed }: { readonly changed: readonly string[] }) => changed.includes('program.mjs');
  await livectl.event('reload', isSave);
  const reloads = livectl.events.flatMap((event) => (event.event === 'reload' ? [event.changed] : []));
  expect(reloads).toEqual([['program.mjs']]);
});

test('a project that cannot be written to costs one notice, and every invocation is answered', async () => {
  const root = projectOf(echo);
  mkdirSync(join(root, '.livectl'));
  writeFileSync(folderOf(root), 'not a folder');
  const livectl = serve(root);
  for (let count = 0; count < 3; count++)
    expect((await call(livectl, { headers: { authorization: 'x' } })).status).toBe(201);
  await livectl.event('notice', ({ message }) => message.startsWith('recordings cannot be written'));
  expect(await livectl.stop()).toBe(0);
  const notices = livectl.events.filter(({ event }) => event === 'notice');
  expect(notices).toHaveLength(1);
});

test('killed while it writes, it leaves nothing that the next one, or a command, stumbles over', async () => {
  const root = projectOf(`export const handler = async () => 'x'.repeat(2_000_000);`);
  mkdirSync(folderOf(root), { recursive: true, mode: 0o700 });
  chmodSync(join(root, '.livectl'), 0o700);
  const livectl = serve(root, '--max-workers', '4');
  await livectl.url();
  // The first file that appears is being written.
  const appeared = new Promise<void>((resolve) => {
    const watcher = watch(folderOf(root), () => {
      watcher.close();
      resolve();
    });
  });
  const calls = Promise.allSettled(Array.from({ length: 8 }, () => call(livectl)));
  await appeared;
  expect(await livectl.stop('SIGKILL')).toBe('SIGKILL');
  await calls;
  expect(filesOf(root).length).toBeGreaterThan(0);
  const before = await openRecordings(root).list({});
  for (const { key } of before)
    expect((await openRecordings(root).body(key, 'result'))?.bytes.length).toBe(2_000_002);

  const next = serve(root);
  expect((await call(next)).status).toBe(200);
  await next.event('result');
  expect(await next.stop()).toBe(0);
  expect(next.events.filter(({ event }) => event === 'notice' || event === 'error')).toEqual([]);
  expect(await openRecordings(root).list({})).toHaveLength(before.length + 1);
});
