// `livectl cloud --vpc`: the built tunnel function in a network namespace, and namespaces that can't be used.
import { afterEach, describe, expect, test } from 'vitest';
import { PrivateNetwork } from '../cloud/private-network.ts';
import { namespacesAllowed } from '../vpn/network-namespaces.ts';
import { type CloudProcess, clientOf, startCloudProcess } from './cloud-process.ts';
import { type JsRuntime, Livectl, project, runLivectl } from './livectl-process.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(more: object = {}): string {
  const orders = { handler: 'orders.handler', runtime: 'nodejs20.x' };
  const functions = { orders, reports: { ...orders, tunnel: false } };
  const { remove, root } = project({
    'livectl.json': JSON.stringify({ functions, ...more }),
    'orders.mjs': 'export const handler = async () => 1;',
  });
  cleanups.push(remove);
  return root;
}

function network(): PrivateNetwork {
  const created = new PrivateNetwork();
  cleanups.push(() => created.remove());
  return created;
}

async function manifestOf(cloud: CloudProcess) {
  const answer = await clientOf(cloud, 'dynamodb').fetch(cloud.environment.AWS_ENDPOINT_URL ?? '', {
    method: 'POST',
    headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem', 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({
      TableName: 'live-debug-dev',
      Key: { stage: { S: 'dev#manifest' }, item: { S: 'manifest' } },
    }),
  });
  const { Item } = (await answer.json()) as { Item: { document: { S: string } } };
  return JSON.parse(Item.document.S);
}

/** Invoked as livectl does; resolves with the status. */
async function invokeTunnel(cloud: CloudProcess, payload: object): Promise<number> {
  const url = `${cloud.environment.AWS_ENDPOINT_URL}/2015-03-31/functions/live-debug-dev-tunnel/invocations`;
  const invoked = await clientOf(cloud, 'lambda').fetch(url, {
    method: 'POST',
    headers: { 'x-amz-invocation-type': 'Event' },
    body: JSON.stringify(payload),
  });
  return invoked.status;
}

describe.skipIf(!namespacesAllowed())('livectl cloud --vpc', () => {
  test.each<JsRuntime>(['node', 'deno'])('has a tunnel in the namespace, under %s', async (runtime) => {
    const vpc = network();
    const cloud = await startCloudProcess(['--root', folder(), '--vpc', vpc.name], { runtime, cleanups });
    const allow = ['10.99.0.0/24:*'];
    const functionName = 'live-debug-dev-tunnel';
    expect(cloud.ready.tunnel).toEqual({ function_name: functionName, vpc: vpc.name, allow });
    const manifest = await manifestOf(cloud);
    expect(manifest.tunnels).toEqual({ default: { function_name: functionName, allow } });
    expect([manifest.functions.orders.tunnel, manifest.functions.reports.tunnel]).toEqual(['default', false]);
    expect(await invokeTunnel(cloud, { tunnel: 'A'.repeat(22) })).toBe(202);
    // It runs there, and finds no item of that name.
    const { message } = await cloud.livectl.event('notice', (each) => each.message.includes('tunnel'));
    expect(message).toMatch(/^live-debug-dev-tunnel failed: /);
    expect(vpc.processes).not.toEqual([]);
    expect(await cloud.livectl.stop()).toBe(0);
    expect(vpc.processes).toEqual([]);
    expect(cloud.livectl.leftBehind()).toEqual([]);
  });

  test('connects to what livectl.json allows, and is shown to a person', async () => {
    const vpc = network();
    const root = folder({ tunnel: { allow: ['db.internal:5432', '*.cache.internal:6379'] } });
    const cloud = await startCloudProcess(['--root', root, '--vpc', vpc.name], { cleanups });
    expect(cloud.ready.tunnel?.allow).toEqual(['db.internal:5432', '*.cache.internal:6379']);
    const shown = new Livectl(['cloud', '--port', '0', '--root', root, '--vpc', vpc.name]);
    cleanups.push(() => shown.dispose());
    const line = `  tunnel live-debug-dev-tunnel: runs in the network namespace ${vpc.name}, connects to db.internal:5432, *.cache.internal:6379\n`;
    await shown.until(() => shown.stdout.includes(line), line);
    const without = await startCloudProcess(['--root', root], { cleanups });
    expect(without.ready.tunnel).toBeUndefined();
    expect((await manifestOf(without)).tunnels).toBeUndefined();
    expect(await invokeTunnel(without, { tunnel: 'A'.repeat(22) })).toBe(404);
  });

  test('ends what runs in the namespace when it is killed', async () => {
    const vpc = network();
    const cloud = await startCloudProcess(['--root', folder(), '--vpc', vpc.name], { cleanups });
    await invokeTunnel(cloud, { tunnel: 'A'.repeat(22) });
    await expect.poll(() => vpc.processes.length).toBe(2);
    cloud.livectl.child.kill('SIGKILL');
    await expect.poll(() => vpc.processes).toEqual([]);
  });

  test('is refused where the tunnel would lead nowhere', async () => {
    const vpc = network();
    vpc.run('ip', 'address', 'flush', 'dev', 'eth0');
    const { code, stderr } = await runLivectl([
      'cloud',
      '--root',
      folder(),
      '--port',
      '0',
      '--vpc',
      vpc.name,
    ]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`The network namespace ${vpc.name} has no address but loopback’s`),
    ]);
  });

  test('is refused without permission, with what to do', async () => {
    const vpc = network();
    const { code, stderr } = await runLivectl(
      ['cloud', '--root', folder(), '--port', '0', '--vpc', vpc.name],
      {
        on: (command) => ['setpriv', '--bounding-set=-all', '--inh-caps=-all', ...command],
      },
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`The network namespace ${vpc.name} can't be entered: `),
    ]);
    expect(stderr).toContain('Run livectl cloud as root');
  });
});

test.skipIf(process.platform !== 'linux')('a namespace that does not exist is refused', async () => {
  const { code, stderr } = await runLivectl([
    'cloud',
    '--root',
    folder(),
    '--port',
    '0',
    '--vpc',
    'livectl-none',
  ]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('There is no network namespace "livectl-none"'),
  ]);
});
