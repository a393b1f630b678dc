// `serve --stage` on the built file, over networks: the early way to the relay, proxies, and a thin line.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { project } from './livectl-process.ts';
import { ServedStage } from './served-stage.ts';
import { startThinLine, type ThinLine } from './thin-line.ts';

let at: ServedStage;

beforeEach(async () => {
  at = await ServedStage.start();
});

afterEach(() => at.close());

test('connects to the relay while it reads the manifest, and to the one that the manifest names', async () => {
  let connected = () => undefined as unknown;
  const relay = createTcpServer((socket) => {
    const { hostname, port } = new URL(at.cloud.relayUrl);
    const far = connect(Number(port), hostname);
    for (const each of [socket, far]) each.on('error', () => undefined);
    socket.pipe(far).pipe(socket);
    connected();
  });
  // Holds the manifest back until the relay has been reached.
  let held = Promise.resolve();
  const front = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', async () => {
      const body = Buffer.concat(parts);
      if (body.includes('"manifest"')) await held;
      const headers = request.headers as Record<string, string>;
      const url = new URL(request.url ?? '/', at.cloud.endpointUrl);
      const answer = await at.http.send({ method: 'POST', url, headers, body, timeoutMs: 5000 });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  const ports: number[] = [];
  for (const server of [relay, front]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
    at.cleanup(() => server.close());
  }
  at.cleanup(() => front.closeAllConnections());
  const [relayPort, frontPort] = ports;
  const state = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  at.cleanup(() => rmSync(state, { recursive: true, force: true }));
  const env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${frontPort}`, XDG_STATE_HOME: state };

  await at.putManifest({ relay: { url: at.cloud.relayUrl.replace(/:\d+\//, `:${relayPort}/`) } });
  const first = at.serve([], env);
  await first.event('ready');
  expect(await first.stop()).toBe(0);

  held = new Promise((resolve) => {
    connected = () => resolve();
  });
  const second = at.serve([], env);
  await second.event('ready');
  expect(await at.call('hello')).toBe('200 hello from hello');
  expect(await second.stop()).toBe(0);
  const [file = ''] = readdirSync(join(state, 'livectl')).filter((name) => name.startsWith('relay-'));
  expect(statSync(join(state, 'livectl', file)).mode & 0o777).toBe(0o600);

  // The relay has moved: nothing goes to the one before.
  await at.putManifest();
  const third = at.serve([], env);
  await third.event('ready');
  relay.close();
  expect(await at.call('hello')).toBe('200 hello from hello');
});

test('everything goes through HTTPS_PROXY if it is set, unless NO_PROXY excludes it', async () => {
  await at.putManifest();
  const tunnels: string[] = [];
  const proxy = createServer().listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  proxy.on('connect', (request, client, head) => {
    tunnels.push(request.url ?? '');
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  at.cleanup(() => void proxy.close());
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const host = new URL(at.cloud.endpointUrl).host;

  const through = at.serve([], { HTTP_PROXY: proxyUrl, http_proxy: proxyUrl, NO_PROXY: '', no_proxy: '' });
  await through.event('ready');
  expect(await at.call('hello')).toBe('200 hello from hello');
  expect(tunnels.length).toBeGreaterThan(1);
  expect(new Set(tunnels)).toEqual(new Set([host]));
  expect(await through.stop()).toBe(0);

  tunnels.length = 0;
  const around = at.serve([], {
    HTTP_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  });
  await around.event('ready');
  expect(tunnels).toEqual([]);
});

test('a profile that assumes a role asks AWS through the proxy too', async () => {
  const asked: string[] = [];
  const proxy = createServer().listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  proxy.on('connect', (request, client) => {
    asked.push(request.url ?? '');
    client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  at.cleanup(() => void proxy.close());
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const config = project({
    config: `[profile dev]\nregion = ${at.cloud.region}\nrole_arn = arn:aws:iam::123456789012:role/dev\nsource_profile = base\n[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n`,
  });
  at.cleanup(config.remove);
  const livectl = at.serve(['--profile', 'dev'], {
    AWS_CONFIG_FILE: join(config.root, 'config'),
    AWS_ENDPOINT_URL: '',
    HTTPS_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    NO_PROXY: '',
    no_proxy: '',
  });
  expect(await livectl.exited).toBe(2);
  expect((await livectl.event('error')).code).toBe('LD_CREDENTIALS');
  expect(asked).toContain(`sts.${at.cloud.region}.amazonaws.com:443`);
});

/** Serves over a line of 2 Mbit/s upwards, warm. */
async function serveOverThinLine(): Promise<ThinLine> {
  const relay = new URL(at.cloud.relayUrl);
  const line = await startThinLine(Number(relay.port), 250);
  at.cleanup(() => line.close());
  const large = { function_name: 'large', handler: 'large.handler', runtime: 'nodejs20.x', timeout: 2 };
  const functions = { large: { ...large, memory_size: 128, source_dir: '.', triggers: {} } };
  relay.port = String(line.port);
  await at.putManifest({ relay: { url: relay.href }, functions });
  await at.serve().event('ready');
  expect((await invokeLarge(8)).length).toBe(10);
  return line;
}

async function invokeLarge(bytes: number): Promise<string> {
  const outcome = await at.cloud.invoke('large', Buffer.from(JSON.stringify({ bytes })));
  return Buffer.from(outcome.ok ? outcome.body : outcome.error.body).toString();
}

const answerBytes = 600_000;
/** What the answer is on the wire: base64, gzip, base64 again, and what HTTP says around it. */
const mostBytes = 1.2 * answerBytes;

test('uploads a large answer once over a thin line, acknowledged before, and lets small ones pass', async () => {
  const line = await serveOverThinLine();
  const [bytes, messages] = [line.bytes, line.messages.length];
  // It takes longer than a stub of this timeout waits before it asks.
  const large = invokeLarge(answerBytes);
  let isOver = false;
  void large.then(() => {
    isOver = true;
  });
  const waits: number[] = [];
  while (!isOver) {
    const from = performance.now();
    await invokeLarge(8);
    waits.push(performance.now() - from);
  }
  expect((await large).length).toBe(answerBytes + 2);
  const passed = line.messages.slice(messages);
  const id = passed.find(({ total }) => total > 1)?.id;
  const its = passed
    .filter((each) => each.id === id)
    .map(({ seq, total, type }) => `${type} ${seq}/${total}`);
  expect(its.indexOf('ack 0/1')).toBeLessThan(4);
  const results = its.filter((each) => each.startsWith('result'));
  expect(results).toEqual([...new Set(results)]);
  expect(line.bytes - bytes).toBeLessThan(mostBytes + waits.length * 2000);
  expect(Math.max(...waits)).toBeLessThan(1500);
});

test('resumes an upload at the stub’s next connection, where it broke off', async () => {
  const line = await serveOverThinLine();
  const { bytes } = line;
  let posted = 0;
  let disconnected = 0;
  at.fault = ({ size }) => {
    posted += size;
    if (posted < 0.6 * answerBytes || disconnected > 0) return undefined;
    disconnected += 1;
    return { disconnect: true };
  };
  expect((await invokeLarge(answerBytes)).length).toBe(answerBytes + 2);
  expect(disconnected).toBe(1);
  // Some chunks are on their way when the connection ends.
  expect(line.bytes - bytes).toBeLessThan(mostBytes + 150_000);
});
