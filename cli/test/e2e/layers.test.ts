// Layers that functions name by ARN, on the built file: fetched once from a server that stands in for Lambda and S3, and found by
// code in Node.js and Python.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FakeLayersApi } from '../layers/fake-layers-api.ts';
import { elf, layerZip } from '../layers/layer-zip.ts';
import { Livectl, project, repository } from './livectl-process.ts';
import { ServedStage, stage } from './served-stage.ts';

const ptyRun = join(dirname(fileURLToPath(import.meta.url)), 'pty-run.py');
const shared = 'arn:aws:lambda:eu-central-1:123456789012:layer:shared:3';
const vendor = 'arn:aws:lambda:us-east-1:580247275435:layer:vendor:14';
const layers = [shared, vendor];
/** Not this machine's. */
const machine = process.arch === 'arm64' ? 0x3e : 0xb7;
const zips: ReadonlyMap<string, Buffer> = new Map([
  [
    shared,
    layerZip({
      'nodejs/node_modules/from-layer/package.json': '{"main":"index.cjs"}',
      'nodejs/node_modules/from-layer/index.cjs': 'exports.name = "shared";',
      'python/from_layer.py': 'name = "shared"',
      'lib/native.so': elf(machine),
    }),
  ],
  [
    vendor,
    layerZip({
      // Hides the one of the layer before it.
      'nodejs/node_modules/from-layer/package.json': '{"main":"index.cjs"}',
      'nodejs/node_modules/from-layer/index.cjs': 'exports.name = "vendor";',
      'python/from_vendor.py': 'name = "vendor"',
      'extensions/agent': ['#!/bin/sh\n', 0o100755],
    }),
  ],
]);

let served: ServedStage;
let api: FakeLayersApi;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  served = await ServedStage.start();
  writeFileSync(
    join(served.root, 'hello.mjs'),
    'import { name } from "from-layer"; export const handler = async () => name;',
  );
  writeFileSync(
    join(served.root, 'other.py'),
    'import from_layer, from_vendor\ndef handler(event, context): return from_layer.name + " " + from_vendor.name\n',
  );
});

afterAll(() => served.close());

beforeEach(async () => {
  api = await FakeLayersApi.start(served.cloud.developerCredentials);
  for (const [arn, zip] of zips) api.zips.set(arn, zip);
  folder = mkdtempSync(join(tmpdir(), 'layers-'));
  env = {
    AWS_ENDPOINT_URL_LAMBDA: api.url,
    XDG_CACHE_HOME: join(folder, 'cache'),
    XDG_STATE_HOME: join(folder, 'state'),
  };
  const python = { handler: 'other.handler', runtime: 'python3.12', function_name: 'other' };
  await served.putManifest({
    functions: {
      hello: { ...entry, handler: 'hello.handler', runtime: 'nodejs22.x', function_name: 'hello' },
      other: { ...entry, ...python },
    },
  });
});

afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

const entry = { timeout: 5, memory_size: 128, layers };

const noticesOf = (livectl: Livectl) =>
  livectl.events.flatMap((event) => (event.event === 'notice' ? [event.message] : []));

test('a stage’s layers are fetched with a signed call each, found by Node.js and Python, and there the next time', async () => {
  const first = served.serve(['--fetch-layers'], env);
  await first.event('ready');
  // The later layer's file is found first, as on Lambda.
  expect([await served.call('hello'), await served.call('other')]).toEqual([
    '200 vendor',
    '200 shared vendor',
  ]);
  expect(api.calls.sort()).toEqual([
    ...['download', 'download', `eu-central-1 ${shared}`, `us-east-1 ${vendor}`],
  ]);
  expect(noticesOf(first).filter((message) => message.startsWith('layer '))).toEqual([
    expect.stringMatching(
      /^layer shared:3 of hello, other has programs or libraries for Linux on (x64|arm64), /,
    ),
    'layer vendor:14 of hello, other has extensions, which are not started on this machine: agent',
  ]);
  await first.stop();
  api.calls.length = 0;
  api.zips.clear();
  const second = served.serve(['--fetch-layers'], env);
  await second.event('ready');
  expect([await served.call('hello'), await served.call('other')]).toEqual([
    '200 vendor',
    '200 shared vendor',
  ]);
  expect(api.calls).toEqual([]);
  await second.stop();
});

test('without consent nothing is fetched, and the functions are served as before', async () => {
  const livectl = served.serve(['--function', 'hello'], env);
  await livectl.event('ready');
  expect(api.calls).toEqual([]);
  const wordsOf = (arn: string) =>
    `hello runs without its layer ${arn}, which is not allowed on this machine yet`;
  expect(noticesOf(livectl)).toEqual(
    expect.arrayContaining(layers.map((arn) => expect.stringContaining(wordsOf(arn)))),
  );
  expect(await served.call('hello')).toMatch(/^502 .*|Internal Server Error/);
  await livectl.stop();
});

test('at a terminal: asked once, with accounts and sizes', async () => {
  const atTerminal = async (script: readonly string[]) => {
    const command = [process.execPath, join(repository, 'dist/livectl.mjs'), 'serve', '--stage', stage];
    const child = spawn('python3', [ptyRun, ...command, '--root', served.root], {
      env: { ...process.env, ...served.environment, ...env, TERM: 'xterm', COLUMNS: '500' },
      stdio: 'pipe',
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    child.stdin.end(`${script.join('\n')}\n`);
    await once(child, 'close');
    return shown;
  };
  const shown = await atTerminal(['wait Fetch and use, now', 'type yes', 'wait ready in', 'ctrl c']);
  for (const arn of layers) {
    const [, , , , account] = arn.split(':');
    expect(shown).toContain(`hello, other: ${arn} (account ${account}, ${zips.get(arn)?.length} bytes)`);
  }
  expect(api.calls.filter((call) => call === 'download')).toHaveLength(2);
  expect(await atTerminal(['wait ready in', 'ctrl c'])).not.toContain('Fetch and use');
});

test('serve --local: two at once share one cache; a changed livectl.json is served with its layers', async () => {
  const manifest = (more: object) =>
    JSON.stringify({
      functions: {
        hello: {
          ...{ handler: 'app.handler', runtime: 'nodejs22.x', layers: [shared] },
          triggers: { http: { path: '/hello' } },
          ...more,
        },
      },
    });
  const code = 'import { name } from "from-layer"; export const handler = async () => name;';
  const { remove, root } = project({ 'app.mjs': code, 'livectl.json': manifest({}) });
  const credentials = {
    AWS_ACCESS_KEY_ID: served.cloud.developerCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: served.cloud.developerCredentials.secretAccessKey,
    AWS_SESSION_TOKEN: served.cloud.developerCredentials.sessionToken,
  };
  const livectls = ['--fetch-layers', '--fetch-layers'].map(
    (flag) =>
      new Livectl(['serve', '--local', '--root', root, '--port', '0', '--format', 'json', flag], {
        env: { ...credentials, ...env },
      }),
  );
  try {
    const urls = await Promise.all(livectls.map((each) => each.url()));
    const answers = urls.map(async (url) => (await fetch(`${url}/hello`)).text());
    expect(await Promise.all(answers)).toEqual(['shared', 'shared']);
    const names = readdirSync(join(folder, 'cache/livectl/layers'));
    expect(names.filter((name) => name.startsWith('new-'))).toEqual([]);
    expect(names).toHaveLength(2);

    // Fetched after the change: the flag was the yes.
    writeFileSync(join(root, 'livectl.json'), manifest({ layers: [shared, vendor] }));
    const [first] = livectls;
    await first?.event('manifest');
    await first?.until(
      () => first.events.filter(({ event }) => event === 'ready').length === 2,
      'second ready',
    );
    expect(await (await fetch(`${urls[0]}/hello`)).text()).toBe('vendor');
  } finally {
    await Promise.all(livectls.map((each) => each.dispose()));
    remove();
  }
});

test('flags that contradict each other', async () => {
  const livectl = served.serve(['--fetch-layers', '--no-layers'], env);
  expect(await livectl.exited).toBe(2);
});
