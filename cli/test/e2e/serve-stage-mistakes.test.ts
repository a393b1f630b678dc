// `serve` and `status --stage` on the built file: what they report about a stage, a machine or credentials with faults.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { project } from './livectl-process.ts';
import { ServedStage, stage } from './served-stage.ts';

let at: ServedStage;

beforeEach(async () => {
  at = await ServedStage.start();
});

afterEach(() => at.close());

test('no manifest, or one of another version: what to do', async () => {
  const none = at.serve();
  expect(await none.exited).toBe(2);
  expect(await none.event('error')).toMatchObject({
    code: 'LD_STAGE',
    message: expect.stringContaining(stage),
  });
  await at.putManifest({ version: 2 });
  const other = at.serve();
  expect(await other.exited).toBe(2);
  expect((await other.event('error')).message).toContain('version');
});

test('status shows who serves, since when, and whether the relay answers', async () => {
  await at.putManifest();
  const status = async (...flags: string[]) => {
    const livectl = at.livectl(['status', '--stage', stage, ...flags]);
    return { code: await livectl.exited, stdout: livectl.stdout };
  };
  const before = await status();
  expect(before.code).toBe(1);
  expect(before.stdout).toContain('nobody; run: livectl serve --stage dev-tom');
  const livectl = at.serve();
  await livectl.event('ready');
  const { code, stdout } = await status('--format', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    stage,
    functions: ['hello', 'other'],
    relay: { reachable: true },
    clock: { ahead_ms: expect.any(Number), within_ms: expect.any(Number) },
    clients: [{ serves: '*', live: true, since: expect.stringMatching(/^\d{4}-/) }],
  });
  expect((await status()).stdout).toMatch(/served by {2}\S+ on \S+ since .*lease valid for \d+ s/);
  expect((await status()).stdout).toMatch(/clock {6}agrees with AWS’s/);
});

test('status explains a name that is not a function', async () => {
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:web-function/shop/revision/1';
  const status = at.livectl(['status', '--function-name', arn]);
  expect(await status.exited).toBe(1);
  expect(status.stdout).toContain(`${arn} is a Web Function, which live debugging cannot replace or wrap`);
  expect(status.stdout).toContain('to fix: it is an HTTP server without a handler');
});

test('a clock that is off is reported once, and in the status', async () => {
  await at.putManifest();
  const shift = project({ 'shift.mjs': 'const now = Date.now; Date.now = () => now() + 12_000;' });
  at.cleanup(shift.remove);
  const env = { NODE_OPTIONS: `--import=${join(shift.root, 'shift.mjs')}` };
  const livectl = at.serve([], env);
  await livectl.event('ready');
  expect(await at.call('hello')).toContain('200');
  await livectl.event('result');
  const told = livectl.events.filter(({ event }) => event === 'clock_skew');
  // At least: an answer's Date has whole seconds, and Node may look at the clock a moment late.
  expect(told).toEqual([{ event: 'clock_skew', ahead_ms: expect.any(Number) }]);
  const [{ ahead_ms: aheadMs } = { ahead_ms: 0 }] = told as { ahead_ms: number }[];
  expect(aheadMs).toBeGreaterThan(-12_500);
  expect(aheadMs).toBeLessThan(-9000);

  const status = at.livectl(['status', '--stage', stage], env);
  await status.exited;
  expect(status.stdout).toMatch(/clock {6}1[12]\.\d s ahead of AWS’s \(to \d+ ms\); set it/);
});

test('a missing source is reported before the stage is taken', async () => {
  const entry = { function_name: 'x', runtime: 'nodejs20.x', timeout: 5, memory_size: 128 };
  await at.putManifest({ functions: { gone: { ...entry, handler: 'gone.handler' } } });
  const livectl = at.serve();
  expect(await livectl.exited).toBe(2);
  expect((await livectl.event('error')).message).toContain('functions.gone.handler');
  expect(await at.directory.clients(stage)).toEqual([]);
});

test.each([
  ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'LD_CREDENTIALS', 2],
  ['no credentials', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, 'LD_CREDENTIALS', 2],
  ['no Region', { AWS_REGION: '' }, 'LD_REGION', 2],
  ['an invalid Region', { AWS_REGION: 'Frankfurt' }, 'LD_REGION', 2],
  ['nobody at the endpoint', { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, 'LD_DIRECTORY', 1],
])('%s: one clear error', async (_what, env, code, exitCode) => {
  await at.putManifest();
  const livectl = at.serve([], env as Record<string, string>);
  expect(await livectl.exited).toBe(exitCode);
  const error = await livectl.event('error');
  expect(error.code).toBe(code);
  expect(error.remedy).toBeTruthy();
  expect(livectl.stdout + livectl.stderr).not.toContain(at.cloud.developerCredentials.secretAccessKey);
});

test('an action that is refused: which, on which resource, and what to attach', async () => {
  const livectl = at.serve(['--name', 'elsewhere']);
  expect(await livectl.exited).toBe(2);
  const error = await livectl.event('error');
  expect(error.code).toBe('LD_PERMISSION');
  expect(error.message).toMatch(
    /not authorized to perform: dynamodb:GetItem on resource: arn:.*table\/elsewhere-dev-tom/,
  );
  expect(error.remedy).toContain('developer_policy_json');
});
