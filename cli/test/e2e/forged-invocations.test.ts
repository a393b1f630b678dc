// What an invocation sealed by somebody else can bring, on the built file: an event, and nothing that starts a program.
// Anyone who has the stage's secret and a stub role's credentials can seal one (docs/protocol.md, "Threats").
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestPartition } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { readStageSecret } from '../../src/manifest/stage-secret-item.ts';
import { type LocalAws, stage } from '../session/local-aws.ts';
import { newId, StubPeer, textOf } from '../session/stub-peer.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project, repository } from './livectl-process.ts';

const cleanups: (() => unknown)[] = [];
let livectl: Livectl;
let stub: StubPeer;
let root: string;
/** Every program or module of the attacker that runs leaves a file here. */
let markers: string;
let attacks: Record<string, string>;

/** What Lambda knows of the functions; undefined: that may not be read. */
const configured: Record<string, Record<string, string> | undefined> = {
  node: { GREETING: 'hi', TZ: 'Europe/Berlin', HOME: '/tmp/home', LANG: 'de_DE.UTF-8', TERM: 'vt100' },
  python: { GREETING: 'hi', LC_ALL: 'C', SHELL: '/bin/function' },
  bash: { GREETING: 'hi', USER: 'function', TMPDIR: '/tmp/of-function' },
};
const reads: string[] = [];

beforeAll(async () => {
  const made = project({
    'hello.mjs': 'export const handler = async () => process.env;\n',
    'hello.py': 'import os\ndef handler(event, context):\n    return dict(os.environ)\n',
    bootstrap: `#!/bin/bash
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime
while true; do
  curl -s -D "$0.headers" "$api/invocation/next" > /dev/null
  id=$(grep -i '^lambda-runtime-aws-request-id' "$0.headers" | tr -d '\\r' | cut -d' ' -f2)
  env | curl -s -X POST --data-binary @- "$api/invocation/$id/response" > /dev/null
done
`,
  });
  root = made.root;
  chmodSync(join(root, 'bootstrap'), 0o755);
  const evil = project({ 'markers/.keep': '' });
  markers = join(evil.root, 'markers');
  const leave = (name: string) => join(markers, name);
  const write = (name: string, content: string, mode = 0o644) =>
    writeFileSync(join(evil.root, name), content, { mode });
  write('evil.sh', `: > ${leave('shell')}\n`);
  write('sitecustomize.py', `open(${JSON.stringify(leave('sitecustomize'))}, 'w')\n`);
  write('startup.py', `open(${JSON.stringify(leave('startup'))}, 'w')\n`);
  for (const program of ['curl', 'grep', 'env', 'tr', 'cut'])
    write(program, `#!/bin/sh\n: > ${leave(program)}\n`, 0o755);
  const module = `data:text/javascript,import{writeFileSync}from"node:fs";writeFileSync(${JSON.stringify(leave('node'))},"")`;
  attacks = {
    NODE_OPTIONS: `--import=${encodeURI(module).replaceAll('"', '%22')}`,
    LIVE_DEBUG_NODE_OPTIONS: `--import=${encodeURI(module).replaceAll('"', '%22')}`,
    NODE_PATH: evil.root,
    BASH_ENV: join(evil.root, 'evil.sh'),
    ENV: join(evil.root, 'evil.sh'),
    PATH: evil.root,
    Path: evil.root,
    PYTHONPATH: evil.root,
    PYTHONSTARTUP: join(evil.root, 'startup.py'),
    PYTHONINSPECT: '1',
    LD_PRELOAD: join(evil.root, 'evil.so'),
    LD_LIBRARY_PATH: evil.root,
    HOME: evil.root,
    PS4: `$(: > ${leave('ps4')})`,
    SHELLOPTS: 'xtrace',
    DD_LAMBDA_HANDLER: 'child_process.execSync',
    AWS_CONFIG_FILE: join(evil.root, 'config'),
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_REGION: 'evil.com/#',
    AWS_DEFAULT_REGION: 'evil.com/#',
    AWS_LAMBDA_LOG_LEVEL: '$(evil)',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    LIVECTL_RUNTIME_TOKEN: 'forged',
    LIVECTL_ASSIGNED: 'never',
    'BASH_FUNC_curl%%': `() { : > ${leave('function')}; }`,
  };

  const lambda = createServer((request, response) => {
    const [, name = ''] = /functions\/([^/]+)\/configuration$/.exec(request.url ?? '') ?? [];
    reads.push(name);
    const variables = configured[name];
    response.writeHead(variables === undefined ? 403 : 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        variables === undefined ? { Message: 'not for you' } : { Environment: { Variables: variables } },
      ),
    );
  });
  await new Promise<void>((resolve) => lambda.listen(0, '127.0.0.1', resolve));
  const tempDir = mkdtempSync(join(tmpdir(), 'cloud-'));
  const cloud = await startCloud({
    functions: [],
    port: 0,
    stage,
    stubZip: readFileSync(join(repository, 'dist/stub.zip')),
    nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
    tempDir,
    onEvent: () => undefined,
  });
  const http = new HttpClient();
  const { developerCredentials, directoryUrl, region, relayUrl, tableName } = cloud;
  const common = { endpoint: directoryUrl, region, tableName, http, clock: systemClock };
  const directory = new Directory({ ...common, credentials: () => developerCredentials });
  const deployed = new Directory({ ...common, credentials: () => cloud.deployerCredentials });
  const entry = (name: string, more: Record<string, unknown>) => ({
    function_name: name,
    handler: 'hello.handler',
    timeout: 20,
    memory_size: 128,
    ...more,
  });
  const functions = {
    node: entry('node', { runtime: 'nodejs22.x' }),
    python: entry('python', { runtime: 'python3.12' }),
    bash: entry('bash', { runtime: 'provided.al2023' }),
    node403: entry('node403', { runtime: 'nodejs22.x' }),
    python403: entry('python403', { runtime: 'python3.12' }),
    bash403: entry('bash403', { runtime: 'provided.al2023' }),
  };
  const document = { version: 1, stage, region, relay: { url: relayUrl }, functions };
  const key = { stage: { S: manifestPartition(stage) }, item: { S: 'manifest' }, version: { N: '1' } };
  await deployed.call('PutItem', { Item: { ...key, document: { S: JSON.stringify(document) } } });
  livectl = new Livectl(['serve', '--stage', stage, '--root', root, '--format', 'json'], {
    env: {
      ...developerEnvironment(cloud),
      AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(lambda.address() as AddressInfo).port}`,
    },
  });
  await livectl.event('ready');
  stub = await StubPeer.connect({ relayUrl, http, stubRole: developerCredentials, directory } as LocalAws);
  // The worst sender: one that has the stage's secret as well.
  stub.secret = await readStageSecret(directory, stage);
  cleanups.push(
    () => livectl.dispose(),
    () => stub.close(),
    () => http.close(),
    () => cloud.close(),
    () => lambda.close(),
    () => rmSync(tempDir, { recursive: true, force: true }),
    () => made.remove(),
    () => evil.remove(),
  );
});

beforeEach(() => {
  for (const name of readdirSync(markers)) if (name !== '.keep') rmSync(join(markers, name));
});

afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

/** Sends an invocation with these variables; returns what the function's code sees. */
async function seen(
  functionName: string,
  environment: Record<string, string>,
): Promise<Record<string, string>> {
  const id = newId();
  await stub.invoke({ id, head: { function: functionName, instance: newId(), environment } });
  for (;;) {
    const message = await stub.heard.next();
    if (typeof message === 'string') throw new Error(message);
    if (message.id !== id || message.type === 'ack') continue;
    const text = textOf(message);
    if (message.type !== 'result') throw new Error(text);
    if (text.startsWith('{')) return JSON.parse(text);
    return Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s, 2)));
  }
}

const role = {
  AWS_ACCESS_KEY_ID: 'AKIDROLE',
  AWS_SECRET_ACCESS_KEY: 'secret/of+role',
  AWS_SESSION_TOKEN: 'token==',
};

test.each(['node', 'python', 'bash', 'node403', 'python403', 'bash403'])(
  'a forged invocation of %s starts nothing, and its variables do not arrive',
  async (name) => {
    const environment = await seen(name, { ...role, GREETING: 'hi', FORGED: 'data', ...attacks });
    expect(readdirSync(markers)).toEqual(['.keep']);
    for (const [attack, value] of Object.entries(attacks)) expect(environment[attack]).not.toBe(value);
    expect(environment.AWS_REGION).toBe('us-east-1');
    // As Lambda's configuration has them; a message's own data only where that may not be read.
    expect(environment.GREETING).toBe('hi');
    expect(environment.FORGED).toBe(name.endsWith('403') ? 'data' : undefined);
  },
);

test('whole arrive the own variables of a function, in every runtime', async () => {
  for (const name of ['node', 'python', 'bash']) {
    expect(await seen(name, { ...role, GREETING: 'hi' })).toMatchObject(configured[name] ?? {});
  }
});

test('for a function whose configuration may not be read, the missing variables are reported once', async () => {
  await seen('node403', { ...role, ...attacks });
  const told = livectl.events.filter(
    (event) => event.event === 'notice' && event.message.startsWith('node403: its configuration'),
  );
  expect(told).toHaveLength(1);
  const [notice] = told;
  expect(notice).toMatchObject({ message: expect.stringContaining('NODE_OPTIONS') });
  expect(notice).toMatchObject({ message: expect.stringMatching(/not for you.*developer_policy_json/) });
  expect(JSON.stringify(told)).not.toContain('data:text');
});

test('a changed configuration counts from the next invocation on; forged messages cause no more reads than a few', async () => {
  configured.node = { GREETING: 'changed', NODE_OPTIONS: '--title=changed' };
  const environment = await seen('node', { ...role, GREETING: 'changed', NODE_OPTIONS: '--title=changed' });
  expect(environment).toMatchObject({ GREETING: 'changed', NODE_OPTIONS: '--title=changed' });
  const before = reads.filter((name) => name === 'node').length;
  for (let count = 0; count < 12; count += 1) {
    expect(await seen('node', { ...role, GREETING: `forged ${count}` })).toMatchObject({
      GREETING: 'changed',
    });
  }
  expect(reads.filter((name) => name === 'node').length - before).toBeLessThanOrEqual(3);
});
