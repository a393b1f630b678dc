// The tunnel function in a network namespace, with a stand-in for its code: what it reaches, its environment, its end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { openNetworkNamespace } from '../../src/cloud/vpc/network-namespace.ts';
import { namespacesAllowed } from '../vpn/network-namespaces.ts';
import { builtRuntime, bundled } from '../worker/built-runtime.ts';
import { PrivateNetwork } from './private-network.ts';
import { awsClient, hello, nextMessage, opened, signedSocket } from './signing.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

const runtime = builtRuntime();
const natProgram = bundled('cli/src/cloud/vpc/nat-program.ts');
const natOwner = bundled('cli/test/cloud/fixtures/nat-owner.ts');
const standIn = bundled('cli/test/cloud/fixtures/tunnel-stand-in.ts');
const functionName = 'live-debug-test-tunnel';
const areAllowed = namespacesAllowed();

describe.skipIf(!areAllowed)('the tunnel function', () => {
  let network: PrivateNetwork;
  beforeAll(() => {
    network = new PrivateNetwork();
  });
  afterAll(() => network.remove());

  let started: TestCloud | undefined;
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
    await started?.close();
    started = undefined;
    await expect.poll(() => network.processes).toEqual([]);
  });

  async function start() {
    const namespace = await openNetworkNamespace(network.name);
    const zip = zipSync({ 'index.mjs': readFileSync(standIn.file) });
    started = await startTestCloud(runtime.file, {
      vpc: { zip, namespace, natFile: natProgram.file, allow: namespace.networks },
    });
    return started;
  }

  /** Says its word to whoever connects; resolves with the port. */
  async function serverThere(word: string): Promise<number> {
    const script = `const s = require('net').createServer((c) => c.end('${word}')); s.listen(0, '0.0.0.0', () => console.log(s.address().port))`;
    const server = network.spawn([process.execPath, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    cleanups.push(async () => {
      const gone = once(server, 'exit');
      server.kill();
      await gone;
    });
    const [line] = (await once(server.stdout ?? server, 'data')) as [Buffer];
    return Number(line.toString());
  }

  async function serverHere(): Promise<number> {
    const server = createServer((socket) => socket.end('laptop')).listen(0, '0.0.0.0');
    cleanups.push(() => server.close());
    await once(server, 'listening');
    return (server.address() as { port: number }).port;
  }

  /** As livectl does: writes the item, then invokes; resolves with the status. */
  async function invokeTunnel({ cloud }: TestCloud, connectionId: string, event: object) {
    const item = { stage: { S: 'test' }, item: { S: 'tunnel#one' }, connectionId: { S: connectionId } };
    const put = await awsClient(cloud.developerCredentials, 'dynamodb').fetch(cloud.directoryUrl, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem', 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ TableName: cloud.tableName, Item: item }),
    });
    expect(put.status).toBe(200);
    const url = `${cloud.endpointUrl}/2015-03-31/functions/${functionName}/invocations`;
    const invoked = await awsClient(cloud.developerCredentials, 'lambda').fetch(url, {
      method: 'POST',
      headers: { 'x-amz-invocation-type': 'Event' },
      body: JSON.stringify({ tunnel: 'one', hosts: [], ...event }),
    });
    return invoked.status;
  }

  async function ownSocket({ cloud }: TestCloud) {
    const socket = await signedSocket(cloud.relayUrl, { credentials: cloud.developerCredentials });
    await opened(socket);
    cleanups.push(() => socket.terminate());
    return { socket, connectionId: await hello(socket) };
  }

  /** What the function posts next; rejects if it fails. */
  async function nextPost(test: TestCloud, socket: WebSocket) {
    const failed = test.event(({ type }) => type === 'tunnel_failed');
    const post = await Promise.race([nextMessage(socket), failed]);
    if ('type' in post) throw new Error(JSON.stringify(post));
    return JSON.parse(post.text);
  }

  test('reads its item, uses the relay, and reaches the VPC but not this machine', async () => {
    const [there, here] = [await serverThere('database'), await serverHere()];
    const test = await start();
    const { socket, connectionId } = await ownSocket(test);
    const posted = nextPost(test, socket);
    const hosts = [
      [network.hostName, there],
      [network.address, there],
      ['127.0.0.1', here],
      ...addressesHere().map((address) => [address, here]),
    ];
    expect(await invokeTunnel(test, connectionId, { hosts })).toBe(202);
    const facts = await posted;
    expect(facts).toMatchObject({
      tunnel: 'one',
      written: expect.stringContaining('AccessDeniedException'),
      secret: expect.stringMatching(/^.{44}$/),
      allow: '["10.99.0.0/24:*"]',
      name: functionName,
      nat: [],
    });
    expect(facts.seconds).toBeGreaterThan(850);
    expect(facts.seconds).toBeLessThanOrEqual(900);
    expect(facts.connectionId).not.toBe(connectionId);
    const [byName, byAddress, loopback, ...others] = facts.heard;
    expect([byName, byAddress, loopback]).toEqual(['database', 'database', 'ECONNREFUSED']);
    expect(new Set(others)).toEqual(new Set(addressesHere().length > 0 ? ['ENETUNREACH'] : []));
    // Nor the other way round.
    expect(await heardFrom(network.address, there)).not.toBe('database');
  });

  test('runs beside another one, and is asked no second time after an error', async () => {
    const test = await start();
    const { socket, connectionId } = await ownSocket(test);
    for (const count of [1, 2]) {
      const posted = nextPost(test, socket);
      await invokeTunnel(test, connectionId, { stay: true });
      await posted;
      await expect.poll(() => network.functions.length).toBe(count);
    }
    await invokeTunnel(test, connectionId, { fail: 'no item' });
    const failed = await test.event(({ type }) => type === 'tunnel_failed');
    expect(failed).toEqual({ type: 'tunnel_failed', functionName, reason: 'RangeError: no item' });
    expect(test.events.filter(({ type }) => type === 'retry' || type === 'dead_letter')).toEqual([]);
  });

  test('fails, and only that one, when its process is killed', async () => {
    const test = await start();
    const { socket, connectionId } = await ownSocket(test);
    const posted = nextPost(test, socket);
    await invokeTunnel(test, connectionId, { stay: true });
    await posted;
    const [pid = 0] = network.functions;
    process.kill(pid, 'SIGKILL');
    const failed = await test.event(({ type }) => type === 'tunnel_failed');
    expect(failed).toMatchObject({
      reason: expect.stringContaining('Runtime exited with error: signal: killed'),
    });
    const again = nextMessage(socket);
    await invokeTunnel(test, connectionId, {});
    expect(JSON.parse((await again).text)).toMatchObject({ tunnel: 'one' });
  });

  test('ends with the cloud, even one that is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'livectl-nat-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const owner = spawn(
      process.execPath,
      [natOwner.file, network.name, natProgram.file, join(folder, 'nat')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    expect(line.toString()).toBe('runs\n');
    expect(network.processes).toHaveLength(2);
    owner.kill('SIGKILL');
    await expect.poll(() => network.processes).toEqual([]);
  });
});

describe('a network namespace that cannot be used', () => {
  const refusal = (name: string) =>
    openNetworkNamespace(name).then(
      () => undefined,
      ({ code, message, remedy }) => ({ code, message, remedy }),
    );

  test('is refused by its name', async () => {
    for (const name of ['livectl-none', '../netns/livectl-none', '-all', '..', '']) {
      expect(await refusal(name)).toEqual({
        code: 'LD_CONFIG',
        message: `There is no network namespace ${JSON.stringify(name)}`,
        remedy: expect.stringContaining('ip netns add'),
      });
    }
  });
});

/** This machine's own, as far as it has any. */
function addressesHere(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

/** What is heard from there within a second. A transparent proxy may accept any connection, and answer it. */
function heardFrom(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const done = (text: Buffer | string = '') => {
      socket.destroy();
      resolve(text.toString());
    };
    socket.once('data', done).once('timeout', done).once('end', done);
    socket.once('error', () => done());
  });
}
