// A wrapped function of a stage that is deployed elsewhere, here in an embedded cloud of the test's own: served, not served,
// and asked for its deployed code.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestPartition } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { Cloud, CloudEvent } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project, repository, runLivectl } from './livectl-process.ts';

const stage = 'dev-tom';
const code = (words: string) => `export const handler = async (event, { functionName, clientContext }) =>
  ({ words: '${words}', functionName, clientContext: clientContext ?? null });`;

let cloud: Cloud;
let env: Record<string, string>;
let root: string;
const events: CloudEvent[] = [];
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  const tempDir = mkdtempSync(join(tmpdir(), 'cloud-'));
  cleanups.push(() => rmSync(tempDir, { recursive: true, force: true }));
  const local = project({ 'app.mjs': code('local') });
  const deployed = project({ 'app.mjs': code('deployed') });
  cleanups.push(local.remove, deployed.remove);
  root = local.root;
  const settings = {
    ...{ handler: 'app.handler', runtime: 'nodejs20.x', timeout: 10 },
    ...{ memorySize: 128, environment: {}, triggers: {} },
  };
  cloud = await startCloud({
    functions: [
      { ...settings, name: 'orders', wrap: { execWrapper: undefined, init: 'eager' } },
      { ...settings, name: 'replaced' },
      { ...settings, name: 'falls-back' },
    ],
    port: 0,
    stage,
    patience: 10,
    stubZip: readFileSync(join(repository, 'dist/stub.zip')),
    wrapper: {
      zip: readFileSync(join(repository, 'dist/wrapper.zip')),
      besideZip: readFileSync(join(repository, 'dist/beside.zip')),
      pythonRuntimeFile: join(repository, 'dist/python-runtime.py'),
      deployedCode: async (functionName) => ({
        ...{ functionName, build: 1, taskRoot: deployed.root, handler: 'app.handler' },
        runtime: 'nodejs20.x',
        runner: { kind: 'node', moduleFile: join(deployed.root, 'app.mjs'), exportPath: 'handler' },
      }),
    },
    nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
    tempDir,
    onEvent: (event) => events.push(event),
  });
  cleanups.push(() => cloud.close());
  env = { ...developerEnvironment(cloud), XDG_STATE_HOME: tempDir };
  const http = new HttpClient();
  cleanups.push(() => http.close());
  const directory = new Directory({
    endpoint: cloud.directoryUrl,
    region: cloud.region,
    tableName: cloud.tableName,
    http,
    credentials: () => cloud.deployerCredentials,
    clock: systemClock,
  });
  const functionOf = (function_name: string, more: object = {}) => ({
    ...{ function_name, handler: 'app.handler', runtime: 'nodejs20.x', timeout: 10, memory_size: 128 },
    ...more,
  });
  const real = `arn:aws:lambda:${cloud.region}:000000000000:function:orders`;
  const document = JSON.stringify({
    version: 1,
    relay: { url: cloud.relayUrl },
    functions: {
      orders: functionOf('orders', { mode: 'wrap' }),
      replaced: functionOf('replaced'),
      'falls-back': functionOf('falls-back', { fallback_arn: real }),
    },
  });
  const item = { stage: { S: manifestPartition(stage) }, item: { S: 'manifest' }, document: { S: document } };
  await directory.call('PutItem', { Item: item });
});

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function invoke(name: string, ...flags: string[]) {
  const ran = await runLivectl(['invoke', name, '--stage', stage, ...flags], { env, cwd: root });
  return { ...ran, answer: ran.stdout === '' ? undefined : JSON.parse(ran.stdout) };
}

test('nobody serves: the deployed code of the wrapped function answers, and others fail', async () => {
  expect((await invoke('orders')).answer).toMatchObject({ words: 'deployed', functionName: 'orders' });
  const said = events.filter(({ type }) => type === 'deployed_log').map((each) => JSON.stringify(each));
  expect(said.join('\n')).toContain('the deployed code answers');
  const replaced = await invoke('replaced');
  expect(replaced.code).toBe(1);
  expect(replaced.stderr).toContain('nobody is serving');
});

test('served: local code answers, and --deployed reaches the deployed code', async () => {
  const args = ['serve', '--stage', stage, '--root', root, '--format', 'json'];
  const serve = new Livectl(args, { env });
  try {
    const ready = await serve.event('ready');
    expect(ready.functions.map(({ fallback, mode, name }) => [name, mode, fallback.kind])).toEqual([
      ['orders', 'wrap', 'deployed'],
      ['replaced', 'replace', 'none'],
      ['falls-back', 'replace', 'function'],
    ]);
    // What the wrapper read before, that nobody serves, is valid for a second.
    await expect
      .poll(async () => (await invoke('orders')).answer, { timeout: 10_000 })
      .toMatchObject({ words: 'local', functionName: 'orders' });
    for (const name of ['replaced', 'falls-back'])
      expect((await invoke(name)).answer).toMatchObject({ words: 'local', functionName: name });
    expect((await invoke('orders', '--deployed')).answer).toEqual({
      words: 'deployed',
      functionName: 'orders',
      clientContext: null,
    });
    // The function that it names, as anybody else would invoke it.
    expect((await invoke('falls-back', '--deployed')).answer).toMatchObject({ functionName: 'orders' });
    const refused = await invoke('replaced', '--deployed');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('replaced has no deployed code to run');
    expect(await serve.stop()).toBe(0);
  } finally {
    await serve.dispose();
  }
  expect((await invoke('orders')).answer).toMatchObject({ words: 'deployed' });
});
