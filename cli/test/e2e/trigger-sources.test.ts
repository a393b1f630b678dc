// `trigger` to every source of the local cloud: the function's invocation comes back to the second terminal, found by
// the ids in its event.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Livectl, project, runLivectl } from './livectl-process.ts';

const stateHome = mkdtempSync(join(tmpdir(), 'livectl-state-'));
const env = { XDG_STATE_HOME: stateHome };
let root: string;
let remove: () => void;
let serve: Livectl;

const triggers = {
  open: { function_url: { authorization_type: 'NONE' } },
  signed: { function_url: {} },
  route: { http: { authorization_type: 'AWS_IAM' } },
  token: {
    http: {
      authorization_type: 'JWT',
      jwt_configuration: { issuer: 'https://login.example.com', audience: ['orders'] },
    },
  },
  queue: { sqs: { function_response_types: ['ReportBatchItemFailures'] } },
  fifo: { sqs: { fifo_queue: true } },
  bus: {
    eventbridge: { event_pattern: '{"source":["shop"],"detail-type":["Placed"],"detail":{"ok":[true]}}' },
  },
  bucket: { s3: { filter_prefix: 'in/' } },
  stream: { kinesis: { starting_position: 'TRIM_HORIZON' } },
  table: { dynamodb: { range_key: 'kind', starting_position: 'TRIM_HORIZON' } },
};

beforeAll(async () => {
  const functions = Object.fromEntries(
    Object.entries(triggers).map(([name, sources]) => [
      name,
      { handler: 'app.handler', runtime: 'nodejs20.x', triggers: sources },
    ]),
  );
  ({ remove, root } = project({
    'livectl.json': JSON.stringify({ functions }),
    'app.mjs': `export const handler = async (event) => {
      const [record] = event.Records ?? [];
      console.log(JSON.stringify(record?.body ?? record?.s3?.object.key ?? record?.dynamodb?.NewImage ?? record?.kinesis?.data ?? event.detail ?? event.body));
    };`,
  }));
  serve = new Livectl(['serve', '--local', '--root', root, '--port', '0', '--format', 'json'], { env });
  await serve.event('ready');
});

afterAll(async () => {
  await serve.dispose();
  remove();
  rmSync(stateHome, { recursive: true, force: true });
});

async function heard(args: readonly string[]): Promise<{ log: unknown; told: Record<string, unknown> }> {
  const { code, stderr, stdout } = await runLivectl(['trigger', ...args, '--local', '--format', 'json'], {
    env,
    cwd: root,
  });
  expect(stderr).toBe('');
  const told = JSON.parse(stdout) as {
    invocation: { logs: readonly { message: string }[]; result: unknown } | null;
  };
  expect(told).toMatchObject({ event: 'trigger', invocation: { result: { ok: true } } });
  expect(code).toBe(0);
  return { log: JSON.parse(told.invocation?.logs[0]?.message ?? 'null'), told };
}

test('a function URL, open', async () => {
  const { log, told } = await heard(['open', '--body', '{"a":1}', '--path', '/x']);
  expect(log).toBe('{"a":1}');
  expect(told).toMatchObject({ source: 'function_url', answer: { status: 200 } });
});

test('a route that requires IAM: the request is signed, and an unsigned one is refused', async () => {
  const { log, told } = await heard([
    'route',
    '--body',
    '{"b":1}',
    '--path',
    '/route/a b',
    '--query',
    'q=ü /',
  ]);
  expect(log).toBe('{"b":1}');
  expect(told).toMatchObject({ source: 'http', answer: { status: 200 } });
  const { to } = told as { to: string };
  expect((await fetch(to.replace('POST ', ''))).status).toBe(403);
});

test('a route that requires a token: the error says to pass one', async () => {
  const run = (...more: string[]) =>
    runLivectl(['trigger', 'http', 'token', '--local', '--format', 'json', ...more], { env, cwd: root });
  const { code, stdout } = await run();
  expect(JSON.parse(stdout)).toMatchObject({
    event: 'error',
    code: 'LD_CONFIG',
    remedy: expect.stringContaining("--header 'authorization: Bearer TOKEN'"),
  });
  expect(code).toBe(2);
  const sent = await run('--no-wait', '--header', 'authorization: Bearer x');
  expect(JSON.parse(sent.stdout)).toMatchObject({ event: 'trigger', answer: { status: 401 } });
});

test('a function URL that requires IAM: the request is signed', async () => {
  const { log, told } = await heard(['signed', '--body', '{"b":1}', '--path', '/a b', '--query', 'q=ü /']);
  expect(log).toBe('{"b":1}');
  expect(told).toMatchObject({
    to: expect.stringMatching(/^POST http:.*\/a%20b\?q=/),
    answer: { status: 200 },
  });
});

test('sqs', async () => {
  expect((await heard(['queue', '--body', 'tea'])).log).toBe('tea');
});

test('sqs FIFO', async () => {
  const { told } = await heard(['fifo', '--body', 'tea', '--group', 'g', '--deduplication-id', 'd']);
  expect(told).toMatchObject({ ids: { sequence_number: expect.stringMatching(/^\d+$/) } });
});

test('sqs FIFO: without a deduplication id the same body is another message', async () => {
  const [one, other] = [
    await heard(['fifo', '--body', 'again', '--group', 'g']),
    await heard(['fifo', '--body', 'again', '--group', 'g']),
  ];
  expect(one.log).toBe('again');
  expect(other.told).not.toMatchObject({ ids: one.told.ids });
});

test('eventbridge', async () => {
  expect((await heard(['bus', '--detail', '{"ok":true}'])).log).toEqual({ ok: true });
});

test('eventbridge: an event that the pattern excludes is reported at once', async () => {
  const args = ['trigger', 'bus', '--local', '--detail', '{"ok":false}', '--wait', '3600'];
  const { code, stdout } = await runLivectl(args, { env, cwd: root });
  expect(stdout).toMatch(/event_id \S+ .*\n.*the filter or pattern of bus does not match it/);
  expect(code).toBe(0);
});

test('s3: the key of a file, encoded in the event', async () => {
  writeFileSync(join(root, 'a b+c.txt'), 'content');
  const { log, told } = await heard(['bucket', '--file', 'a b+c.txt']);
  expect(log).toBe('in/a+b%2Bc.txt');
  expect(told).toMatchObject({ to: 's3://live-debug-local-bucket/in/a b+c.txt' });
});

test('dynamodb: the record is known by the item’s key', async () => {
  const { log } = await heard(['table', '--item', '{"id":"1","kind":"a","total":7}']);
  expect(log).toEqual({ id: { S: '1' }, kind: { S: 'a' }, total: { N: '7' } });
});

test('kinesis', async () => {
  const { log, told } = await heard(['stream', '--data', 'tea']);
  expect(log).toBe(Buffer.from('tea').toString('base64'));
  expect(told).toMatchObject({ ids: { shard_id: expect.stringMatching(/^shardId-/) } });
});
