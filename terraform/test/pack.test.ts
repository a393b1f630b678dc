// What `npm pack` writes, installed in an empty project: Terraform takes the module from node_modules, livectl serves.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Livectl } from '../../cli/test/e2e/livectl-process.ts';
import { missingTool, repository, terraformIn, testBoundMs } from './terraform-cli.ts';

const skipped = missingTool('terraform');
const manifest = {
  functions: {
    hello: { handler: 'hello.handler', runtime: 'nodejs22.x', triggers: { http: { path: '/hello' } } },
  },
};

let project = '';
let installed = '';
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'livectl-pack-'));
  installed = join(project, 'node_modules/livectl');
  mkdirSync(installed, { recursive: true });
  const pack = ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', project];
  const packed = JSON.parse(execFileSync('npm', pack, { cwd: repository, encoding: 'utf8' })) as {
    filename: string;
  }[];
  // Without npm install, which would need the registry for esbuild.
  execFileSync('tar', [
    '-xzf',
    join(project, packed[0]?.filename ?? ''),
    '--strip-components=1',
    '-C',
    installed,
  ]);
  writeFileSync(join(project, 'livectl.json'), JSON.stringify(manifest));
  writeFileSync(
    join(project, 'hello.mjs'),
    "export const handler = async () => ({ statusCode: 200, body: 'packed' });\n",
  );
}, testBoundMs);
afterAll(() => rmSync(project, { recursive: true, force: true }));

test('licences are in it, and every file that package.json names', () => {
  for (const file of ['LICENSE', 'CHANGELOG.md', 'dist/THIRD-PARTY-NOTICES.txt', 'livectl.schema.json'])
    expect(existsSync(join(installed, file)), file).toBe(true);
  // One package of the command line, one of the inspector's page.
  const notices = readFileSync(join(installed, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
  for (const bundled of ['clipanion', 'preact']) expect(notices).toContain(bundled);
});

test('it serves a livectl.json in an empty project', { timeout: testBoundMs }, async () => {
  const program = join(installed, 'dist/livectl.mjs');
  const serve = ['serve', '--local', '--format', 'json', '--port', '0', '--root', project];
  const livectl = new Livectl(serve, { program });
  try {
    const response = await fetch(`${await livectl.url()}/hello`);
    expect([response.status, await response.text()]).toEqual([200, 'packed']);
  } finally {
    await livectl.dispose();
  }
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
