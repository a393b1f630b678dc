// `serve --stage` on the built file, against a stage that is deployed elsewhere: here in an embedded cloud of the
// test's own, which livectl reaches as it reaches AWS, by endpoint, Region and credentials.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestPartition, secretItem } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { maxMessageBytes } from '../../../protocol/message.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { channelToClient } from '../../../protocol/sealing.ts';
import { parseStageSecret } from '../../../protocol/stage-secret.ts';
import type { Cloud, RelayFault, RelayPost } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { Livectl, project, repository } from './livectl-process.ts';
import { startThinLine, type ThinLine } from './thin-line.ts';

const stage = 'dev-tom';
const otherCode = 'export const handler = async () => "other";';
const cleanups: (() => unknown)[] = [];
let tempDir: string;
let root: string;
let cloud: Cloud;
let http: HttpClient;
/** What the relay does to a post. */
let fault: (post: RelayPost) => RelayFault | undefined;
/** As a developer sees it. */
let directory: Directory;
/** As Terraform sees it. */
let deployed: Directory;

beforeAll(() => {
  const made = project({
    'hello.mjs': 'export const handler = async () => "hello from " + process.env.AWS_LAMBDA_FUNCTION_NAME;',
    'layer/nodejs/node_modules/shared/index.js': 'module.exports = "shared";',
    'other.mjs': otherCode,
    'large.mjs':
      'import { randomBytes } from "node:crypto"; export const handler = async ({ bytes }) => ' +
      'randomBytes(bytes * 3 / 4).toString("base64");',
  });
  root = made.root;
  cleanups.push(made.remove);
});

beforeEach(async () => {
  tempDir = mkdtempSync(join(tmpdir(), 'cloud-'));
  fault = () => undefined;
  const settings = {
    handler: '',
    runtime: 'nodejs20.x',
    timeout: 5,
    memorySize: 128,
    environment: {},
    triggers: {},
  };
  cloud = await startCloud({
    functions: [
      { ...settings, name: 'hello', handler: 'hello.handler' },
      { ...settings, name: 'other', handler: 'other.handler' },
      { ...settings, name: 'large', handler: 'large.handler', timeout: 2 },
    ],
    faults: (post) => fault(post),
    port: 0,
    stage,
    stubZip: readFileSync(join(repository, 'dist/stub.zip')),
    nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
    tempDir,
    onEvent: () => undefined,
  });
  http = new HttpClient();
  const common = {
    endpoint: cloud.directoryUrl,
    region: cloud.region,
    tableName: cloud.tableName,
    http,
    clock: systemClock,
  };
  directory = new Directory({ ...common, credentials: () => cloud.developerCredentials });
  deployed = new Directory({ ...common, credentials: () => cloud.deployerCredentials });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(1).reverse()) await cleanup();
  http.close();
  await cloud.close();
  rmSync(tempDir, { recursive: true, force: true });
});

afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

/** What the Terraform module writes into the table. */
async function putManifest(
  changes: Record<string, unknown> = {},
  hello: Record<string, unknown> = {},
): Promise<void> {
  const entry = (name: string) => ({
    function_name: name,
    handler: `${name}.handler`,
    runtime: 'nodejs20.x',
    timeout: 5,
    memory_size: 128,
    source_dir: '.',
    command: null,
    esbuild: null,
    triggers: {},
  });
  const document = {
    version: 1,
    stage,
    region: cloud.region,
    relay: { url: cloud.relayUrl },
    functions: { hello: { ...entry('hello'), ...hello }, other: entry('other') },
    ...changes,
  };
  const item = { stage: { S: manifestPartition(stage) }, item: { S: 'manifest' }, version: { N: '1' } };
  await deployed.call('PutItem', { Item: { ...item, document: { S: JSON.stringify(document) } } });
}

function environment(): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.developerCredentials;
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_REGION: cloud.region,
    AWS_ENDPOINT_URL: cloud.endpointUrl,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

function serve(flags: readonly string[] = [], env: Record<string, string> = {}): Livectl {
  const args = ['serve', '--stage', stage, '--root', root, '--format', 'json', ...flags];
  const livectl = new Livectl(args, { env: { ...environment(), ...env } });
  cleanups.push(() => livectl.dispose());
  return livectl;
}

async function call(name: string): Promise<string> {
  const response = await fetch(cloud.functionUrls.get(name) ?? '', { signal: AbortSignal.timeout(20_000) });
  return `${response.status} ${await response.text()}`;
}

test('answers the deployed functions, and gives the stage back at the end', async () => {
  const http = { url: 'https://api.example/hello', method: 'GET', authorization_type: 'NONE' };
  await putManifest({}, { triggers: { http } });
  expect(await call('hello')).toMatch(/^503 .*livectl serve --stage dev-tom/);
  const livectl = serve();
  const ready = await livectl.event('ready');
  expect(ready).toMatchObject({
    stage,
    functions: [
      { name: 'hello', method: 'GET', route_authorization_type: 'NONE', public: true },
      { name: 'other' },
    ],
    trigger_args: ['--stage', stage],
  });
  expect(ready.functions[1]).not.toHaveProperty('public');
  const [client] = await directory.clients(stage);
  expect(client).toMatchObject({ item: 'client#*', stage });
  expect(client?.leaseUntil).toBeGreaterThan(Date.now() + 60_000);
  expect(await call('hello')).toBe('200 hello from hello');
  expect(await livectl.stop()).toBe(0);
  expect(await directory.clients(stage)).toEqual([]);
  expect(await call('hello')).toMatch(/^503 /);
});

test('opens the way to the relay while it reads the manifest, and goes where that says', async () => {
  let connected = () => undefined as unknown;
  const relay = createTcpServer((socket) => {
    const { hostname, port } = new URL(cloud.relayUrl);
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
      const url = new URL(request.url ?? '/', cloud.endpointUrl);
      const answer = await http.send({ method: 'POST', url, headers, body, timeoutMs: 5000 });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  const ports: number[] = [];
  for (const server of [relay, front]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
    cleanups.push(() => server.close());
  }
  cleanups.push(() => front.closeAllConnections());
  const [relayPort, frontPort] = ports;
  const state = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  cleanups.push(() => rmSync(state, { recursive: true, force: true }));
  const env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${frontPort}`, XDG_STATE_HOME: state };

  await putManifest({ relay: { url: cloud.relayUrl.replace(/:\d+\//, `:${relayPort}/`) } });
  const first = serve([], env);
  await first.event('ready');
  expect(await first.stop()).toBe(0);

  held = new Promise((resolve) => {
    connected = () => resolve();
  });
  const second = serve([], env);
  await second.event('ready');
  expect(await call('hello')).toBe('200 hello from hello');
  expect(await second.stop()).toBe(0);
  const [file = ''] = readdirSync(join(state, 'livectl')).filter((name) => name.startsWith('relay-'));
  expect(statSync(join(state, 'livectl', file)).mode & 0o777).toBe(0o600);

  // The relay has moved: nothing goes to the one before.
  await putManifest();
  const third = serve([], env);
  await third.event('ready');
  relay.close();
  expect(await call('hello')).toBe('200 hello from hello');
});

test('builds a function and finds its layers as the module says', async () => {
  const code = `exports.handler = async () => "built, with what is " + require("shared");`;
  const build = ['node', '-e', `require('fs').writeFileSync('built.cjs', ${JSON.stringify(code)})`];
  await putManifest({}, { handler: 'built.handler', build, layer_dirs: ['layer'] });
  const livectl = serve(['--function', 'hello', '--trust-manifest']);
  await livectl.event('ready');
  expect(await call('hello')).toBe('200 built, with what is shared');
});

test('while a first build runs its callers wait, and a function without code stops no other', async () => {
  const wait =
    "const { existsSync, writeFileSync } = require('fs'); (function look() { if (!existsSync('go')) return setTimeout(look, 20); ";
  const write = `writeFileSync('slow.cjs', 'exports.handler = async () => "built at last"'); })()`;
  await putManifest({}, { handler: 'slow.handler', build: ['node', '-e', wait + write] });
  rmSync(join(root, 'other.mjs'));
  cleanups.push(() => writeFileSync(join(root, 'other.mjs'), otherCode));
  const livectl = serve(['--trust-manifest']);
  while ((await directory.clients(stage)).length === 0);
  const waiting = call('hello');
  expect(await livectl.event('queued')).toMatchObject({ function: 'hello', reason: 'building' });
  expect(await call('other')).toMatch(/^50/);
  expect(await livectl.event('result')).toMatchObject({
    function: 'other',
    error: { name: 'LiveDebugBuildError', message: expect.stringContaining('names no file') },
  });
  expect(livectl.events.map(({ event }) => event)).not.toContain('ready');
  writeFileSync(join(root, 'go'), '');
  expect(await waiting).toBe('200 built at last');
  await livectl.event('ready');
  writeFileSync(join(root, 'other.mjs'), otherCode);
  await livectl.event('reload', (event) => event.function === 'other');
  expect(await call('other')).toBe('200 other');
});

test.runIf(process.platform === 'linux')(
  'messages that unpack to megabytes hold up no other sender, and take little memory',
  async () => {
    await putManifest();
    const livectl = serve();
    await livectl.event('ready');
    const [client] = await directory.clients(stage);
    if (!client) throw new Error('nobody serves');
    const Key = { stage: { S: manifestPartition(stage) }, item: { S: secretItem } };
    const { Item } = (await directory.call('GetItem', { Key })) as { Item: { secret: { S: string } } };
    const channel = await channelToClient(client.publicKey, stage, parseStageSecret(Item.secret.S));
    const head = Buffer.from('{"reason":"deadline"}\n');
    const packed = gzipSync(Buffer.concat([head, Buffer.alloc(maxMessageBytes - head.length)]));
    const texts = Array.from({ length: 1200 }, (_, index) => {
      const header = { v: 1, type: 'cancel', id: `flood-${index}`, attempt: 1, seq: 0, total: 1, gzip: true };
      const headerText = JSON.stringify({ ...header, enc: channel.enc, psk: channel.secretId });
      return `${headerText}\n${channel.seal(headerText, packed).toString('base64')}`;
    });
    const poster = new RelayPoster({
      url: cloud.relayUrl,
      region: cloud.region,
      http,
      credentials: () => cloud.developerCredentials,
      clock: systemClock,
    });
    const flood = poster.post(client.connectionId, texts, Date.now() + 20_000);
    expect(await call('hello')).toBe('200 hello from hello');
    expect(await flood).toEqual({ kind: 'delivered' });
    expect(await call('hello')).toBe('200 hello from hello');
    // They were taken, not dropped.
    expect(livectl.events.filter(({ event }) => event === 'error')).toEqual([]);
    // All of them together would be 8 GB.
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${livectl.child.pid}/status`, 'utf8'))?.[1];
    expect(Number(peak) / 1024).toBeLessThan(400);
  },
);

test('the last one wins, out loud; the first ends with exit code 3', async () => {
  await putManifest();
  const first = serve();
  await first.event('ready');
  expect(await call('hello')).toBe('200 hello from hello');
  const second = serve();
  await second.event('ready');
  expect(await first.exited).toBe(3);
  expect((await first.event('displaced')).by).toMatchObject({ host: expect.any(String) });
  expect(second.events).toContainEqual({
    event: 'notice',
    message: expect.stringContaining('took over from'),
  });
  expect(await call('hello')).toBe('200 hello from hello');
  const clients = await directory.clients(stage);
  expect(clients).toHaveLength(1);
});

test('--no-takeover refuses, naming who serves', async () => {
  await putManifest();
  const first = serve();
  await first.event('ready');
  const second = serve(['--no-takeover']);
  expect(await second.exited).toBe(3);
  const error = await second.event('error');
  expect(error.code).toBe('LD_DISPLACED');
  const [client] = await directory.clients(stage);
  expect(error.message).toContain(`${client?.user} on ${client?.host}`);
  expect(await call('hello')).toBe('200 hello from hello');
});

test('stopped while an invocation comes, it does not run it when it goes on', async () => {
  await putManifest();
  const livectl = serve();
  await livectl.event('ready');
  expect(await call('hello')).toBe('200 hello from hello');
  livectl.child.kill('SIGSTOP');
  cleanups.push(() => livectl.child.kill('SIGCONT'));
  // Taken by the relay, and never acknowledged.
  expect(await call('hello')).toMatch(/^50/);
  livectl.child.kill('SIGCONT');
  const late = await livectl.event('late');
  expect(late.function).toBe('hello');
  expect(late.late_ms).toBeGreaterThan(2000);
  expect(await call('hello')).toBe('200 hello from hello');
  expect(livectl.events.filter(({ event }) => event === 'invoke')).toHaveLength(2);
  expect(livectl.events.filter(({ event }) => event === 'late')).toHaveLength(1);
});

test('two people serve different functions of one stage', async () => {
  await putManifest();
  const one = serve(['--function', 'hello']);
  const two = serve(['--function', 'other']);
  await one.event('ready');
  await two.event('ready');
  expect(await call('hello')).toBe('200 hello from hello');
  expect(await call('other')).toBe('200 other');
  expect((await one.event('result')).function).toBe('hello');
  expect((await two.event('result')).function).toBe('other');
  expect(one.events.filter((event) => event.event === 'invoke')).toHaveLength(1);
  expect(two.events.filter((event) => event.event === 'invoke')).toHaveLength(1);
});

test('no manifest, or one of another version: what to do', async () => {
  const none = serve();
  expect(await none.exited).toBe(2);
  expect(await none.event('error')).toMatchObject({
    code: 'LD_STAGE',
    message: expect.stringContaining(stage),
  });
  await putManifest({ version: 2 });
  const other = serve();
  expect(await other.exited).toBe(2);
  expect((await other.event('error')).message).toContain('version');
});

test('status tells who serves, since when, and whether the relay answers', async () => {
  await putManifest();
  const status = async (...flags: string[]) => {
    const livectl = new Livectl(['status', '--stage', stage, ...flags], { env: environment() });
    cleanups.push(() => livectl.dispose());
    return { code: await livectl.exited, stdout: livectl.stdout };
  };
  const before = await status();
  expect(before.code).toBe(1);
  expect(before.stdout).toContain('nobody; run: livectl serve --stage dev-tom');
  const livectl = serve();
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
  expect((await status()).stdout).toMatch(/served by {2}\S+ on \S+ since .*lease holds \d+ s more/);
  expect((await status()).stdout).toMatch(/clock {6}agrees with AWS’s/);
});

test('a clock that is off is told once, and in the status', async () => {
  await putManifest();
  const shift = project({ 'shift.mjs': 'const now = Date.now; Date.now = () => now() + 12_000;' });
  cleanups.push(shift.remove);
  const env = { NODE_OPTIONS: `--import=${join(shift.root, 'shift.mjs')}` };
  const livectl = serve([], env);
  await livectl.event('ready');
  expect(await call('hello')).toContain('200');
  await livectl.event('result');
  const told = livectl.events.filter(({ event }) => event === 'clock_skew');
  // At least: an answer's Date has whole seconds, and Node may look at the clock a moment late.
  expect(told).toEqual([{ event: 'clock_skew', ahead_ms: expect.any(Number) }]);
  const [{ ahead_ms: aheadMs } = { ahead_ms: 0 }] = told as { ahead_ms: number }[];
  expect(aheadMs).toBeGreaterThan(-12_500);
  expect(aheadMs).toBeLessThan(-9000);

  const status = new Livectl(['status', '--stage', stage], { env: { ...environment(), ...env } });
  cleanups.push(() => status.dispose());
  await status.exited;
  expect(status.stdout).toMatch(/clock {6}1[12]\.\d s ahead of AWS’s \(to \d+ ms\); set it/);
});

test('a missing source is told before the stage is taken', async () => {
  const entry = { function_name: 'x', runtime: 'nodejs20.x', timeout: 5, memory_size: 128 };
  await putManifest({ functions: { gone: { ...entry, handler: 'gone.handler' } } });
  const livectl = serve();
  expect(await livectl.exited).toBe(2);
  expect((await livectl.event('error')).message).toContain('functions.gone.handler');
  expect(await directory.clients(stage)).toEqual([]);
});

test.each([
  ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'LD_CREDENTIALS', 2],
  ['no credentials', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, 'LD_CREDENTIALS', 2],
  ['no Region', { AWS_REGION: '' }, 'LD_REGION', 2],
  ['a Region that is none', { AWS_REGION: 'Frankfurt' }, 'LD_REGION', 2],
  ['nobody at the endpoint', { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, 'LD_DIRECTORY', 1],
])('%s: one clear error', async (_what, env, code, exitCode) => {
  await putManifest();
  const livectl = serve([], env as Record<string, string>);
  expect(await livectl.exited).toBe(exitCode);
  const error = await livectl.event('error');
  expect(error.code).toBe(code);
  expect(error.remedy).toBeTruthy();
  expect(livectl.stdout + livectl.stderr).not.toContain(cloud.developerCredentials.secretAccessKey);
});

test('an action that is refused: which, on which resource, and what to attach', async () => {
  const livectl = serve(['--name', 'elsewhere']);
  expect(await livectl.exited).toBe(2);
  const error = await livectl.event('error');
  expect(error.code).toBe('LD_PERMISSION');
  expect(error.message).toMatch(
    /not authorized to perform: dynamodb:GetItem on resource: arn:.*table\/elsewhere-dev-tom/,
  );
  expect(error.remedy).toContain('developer_policy_json');
});

test('everything goes through HTTPS_PROXY where one is set, unless NO_PROXY says otherwise', async () => {
  await putManifest();
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
  cleanups.push(() => void proxy.close());
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const host = new URL(cloud.endpointUrl).host;

  const through = serve([], { HTTP_PROXY: proxyUrl, http_proxy: proxyUrl, NO_PROXY: '', no_proxy: '' });
  await through.event('ready');
  expect(await call('hello')).toBe('200 hello from hello');
  expect(tunnels.length).toBeGreaterThan(1);
  expect(new Set(tunnels)).toEqual(new Set([host]));
  expect(await through.stop()).toBe(0);

  tunnels.length = 0;
  const around = serve([], {
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
  cleanups.push(() => void proxy.close());
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const config = project({
    config: `[profile dev]\nregion = ${cloud.region}\nrole_arn = arn:aws:iam::123456789012:role/dev\nsource_profile = base\n[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n`,
  });
  cleanups.push(config.remove);
  const livectl = serve(['--profile', 'dev'], {
    AWS_CONFIG_FILE: join(config.root, 'config'),
    AWS_ENDPOINT_URL: '',
    HTTPS_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    NO_PROXY: '',
    no_proxy: '',
  });
  expect(await livectl.exited).toBe(2);
  expect((await livectl.event('error')).code).toBe('LD_CREDENTIALS');
  expect(asked).toContain(`sts.${cloud.region}.amazonaws.com:443`);
});

test('Ctrl-C while the relay does not answer ends at once', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  const connected = new Promise<void>((resolve) => {
    silent.on('upgrade', () => resolve());
  });
  await once(silent, 'listening');
  cleanups.push(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await putManifest({ relay: { url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/live` } });
  const livectl = serve();
  await connected;
  const asked = performance.now();
  expect(await livectl.stop()).toBe(0);
  // Connecting is bounded at 10 s: this was not waited for.
  expect(performance.now() - asked).toBeLessThan(8000);
  expect(await directory.clients(stage)).toEqual([]);
});

/** Serves over a line of 2 Mbit/s upwards, warm. */
async function serveOverThinLine(): Promise<ThinLine> {
  const relay = new URL(cloud.relayUrl);
  const line = await startThinLine(Number(relay.port), 250);
  cleanups.push(() => line.close());
  const large = { function_name: 'large', handler: 'large.handler', runtime: 'nodejs20.x', timeout: 2 };
  const functions = { large: { ...large, memory_size: 128, source_dir: '.', triggers: {} } };
  relay.port = String(line.port);
  await putManifest({ relay: { url: relay.href }, functions });
  await serve().event('ready');
  expect((await invokeLarge(8)).length).toBe(10);
  return line;
}

async function invokeLarge(bytes: number): Promise<string> {
  const outcome = await cloud.invoke('large', Buffer.from(JSON.stringify({ bytes })));
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

test('goes on with an upload at the stub’s next connection, where it broke off', async () => {
  const line = await serveOverThinLine();
  const { bytes } = line;
  let posted = 0;
  let disconnected = 0;
  fault = ({ size }) => {
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
