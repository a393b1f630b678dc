// What `npm pack` writes, as npm and npx install it from a registry on this machine: livectl serves, and Terraform takes the module from
// node_modules.
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Livectl } from '../../cli/test/e2e/livectl-process.ts';
import { LocalRegistry } from './local-registry.ts';
import { missingTool, repository, terraformIn, testBoundMs } from './terraform-cli.ts';

const skipped = missingTool('terraform');
const manifest = {
  functions: {
    hello: { handler: 'hello.handler', runtime: 'nodejs22.x', triggers: { http: { path: '/hello' } } },
  },
};

let folder = '';
let project = '';
let installed = '';
let tarball = '';
let registry: LocalRegistry;
/** An npm that has nothing yet, and no other registry than the local one. */
let npm: Record<string, string> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-pack-'));
  const pack = ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', folder];
  const packed = JSON.parse(execFileSync('npm', pack, { cwd: repository, encoding: 'utf8' })) as {
    filename: string;
  }[];
  tarball = join(folder, packed[0]?.filename ?? '');
  registry = await LocalRegistry.start(folder);
  npm = {
    npm_config_registry: registry.url,
    npm_config_cache: join(folder, 'cache'),
    npm_config_userconfig: join(folder, 'npmrc'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  project = withFunction('project');
  installed = join(project, 'node_modules/livectl');
  const install = ['install', '--save-dev', tarball];
  await promisify(execFile)('npm', install, { cwd: project, env: { ...process.env, ...npm } });
}, testBoundMs);
afterAll(async () => {
  await registry?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A folder with a livectl.json and a function in TypeScript, which only esbuild makes run on every Node.js; nothing else. */
function withFunction(name: string): string {
  const place = join(folder, name);
  mkdirSync(place);
  writeFileSync(join(place, 'livectl.json'), JSON.stringify(manifest));
  writeFileSync(
    join(place, 'hello.ts'),
    "enum Answer { Body = 'packed' }\nexport const handler = async () => ({ statusCode: 200, body: Answer.Body });\n",
  );
  return place;
}

/** What the function answers behind `npx` with these arguments, run in that folder. */
async function answerOf(place: string, command: readonly string[]): Promise<unknown> {
  const args = ['serve', '--local', '--format', 'json', '--port', '0'];
  const on = ([, , ...rest]: readonly string[]) => ['npx', ...command, ...rest];
  const livectl = new Livectl(args, { on, cwd: place, env: npm, group: true });
  try {
    const response = await fetch(`${await livectl.url()}/hello`);
    return [response.status, await response.text()];
  } finally {
    await livectl.dispose();
  }
}

test('licences are in it, and every file that package.json names', () => {
  for (const file of ['LICENSE', 'CHANGELOG.md', 'dist/THIRD-PARTY-NOTICES.txt', 'livectl.schema.json'])
    expect(existsSync(join(installed, file)), file).toBe(true);
  // One package of the command line, one of the inspector's page.
  const notices = readFileSync(join(installed, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
  for (const bundled of ['clipanion', 'preact']) expect(notices).toContain(bundled);
});

test('npx livectl serve --local serves the livectl.json of a project that has installed it', async () => {
  expect(await answerOf(project, ['livectl'])).toEqual([200, 'packed']);
});

test('npx TARBALL serve --local serves the livectl.json of a folder that has nothing else', async () => {
  const place = withFunction('empty');
  expect(await answerOf(place, ['--yes', `file:${tarball}`])).toEqual([200, 'packed']);
  expect(
    readdirSync(place)
      .filter((name) => !name.startsWith('.'))
      .sort(),
  ).toEqual(['hello.ts', 'livectl.json']);
});

test('installing it takes esbuild from the registry, and nothing else', () => {
  const mine = `@esbuild/${process.platform}-${process.arch}`;
  expect(registry.downloads()).toEqual(new Set(['esbuild', mine]));
});

test.skipIf(skipped)('Terraform takes the module from node_modules', { timeout: testBoundMs }, async () => {
  const call = [
    'module "live_debug" {',
    '  source    = "./node_modules/livectl/terraform/modules/live-debug"',
    '  enabled   = true',
    '  stage     = "dev-tom"',
    '  functions = jsondecode(file("livectl.json")).functions',
    '}',
  ];
  writeFileSync(join(project, 'main.tf'), `${call.join('\n')}\n`);
  for (const command of [['init', '-backend=false'], ['validate']]) {
    const { code, output } = await terraformIn(project, command);
    expect(code, output).toBe(0);
  }
  for (const zip of ['stub', 'beside', 'tunnel', 'wrapper'])
    expect(existsSync(join(installed, `terraform/modules/live-debug/dist/${zip}.zip`)), zip).toBe(true);
});
