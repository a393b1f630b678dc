// `livectl replay` and `recordings` beside a running serve --local: its warm worker answers, and its API has the recordings.
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Livectl, project, type Ran, runLivectl } from './livectl-process.ts';

const code = (greeting: string) => `let count = 0;
export const handler = async (event) => {
  console.log('secret of the event:', event.headers?.authorization);
  count += 1;
  if (event.fail) throw new TypeError(event.fail);
  return { statusCode: 200, body: JSON.stringify({ greeting: '${greeting}', count, pid: process.pid,
    name: event.body && JSON.parse(event.body).name, seen: event.headers?.authorization?.length ?? 0,
    key: process.env.AWS_ACCESS_KEY_ID !== undefined }) };
};`;

let root: string;
let remove: () => void;
let serve: Livectl;
let env: Record<string, string>;

beforeAll(async () => {
  const manifest = {
    functions: {
      api: {
        handler: 'app.handler',
        runtime: 'nodejs22.x',
        triggers: { http: { path: '/orders', method: 'ANY' } },
      },
      python: { handler: 'app.handler', runtime: 'python3.13' },
    },
  };
  ({ remove, root } = project({
    'livectl.json': JSON.stringify(manifest),
    'app.mjs': code('one'),
    'app.py': 'def handler(event, context):\n    return {"got": event}\n',
  }));
  serve = new Livectl(['serve', '--local', '--root', root, '--port', '0', '--format', 'json']);
  env = { XDG_STATE_HOME: join(serve.tempDir, 'state') };
  await serve.event('ready');
});

afterAll(async () => {
  await serve.dispose();
  remove();
});

function livectl(...args: string[]): Promise<Ran> {
  return runLivectl([...args, '--root', root], { env });
}

const authorization = 'Bearer abcdefgh12345678';

/** Sends a request, and waits until it is recorded; resolves with the body of its answer. */
async function order(name: string): Promise<{ readonly pid: number; readonly count: number }> {
  const response = await fetch(`${await serve.url()}/orders?name=${name}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  return (await response.json()) as { pid: number; count: number };
}

/** The body of an HTTP answer on stdout. */
function bodyOf({ stdout }: Ran): unknown {
  return JSON.parse((JSON.parse(stdout) as { body: string }).body);
}

describe('replay beside a serve', () => {
  it('runs on its warm worker, with the event as it came and its credentials, and is shown there', async () => {
    const first = await order('ada');
    const replayed = await livectl('replay');
    expect(bodyOf(replayed)).toEqual({
      greeting: 'one',
      count: first.count + 1,
      pid: first.pid,
      name: 'ada',
      seen: authorization.length,
      key: true,
    });
    expect(replayed.stderr).toMatch(
      /→ api POST \/orders\?name=ada \(replay\)\n.*secret of the event: .*\n.*← api 200 /,
    );
    expect(replayed.stderr).not.toContain('!');
    expect(replayed.code).toBe(0);
    const shown = await serve.event('invoke', ({ replay_of }) => replay_of !== undefined);
    const [row] = (await livectl('recordings', '--format', 'json')).stdout
      .split('\n')
      .map((line) => (line ? JSON.parse(line) : undefined));
    expect(row).toMatchObject({
      id: shown.id,
      function: 'api',
      trigger: 'POST /orders?name=ada',
      status: 'ok',
      replay_of: shown.replay_of,
    });
    // `last` is what came in, not its replay.
    expect((await livectl('replay', '--format', 'json')).stdout).toContain(
      `"replay_of":"${shown.replay_of}"`,
    );
  });

  it('runs an edited event, whose masked values it names', async () => {
    await order('ada');
    const set = await livectl('replay', '--set', 'body.name=bob');
    expect(bodyOf(set)).toMatchObject({ name: 'bob' });
    expect(set.stderr).toContain('(replay, edited)');
    expect(set.stderr).toContain(
      '! the code gets masked values, which are not recorded: /headers/authorization',
    );
  });

  it('compares with what was answered', async () => {
    await order('ada');
    const { code: exit, stdout } = await livectl('replay', '--diff');
    expect(stdout).toMatch(
      /^≠ 1 difference from the recording of .*\n {2}- body\.count: \d+\n {2}\+ body\.count: \d+\n$/,
    );
    expect(exit).toBe(1);
    const invoked = await livectl('invoke', 'python', '--local', '--event', '{"b":[1,2]}');
    expect(invoked.code).toBe(0);
    const same = await livectl('replay', '--diff');
    expect(same.stdout).toMatch(/^= the same as the recording of/);
    expect(same.code).toBe(0);
    const other = await livectl('replay', '--diff', '--set', 'b[2]=3');
    expect(other.stdout).toContain('  + got.b[2]: 3\n');
    expect(other.code).toBe(1);
  });

  it('prints what the code gave, and compares it as it is recorded', async () => {
    const event = '{"password":"abcdefgh12345678"}';
    const invoked = await livectl('invoke', 'python', '--local', '--event', event);
    expect(JSON.parse(invoked.stdout)).toEqual({ got: JSON.parse(event) });
    const plain = await livectl('replay');
    expect(plain.stdout).toBe(invoked.stdout);
    const diff = await livectl('replay', '--diff');
    expect(diff.stdout).toMatch(/^= the same as the recording of/);
    const [row] = (await livectl('recordings', '--format', 'json')).stdout.split('\n');
    expect(JSON.parse(row ?? '')).toMatchObject({ masked: 1 });
  });

  it('shows the error of a failed function, and exits with 1', async () => {
    await livectl('invoke', 'api', '--local', '--event', '{"fail":"no order"}');
    const failed = await livectl('replay');
    expect(failed.stderr).toMatch(/TypeError: no order .*\n.*app\.mjs:5/);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
  });

  it('runs with its own workers what the serve does not serve', async () => {
    await order('ada');
    writeFileSync(join(root, 'other.mjs'), 'export const handler = async () => "other";');
    const file = join(root, 'other.json');
    writeFileSync(
      file,
      JSON.stringify({ functions: { other: { handler: 'other.handler', runtime: 'nodejs22.x' } } }),
    );
    const [row] = (
      await livectl('recordings', '--function', 'api', '--limit', '1', '--format', 'json')
    ).stdout.split('\n');
    const { key } = JSON.parse(row ?? '') as { key: string };
    const other = await livectl('replay', key, '--function', 'other', '--config', file);
    expect(other).toMatchObject({ code: 0, stdout: '"other"' });
  });

  it('watches its builds: new code answers, one that does not build does not', async () => {
    await order('ada');
    const watching = new Livectl(['replay', '--watch', '--diff', '--root', root], { env });
    onTestFinished(() => watching.dispose());
    await watching.until(() => watching.stdout.includes('body.count'), 'first run');
    writeFileSync(join(root, 'app.mjs'), code('two'));
    await watching.until(
      () => watching.stdout.includes('  - body.greeting: "one"\n  + body.greeting: "two"\n'),
      'second run',
    );
    writeFileSync(join(root, 'app.mjs'), 'export const handler = {{{');
    await serve.event('build_error');
    const old = await livectl('replay', 'last', '--function', 'api');
    expect(bodyOf(old)).toMatchObject({ greeting: 'two' });
    expect(old.stderr).toMatch(
      /! the latest code does not build \(app\.mjs:1: .*\); an earlier build answers, if there is one/,
    );
    expect(await watching.stop()).toBe(0);
    expect(watching.stderr).toContain('── run 2 of api POST /orders?name=ada after app.mjs (');
    expect(watching.stderr).toContain('✗ api does not build');
    expect(watching.leftBehind()).toEqual([]);
    const reloads = serve.events.filter(({ event }) => event === 'reload').length;
    writeFileSync(join(root, 'app.mjs'), code('one'));
    await serve.until(
      () => serve.events.filter(({ event }) => event === 'reload').length > reloads,
      'reload',
    );
  });
});

describe('recordings beside a serve', () => {
  it('lists, filters and finds', async () => {
    await order('grace');
    await livectl('invoke', 'api', '--local', '--event', '{"fail":"a special reason"}');
    const rows = async (...args: string[]) =>
      (await livectl('recordings', '--format', 'json', ...args)).stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { trigger: string; status: string; function: string });
    expect((await rows()).slice(0, 2)).toMatchObject([
      { status: 'error', trigger: 'invoke', error: { name: 'TypeError', message: 'a special reason' } },
      { status: 'ok', trigger: 'POST /orders?name=grace', http_status: 200 },
    ]);
    expect(await rows('--text', 'GRACE', '--status', 'ok', '--since', '5m', '--limit', '1')).toHaveLength(1);
    expect(await rows('--text', 'nowhere')).toEqual([]);
    expect(await rows('--since', '2999-01-01')).toEqual([]);
    const pretty = await livectl('recordings', '--function', 'api', '--limit', '2');
    expect(pretty.stdout).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\S+ {2}api {2}invoke {2}TypeError: a special reason [\d.]+ m?s\n.* {2}api {2}POST \/orders\?name=grace {2}200 [\d.]+ m?s\n$/,
    );
  });

  it('exports a request that answers again, and tests that know the handler', async () => {
    await order('ada');
    const curl = await livectl('recordings', 'export', 'last', '--as', 'curl');
    expect(curl.stdout).toContain(`${await serve.url()}/orders?name=ada`);
    expect(curl.stderr).toContain('it has masked values, which are not recorded: /headers/authorization');
    const file = join(root, 'order.test.mjs');
    onTestFinished(() => rmSync(file, { force: true }));
    expect((await livectl('recordings', 'export', 'last', '--as', 'vitest', '--output', file)).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('import * as code from "./app";');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await livectl('recordings', 'export', 'last', '--as', 'event', '--output', file);
    expect(again.stderr).toMatch(/exists\n {2}write another file, or replace it with --force/);
    expect(again.code).toBe(2);
    expect((await livectl('recordings', 'export', 'last', '--output', file, '--force')).code).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ rawPath: '/orders' });
    const invoke = await livectl('recordings', 'export', 'last', '--as', 'invoke', '--format', 'json');
    expect(JSON.parse(invoke.stdout)).toMatchObject({
      event: 'export',
      as: 'invoke',
      text: expect.stringContaining(`livectl invoke api --local --root ${root} --event `),
    });
  });

  it.each<[string, string[], RegExp]>([
    ['a status that is none', ['--status', 'bad'], /--status must be ok, error or running, not bad/],
    ['a time that is none', ['--since', 'yesterday'], /--since must be a time/],
    ['a limit that is none', ['--limit', '0'], /--limit must be a whole number/],
    [
      'a form that is none',
      ['export', 'last', '--as', 'har'],
      /--as must be one of event, curl, invoke, vitest, pytest, not har/,
    ],
    ['an id that nothing has', ['export', 'zzz'], /no recording has the id "zzz"/],
    [
      'to clear without a yes',
      ['clear'],
      /recordings? would be removed, and nobody can be asked\n {2}pass --yes/,
    ],
  ])('refuses %s', async (_, args, message) => {
    await order('ada');
    const { code: exit, stderr, stdout } = await livectl('recordings', ...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(exit).toBe(2);
  });

  it('clears what is on disk, of one function or all', async () => {
    await order('ada');
    const folder = join(root, '.livectl', 'recordings');
    expect(existsSync(folder)).toBe(true);
    const none = await livectl('recordings', 'clear', '--function', 'none', '--yes');
    expect(none).toMatchObject({ code: 0, stdout: 'removed 0 recordings of none\n' });
    const all = await livectl('recordings', 'clear', '--yes', '--format', 'json');
    expect(JSON.parse(all.stdout)).toMatchObject({ event: 'cleared', removed: expect.any(Number) });
    expect((JSON.parse(all.stdout) as { removed: number }).removed).toBeGreaterThan(0);
    expect((await livectl('recordings', 'clear', '--yes')).stdout).toBe('removed 0 recordings\n');
  });
});

it('says that the serve has ended, and exits with 1', async () => {
  const own = project({
    'livectl.json': JSON.stringify({ functions: { api: { handler: 'app.handler', runtime: 'nodejs22.x' } } }),
    'app.mjs': code('one'),
  });
  const other = new Livectl(['serve', '--local', '--root', own.root, '--port', '0', '--format', 'json']);
  onTestFinished(async () => {
    await other.dispose();
    own.remove();
  });
  const where = { env: { XDG_STATE_HOME: join(other.tempDir, 'state') } };
  await other.event('ready');
  await runLivectl(['invoke', 'api', '--local', '--root', own.root], where);
  const watching = new Livectl(['replay', '--watch', '--root', own.root], where);
  onTestFinished(() => watching.dispose());
  await watching.until(() => watching.stdout.includes('statusCode'), 'first run');
  const closed = watching.child.stderr && once(watching.child.stderr, 'close');
  await other.stop();
  expect(await watching.exited).toBe(1);
  await closed;
  expect(watching.stderr).toContain(
    'livectl: the running livectl serve has ended\n  run the command again\n',
  );
});
