// `trigger` and `invoke` in a second terminal beside `serve --local`: both are the built file, and find each other by
// the folder of --root.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdLock } from '../../src/folders/run-lock.ts';
import { Livectl, project, type Ran, runLivectl } from './livectl-process.ts';

const stateHome = mkdtempSync(join(tmpdir(), 'livectl-state-'));
const env = { XDG_STATE_HOME: stateHome };
const stateFolder = join(stateHome, 'livectl');
const runFolder = join(stateFolder, 'run');
/** What each running serve has written down. */
const stateFiles = () => readdirSync(runFolder).filter((name) => name.endsWith('.json'));

const manifest = {
  functions: {
    api: { handler: 'app.api', runtime: 'nodejs20.x', triggers: { http: { path: '/orders/{id}' } } },
    worker: {
      handler: 'app.echo',
      runtime: 'nodejs20.x',
      triggers: { sns: {}, schedule: { schedule_expression: 'rate(1 day)' } },
    },
    faulty: { handler: 'app.fails', runtime: 'nodejs20.x', triggers: { http: {} } },
    plain: { handler: 'app.echo', runtime: 'nodejs20.x' },
    streamed: {
      handler: 'app.streamed',
      runtime: 'nodejs20.x',
      triggers: { function_url: { authorization_type: 'NONE', invoke_mode: 'RESPONSE_STREAM' } },
    },
  },
};
const code = `
export const api = async (event) => {
  console.log('asked for', event.rawPath, event.headers['x-mark']);
  return { statusCode: 201, body: JSON.stringify({ ...event.queryStringParameters, body: event.body ?? null }) };
};
export const echo = async (event) => {
  console.warn('heard', event.Records?.[0].Sns.Message ?? event.source ?? '');
  return event;
};
export const fails = async () => { throw new TypeError('out of tea'); };
export const streamed = awslambda.streamifyResponse(async (event, stream) => {
  await new Promise((resolve) => stream.write('so far', resolve));
  throw new TypeError('out of tea');
});
`;

let root: string;
let remove: () => void;
let serve: Livectl;

beforeAll(async () => {
  ({ root, remove } = project({ 'livectl.json': JSON.stringify(manifest), 'app.mjs': code }));
  serve = new Livectl(['serve', '--local', '--root', root, '--port', '0', '--format', 'json'], { env });
  await serve.event('ready');
});

afterAll(async () => {
  expect(await serve.stop()).toBe(0);
  // It takes its state file along.
  expect(readdirSync(runFolder)).toEqual([]);
  await serve.dispose();
  remove();
  rmSync(stateHome, { recursive: true, force: true });
});

function livectl(args: readonly string[], more: Parameters<typeof runLivectl>[1] = {}): Promise<Ran> {
  return runLivectl(args, { env, cwd: root, ...more });
}

async function json(args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await livectl([...args, '--format', 'json']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('trigger', () => {
  test('http: request, answer and the log of the function', async () => {
    const { code, stderr, stdout } = await livectl([
      ...['trigger', 'http', 'api', '--local', '--path', '/orders/7', '--method', 'PUT', '--body', 'tea'],
      ...['--query', 'a=1', '--query', 'b=2=3', '--header', 'x-mark: here'],
    ]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /● http PUT http:\/\/127\.0\.0\.1:\d+\/orders\/7\?a=1&b=2%3D3 {2}request_id \S+\n/,
    );
    expect(stdout).toMatch(/→ api PUT \/orders\/7\?a=1&b=2%3D3\n/);
    expect(stdout).toContain('asked for /orders/7 here\n');
    expect(stdout).toMatch(/← api 201 /);
    expect(stdout).toContain('201\n{"a":"1","b":"2=3","body":"tea"}\n');
    expect(code).toBe(0);
  });

  test('http: a function that fails', async () => {
    const { code, stdout } = await livectl(['trigger', 'faulty', '--local']);
    expect(stdout).toMatch(/← faulty TypeError: out of tea /);
    expect(stdout).toContain('500\n');
    expect(code).toBe(1);
  });

  test('function_url: a function that fails while it streams', async () => {
    const { code: exitCode, stdout } = await livectl(['trigger', 'function-url', 'streamed', '--local']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('TypeError: out of tea');
    expect(stdout).toMatch(/200\nso far\n… cut off here\n$/);
    expect(await json(['trigger', 'function_url', 'streamed', '--local'])).toMatchObject({
      answer: { status: 200, body: 'so far', cut_off: true },
      invocation: { result: { ok: false } },
    });
  });

  test('sns: the message reaches the subscriber, and its outcome the second terminal', async () => {
    const told = await json(['trigger', 'sns', 'worker', '--local', '--message', '@@home', '--subject', 's']);
    expect(told).toMatchObject({
      event: 'trigger',
      source: 'sns',
      function: 'worker',
      to: 'arn:aws:sns:us-east-1:000000000000:live-debug-local-worker',
      ids: { message_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      invocation: {
        trigger: 'SNS live-debug-local-worker',
        logs: [{ level: 'warn', message: 'heard @home' }],
        result: { ok: true },
      },
    });
  });

  test('schedule: the event that EventBridge would send', async () => {
    const told = await json(['trigger', 'schedule', 'worker', '--local']);
    expect(told).toMatchObject({
      invocation: { trigger: 'schedule', logs: [{ message: 'heard aws.events' }], result: { ok: true } },
    });
  });

  test('lambda: a body from stdin, the answer unchanged', async () => {
    const args = ['trigger', 'lambda', 'plain', '--local', '--payload', '-', '--format', 'json'];
    const { stdout } = await livectl(args, { input: '{"id": 1}' });
    expect(JSON.parse(stdout)).toMatchObject({
      answer: { body: '{"id":1}' },
      invocation: { result: { ok: true } },
    });
  });

  test('lambda --async: a body from a file', async () => {
    writeFileSync(join(root, 'event.json'), '{"id": 2}');
    const args = ['trigger', 'lambda', 'plain', '--local', '--async', '--payload', '@event.json'];
    const told = await json(args);
    expect(told).not.toHaveProperty('answer');
    expect(told).toMatchObject({ invocation: { trigger: 'invoke', result: { ok: true } } });
  });

  test('--no-wait publishes and ends', async () => {
    const told = await json(['trigger', 'worker', '--local', '--message', 'x', '--no-wait']);
    expect(told).toMatchObject({ ids: { message_id: expect.any(String) }, invocation: null });
  });

  test('the source is the only one that takes the flags', async () => {
    expect(await json(['trigger', 'worker', '--local', '--message', 'x'])).toMatchObject({ source: 'sns' });
    expect(await json(['trigger', 'sns', '--local', '--message', 'x'])).toMatchObject({ function: 'worker' });
  });

  test('runs under Deno', async () => {
    const args = ['trigger', 'sns', 'worker', '--local', '--message', 'deno'];
    const { code, stderr, stdout } = await livectl(args, { runtime: 'deno' });
    expect(stderr).toBe('');
    expect(stdout).toContain('heard deno\n');
    expect(code).toBe(0);
  });

  const mistakes: readonly (readonly [args: readonly string[], says: RegExp, remedy: RegExp])[] = [
    [['sns', 'workr'], /there is no function "workr"; did you mean "worker"\?/, /api, worker, faulty, plain/],
    [['snss', 'worker'], /there is no source "snss"; did you mean "sns"\?/, /http, function_url, sns, sqs/],
    [['sqs', 'worker'], /worker has no trigger sqs/, /its triggers: sns, schedule/],
    [['plain'], /plain has no triggers/, /livectl trigger lambda plain/],
    [['worker'], /which source\? worker has sns, schedule/, /livectl trigger sns worker/],
    [['http'], /which function\? http triggers api, faulty/, /livectl trigger http FUNCTION/],
    [[], /which function\?/, /api, worker, faulty, plain/],
    [['sns', 'worker'], /sns needs --message/, /livectl trigger sns worker --local --message/],
    [['http', 'api'], /http needs --path/, /--path/],
    [
      ['sns', 'worker', '--item', '{}'],
      /sns does not take --item/,
      /it takes --message, --subject, --attribute/,
    ],
    [['sns', 'worker', '--message', '@none.txt'], /--message: none\.txt can't be read/, /a file that exists/],
    [['lambda', 'plain', '--payload', '{'], /--payload is not valid JSON/, /--payload @FILE/],
    [
      ['sns', 'worker', '--message', 'x', '--attribute', 'a'],
      /--attribute a: write it as name=value/,
      /repeat the flag/,
    ],
    [
      ['sns', 'worker', '--message', 'x', '--wait', 'long'],
      /--wait must be a whole number from 0 to 3600/,
      /--help/,
    ],
  ];
  test.each(mistakes)('%j: one clear error, exit code 2', async (args, says, remedy) => {
    const { code, stderr, stdout } = await livectl(['trigger', ...args, '--local']);
    const [first = '', ...more] = stderr.trimEnd().split('\n');
    expect(first).toMatch(says);
    expect(more.join('\n')).toMatch(remedy);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('invoke', () => {
  test('the result on stdout to the byte, the log on stderr', async () => {
    const { code, stderr, stdout } = await livectl(['invoke', 'plain', '--local', '--event', '{"a": "ü"}']);
    expect(stdout).toBe('{"a":"ü"}');
    expect(stderr).toMatch(/→ plain invoke\n.*heard \n.*← plain ok /);
    expect(code).toBe(0);
  });

  test.each([
    ['a file', 'event.json', ''],
    ['stdin', '-', '{"from":"stdin"}'],
  ])('an event from %s', async (_from, event, input) => {
    writeFileSync(join(root, 'event.json'), '{"from":"a file"}');
    const { stdout } = await livectl(['invoke', 'plain', '--local', '--event', event], { input });
    expect(stdout).toBe(input === '' ? '{"from":"a file"}' : input);
  });

  test('a function’s error is on stderr, and exit code 1', async () => {
    const { code, stderr, stdout } = await livectl(['invoke', 'faulty', '--local']);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/← faulty TypeError: out of tea .*\n.*app\.mjs:10/);
    expect(code).toBe(1);
  });

  test('--format json', async () => {
    expect(await json(['invoke', 'faulty', '--local'])).toMatchObject({
      event: 'invoke_result',
      function: 'faulty',
      ok: false,
      function_error: 'Unhandled',
      payload: { errorType: 'TypeError', errorMessage: 'out of tea' },
      invocation: { result: { ok: false, error: { name: 'TypeError' } } },
    });
  });

  test('an unknown name, a missing file, invalid JSON', async () => {
    const wrong = await livectl(['invoke', 'plian', '--local']);
    expect(wrong.stderr).toMatch(/no function "plian"; did you mean "plain"\?\n.*api, worker, faulty, plain/);
    const missing = await livectl(['invoke', 'plain', '--local', '--event', 'none.json']);
    expect(missing.stderr).toMatch(/--event: none\.json can't be read/);
    const noJson = await livectl(['invoke', 'plain', '--local', '--event', 'app.mjs']);
    expect(noJson.stderr).toMatch(/--event is not valid JSON/);
    expect([wrong.code, missing.code, noJson.code]).toEqual([2, 2, 2]);
  });
});

describe('finding the serve', () => {
  test('by its root, also through a link; the state is private', async () => {
    const link = join(stateHome, 'link');
    symlinkSync(root, link);
    const args = ['invoke', 'plain', '--local', '--root', link];
    expect((await livectl(args, { cwd: stateHome })).code).toBe(0);
    for (const folder of [stateFolder, runFolder]) expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(stateFiles()).toHaveLength(1);
    for (const entry of readdirSync(runFolder, { withFileTypes: true })) {
      const { mode } = statSync(join(runFolder, entry.name));
      expect(mode & 0o777).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
  });

  test('if none runs for the folder, lists those that run and how to start one', async () => {
    mkdirSync(join(root, 'sub'), { recursive: true });
    // Without --root the livectl.json above counts.
    const above = await livectl(['invoke', 'plain', '--local'], { cwd: join(root, 'sub') });
    expect(above.code).toBe(0);
    const sub = await livectl(['invoke', 'plain', '--local', '--root', '.'], { cwd: join(root, 'sub') });
    expect(sub.stderr).toMatch(
      /no livectl serve --local runs for .*sub\n.*livectl serve --local --root .*sub; it runs for .*: name one with --root/,
    );
    expect(sub.code).toBe(1);
    const nowhere = await livectl(['trigger', 'worker', '--local', '--root', 'none']);
    expect(nowhere.stderr).toMatch(/--root: none does not exist/);
    expect(nowhere.code).toBe(2);
  });

  test('one that is killed meanwhile ends the wait', async () => {
    const other = project({
      'livectl.json': JSON.stringify({
        functions: {
          slow: { handler: 'app.slow', runtime: 'nodejs20.x', timeout: 60, triggers: { sns: {} } },
        },
      }),
      'app.mjs': 'export const slow = () => new Promise((resolve) => setTimeout(resolve, 60_000));',
    });
    const args = ['serve', '--local', '--root', other.root, '--port', '0', '--format', 'json'];
    const killed = new Livectl(args, { env });
    await killed.event('ready');
    const published = livectl(['trigger', 'slow', '--local', '--message', 'x', '--wait', '3600'], {
      cwd: other.root,
    });
    await killed.event('invoke');
    expect(await killed.stop('SIGKILL')).toBe('SIGKILL');
    const { code, stdout } = await published;
    expect(stdout).toMatch(/livectl serve ended meanwhile\n$/);
    expect(code).toBe(0);
    // Another livectl's look removes what it left.
    await livectl(['invoke', 'plain', '--local']);
    await killed.dispose();
    other.remove();
  });

  test('what a killed serve left is cleaned up, and another program’s port is not trusted', async () => {
    const other = project({ 'livectl.json': JSON.stringify(manifest), 'app.mjs': code });
    const args = ['serve', '--local', '--root', other.root, '--port', '0', '--format', 'json'];
    const killed = new Livectl(args, { env });
    await killed.event('ready');
    expect(stateFiles()).toHaveLength(2);
    expect(await killed.stop('SIGKILL')).toBe('SIGKILL');
    // One that runs by its lock, as in another container, but whose port is nobody's here.
    const lock = await holdLock(runFolder);
    const elsewhere = join(runFolder, `${lock.id}.json`);
    writeFileSync(
      elsewhere,
      JSON.stringify({
        version: 1,
        pid: process.pid,
        since: '2026-01-01T00:00:00.000Z',
        control: { url: 'http://127.0.0.1:9', token: 'x' },
        root: other.root,
        manifest: join(other.root, 'livectl.json'),
        functions: ['plain'],
        place: {
          kind: 'local',
          endpoint: 'http://127.0.0.1:9',
          region: 'us-east-1',
          credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
          targets: {},
        },
      }),
    );
    const asked = await livectl(['invoke', 'plain', '--local', '--root', other.root]);
    expect(asked.stderr).toMatch(/no livectl serve --local runs for/);
    expect(asked.code).toBe(1);
    expect(stateFiles()).toHaveLength(2);
    rmSync(elsewhere);
    lock.release();
    expect(stateFiles()).toHaveLength(1);
    await killed.dispose();
    other.remove();
  });
});
