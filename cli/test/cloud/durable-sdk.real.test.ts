// AWS's SDK for durable functions, as its package is, in functions that `serve --local` answers and invokes again.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeOf } from '../differential/official-node-client.ts';
import { Livectl, repository, runLivectl } from '../e2e/livectl-process.ts';

let root: string;
let stateHome: string;
let serve: Livectl;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'livectl-durable-'));
  stateHome = mkdtempSync(join(tmpdir(), 'livectl-state-'));
  cpSync(fileURLToPath(new URL('./durable-handlers', import.meta.url)), root, { recursive: true });
  symlinkSync(join(repository, 'test-real/node_modules'), join(root, 'node_modules'));
  const shared = { runtime: 'nodejs24.x', timeout: 30, environment: { NOTES: join(root, 'notes') } };
  const durable = { ...shared, durable_config: { execution_timeout: 3600 } };
  writeFileSync(
    join(root, 'livectl.json'),
    JSON.stringify({
      functions: {
        orders: { ...durable, handler: 'orders.handler' },
        fails: { ...durable, handler: 'orders.fails' },
        mail: { ...shared, handler: 'orders.mail' },
      },
    }),
  );
  serve = new Livectl(['serve', '--local', '--root', root, '--port', '0', '--format', 'json'], {
    env: { XDG_STATE_HOME: stateHome },
    on: ([, ...args]) => [nodeOf('nodejs24.x'), ...args],
  });
  await serve.event('ready');
});

afterAll(async () => {
  await serve.dispose();
  rmSync(root, { recursive: true, force: true });
  rmSync(stateHome, { recursive: true, force: true });
});

async function invoke(name: string, event: unknown, ...more: string[]) {
  const args = ['invoke', name, '--local', '--root', root, '--event', '-', '--format', 'json', ...more];
  const { stdout, stderr } = await runLivectl(args, {
    input: JSON.stringify(event),
    env: { XDG_STATE_HOME: stateHome },
  });
  if (!stdout.startsWith('{')) throw new Error(stderr);
  return JSON.parse(stdout);
}

const notes = () => readFileSync(join(root, 'notes'), 'utf8').trim().split('\n');

test('steps run once, waits and retries replay the code, and another function is invoked', async () => {
  const { ok, payload } = await invoke('orders', { id: 7 }, '--qualifier', '$LATEST');
  expect({ ok, payload }).toEqual({
    ok: true,
    payload: {
      charged: { id: 7, paid: true },
      shipment: 'shipped',
      mailed: 'mailed 7',
      bill: 'billed',
    },
  });
  expect(notes()).toEqual(['charge', 'ship', 'ship']);
});

test('an error of a step is the error of the invocation', async () => {
  const { ok, payload } = await invoke('fails', {}, '--qualifier', '1');
  expect({ ok, payload }).toMatchObject({ ok: false, payload: { errorMessage: 'out of stock' } });
});

test('an invocation without a version or alias is refused as on AWS', async () => {
  expect(await invoke('orders', {})).toMatchObject({
    code: 'LD_PUBLISH',
    message: expect.stringContaining('unqualified ARN; use orders:$LATEST'),
  });
});
