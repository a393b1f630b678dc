// AWS's SDK for durable functions, as its package is, in functions that `serve --local` answers and invokes again.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeOf } from '../differential/official-node-client.ts';
import { Livectl, repository, runLivectl } from '../e2e/livectl-process.ts';

interface Place {
  readonly root: string;
  readonly stateHome: string;
  readonly serve: Livectl;
}

const cleanups: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** Functions that are all live the same way; `flags` say which are served. */
async function start(mode: 'replace' | 'wrap', ...flags: readonly string[]): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), 'livectl-durable-'));
  const stateHome = mkdtempSync(join(tmpdir(), 'livectl-state-'));
  for (const folder of [root, stateHome])
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(fileURLToPath(new URL('./durable-handlers', import.meta.url)), root, { recursive: true });
  symlinkSync(join(repository, 'test-real/node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'notes'), '');
  const shared = { runtime: 'nodejs24.x', timeout: 30, mode, environment: { NOTES: join(root, 'notes') } };
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
  const serve = new Livectl(
    ['serve', '--local', '--root', root, '--port', '0', '--format', 'json', ...flags],
    {
      env: { XDG_STATE_HOME: stateHome },
      on: ([, ...args]) => [nodeOf('nodejs24.x'), ...args],
    },
  );
  cleanups.push(() => serve.dispose());
  await serve.event('ready');
  return { root, stateHome, serve };
}

async function invoke({ root, stateHome }: Place, name: string, event: unknown, ...more: string[]) {
  const args = ['invoke', name, '--local', '--root', root, '--event', '-', '--format', 'json', ...more];
  const { stdout, stderr } = await runLivectl(args, {
    input: JSON.stringify(event),
    env: { XDG_STATE_HOME: stateHome },
  });
  if (!stdout.startsWith('{')) throw new Error(stderr);
  return JSON.parse(stdout);
}

const notes = ({ root }: Place) => readFileSync(join(root, 'notes'), 'utf8').trim().split('\n');

// A wrapped function that nobody serves runs its deployed code: then no invocation of it reaches the session.
describe.each([
  ['replaced', 'replace', [], 3],
  ['wrapped and served', 'wrap', [], 3],
  ['wrapped and not served', 'wrap', ['--function', 'mail'], 0],
] as const)('durable functions that are %s', (_how, mode, flags, served) => {
  let place: Place;
  beforeAll(async () => {
    place = await start(mode, ...flags);
  });

  test('steps run once, waits and retries replay the code, and another function is invoked', async () => {
    const { ok, payload } = await invoke(place, 'orders', { id: 7 }, '--qualifier', '$LATEST');
    expect({ ok, payload }).toEqual({
      ok: true,
      payload: {
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:orders:$LATEST',
        charged: { id: 7, paid: true },
        shipment: 'shipped',
        mailed: 'mailed 7',
        bill: 'billed',
      },
    });
    expect(notes(place)).toEqual(['charge', 'ship', 'ship']);
    const results = place.serve.events.filter(
      (event) => event.event === 'result' && event.function === 'orders',
    );
    if (served === 0) expect(results).toEqual([]);
    else expect(results.length).toBeGreaterThanOrEqual(served);
  });

  test('an error of a step is the error of the invocation', async () => {
    const { ok, payload } = await invoke(place, 'fails', {}, '--qualifier', '1');
    expect({ ok, payload }).toMatchObject({ ok: false, payload: { errorMessage: 'out of stock' } });
  });

  test('an invocation without a version or alias is refused as on AWS', async () => {
    expect(await invoke(place, 'orders', {})).toMatchObject({
      code: 'LD_PUBLISH',
      message: expect.stringContaining('unqualified ARN; use orders:$LATEST'),
    });
  });
});
