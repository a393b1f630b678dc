// What a stage's manifest can start on the machine of anyone who serves it, on the built file: nothing that its developer has
// not agreed to, in livectl.json, at the terminal, or by --trust-manifest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestPartition } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { Cloud } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project, repository } from './livectl-process.ts';

const ptyRun = join(dirname(fileURLToPath(import.meta.url)), 'pty-run.py');
const stage = 'dev-tom';
let cloud: Cloud;
let http: HttpClient;
let directory: Directory;
let tempDir: string;
let cleanups: (() => unknown)[] = [];
let root: string;
let env: Record<string, string>;

beforeAll(async () => {
  tempDir = mkdtempSync(join(tmpdir(), 'cloud-'));
  cloud = await startCloud({
    functions: [],
    port: 0,
    stage,
    stubZip: readFileSync(join(repository, 'dist/stub.zip')),
    nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
    tempDir,
    onEvent: () => undefined,
  });
  http = new HttpClient();
  directory = new Directory({
    endpoint: cloud.directoryUrl,
    region: cloud.region,
    tableName: cloud.tableName,
    http,
    credentials: () => cloud.deployerCredentials,
    clock: systemClock,
  });
});

afterAll(async () => {
  http.close();
  await cloud.close();
  rmSync(tempDir, { recursive: true, force: true });
});

beforeEach(() => {
  const made = project({
    'app.mjs': 'export const handler = async () => 1;\n',
    'snake.py': 'def handler(event, context):\n    return 1\n',
    // It leaves what it can see, outside of what is watched.
    'make.mjs':
      'import { writeFileSync } from "node:fs";\nwriteFileSync(process.argv[2], JSON.stringify(process.env));\n',
  });
  const state = project({});
  cleanups.push(made.remove, state.remove);
  root = made.root;
  env = {
    ...developerEnvironment(cloud),
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'secret-of-a-container',
    OWN_SETTING: 'kept',
    XDG_STATE_HOME: state.root,
  };
});

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

const made = () => join(env.XDG_STATE_HOME ?? '', 'made');
const build = (...more: string[]) => [process.execPath, 'make.mjs', made(), ...more];

async function putManifest(functions: Record<string, Record<string, unknown>>): Promise<void> {
  const defaults = { handler: 'app.handler', runtime: 'nodejs20.x', timeout: 5, memory_size: 128 };
  const entries = Object.entries(functions).map(([name, more]) => [
    name,
    { function_name: name, ...defaults, ...more },
  ]);
  const document = {
    version: 1,
    stage,
    region: cloud.region,
    relay: { url: cloud.relayUrl },
    functions: Object.fromEntries(entries),
  };
  const item = { stage: { S: manifestPartition(stage) }, item: { S: 'manifest' }, version: { N: '1' } };
  await directory.call('PutItem', { Item: { ...item, document: { S: JSON.stringify(document) } } });
}

function serve(...flags: string[]): Livectl {
  const args = ['serve', '--stage', stage, '--root', root, '--format', 'json', ...flags];
  const livectl = new Livectl(args, { env });
  cleanups.push(() => livectl.dispose());
  return livectl;
}

/** What the terminal showed, in one line, and the exit code. */
async function atTerminal(script: readonly string[]): Promise<{ code: number | null; shown: string }> {
  const command = [process.execPath, join(repository, 'dist/livectl.mjs'), 'serve', '--stage', stage];
  const child = spawn('python3', [ptyRun, ...command, '--root', root], {
    env: { ...process.env, ...env, TERM: 'xterm', COLUMNS: '500' },
    stdio: 'pipe',
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  child.stdin.end(`${script.join('\n')}\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, shown };
}

test('nobody to ask: everything without consent is listed, and nothing runs', async () => {
  await putManifest({
    built: { build: build() },
    own: { command: ['./run'], runtime: 'provided.al2023' },
    snake: { handler: 'snake.handler', runtime: 'python3.12', python: '/tmp/evil-python' },
    outside: { source_dir: '../elsewhere', handler: 'src/app.handler' },
    layered: { layer_dirs: ['/tmp/evil-layer'] },
    absolute: { handler: '/tmp/evil.handler' },
    upwards: { handler: '../../tmp/evil.handler' },
    // They would run their event: Python's profiler as a program, the package as a command line.
    profiler: { handler: 'cProfile.run', runtime: 'python3.12' },
    dependency: { handler: 'cross-spawn.sync' },
    plain: { esbuild: { bundle: true, packages: 'bundle' } },
  });
  const livectl = serve();
  expect(await livectl.exited).toBe(2);
  const [error, ...others] = livectl.events;
  expect(others).toEqual([]);
  expect(error).toMatchObject({ event: 'error', code: 'LD_UNTRUSTED' });
  const fields = ['built.build', 'own.command', 'snake.python', 'outside.source_dir', 'layered.layer_dirs'];
  const all = [
    ...fields,
    ...['absolute', 'upwards', 'profiler', 'dependency'].map((name) => `${name}.handler`),
  ].map((field) => `functions.${field}`);
  expect(error).toMatchObject({ message: expect.stringContaining(all.join(', ')) });
  expect(error).toMatchObject({ remedy: expect.stringContaining(`${root}/livectl.json`) });
  expect(error).toMatchObject({ remedy: expect.stringContaining('--trust-manifest') });
  expect(JSON.stringify(error)).not.toContain('plain');
  expect(existsSync(made())).toBe(false);
});

test('what the local livectl.json contains too is run, without credentials for AWS; another value is not', async () => {
  await putManifest({ app: { build: build() } });
  const app = { handler: 'app.handler', runtime: 'nodejs20.x', build: build() };
  writeFileSync(join(root, 'livectl.json'), JSON.stringify({ functions: { app } }));
  const livectl = serve();
  await livectl.event('ready');
  const seen = readFileSync(made(), 'utf8');
  expect(JSON.parse(seen)).toMatchObject({ OWN_SETTING: 'kept', AWS_REGION: cloud.region });
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  for (const secret of [
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN,
    'secret-of-a-container',
  ]) {
    expect(seen).not.toContain(secret);
  }
  await livectl.stop();
  await putManifest({ app: { build: build('and more') } });
  expect(await serve().exited).toBe(2);
});

test('--trust-manifest runs it unasked, and remembers nothing', async () => {
  await putManifest({ app: { build: build() } });
  const livectl = serve('--trust-manifest');
  await livectl.event('ready');
  expect(existsSync(made())).toBe(true);
  await livectl.stop();
  expect(await serve().exited).toBe(2);
});

test('at a terminal it is shown in full and asked for once; another value is asked for again', async () => {
  await putManifest({ app: { build: build('x\u001b[2J\u202e\u00e9') } });
  const refused = await atTerminal(['wait Run it', 'type no']);
  expect(refused.code).toBe(2);
  expect(refused.shown).toContain('make.mjs');
  expect(refused.shown).toContain('x\\u001b[2J\\u202e\\u00e9');
  expect(refused.shown).not.toContain('\u001b[2J');
  expect(refused.shown).toContain('--trust-manifest');
  expect((await atTerminal(['wait Run it', 'ctrl c'])).code).toBe(2);
  expect(existsSync(made())).toBe(false);

  // Keys of serve are part of an answer.
  const agreed = ['wait Run it', 'key q', 'type r', 'wait Run it', 'type yes', 'wait ready in', 'ctrl c'];
  expect((await atTerminal(agreed)).code).toBe(0);
  expect(existsSync(made())).toBe(true);
  const folder = join(env.XDG_STATE_HOME ?? '', 'livectl');
  const [file = ''] = readdirSync(folder).filter((name) => name.startsWith('agreed-'));
  expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, file), 'utf8')).not.toContain('make.mjs');

  const remembered = serve();
  await remembered.event('ready');
  await remembered.stop();
  await putManifest({ app: { build: build('changed') } });
  expect(await serve().exited).toBe(2);
});
