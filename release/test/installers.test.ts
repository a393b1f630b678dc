// install.sh against a local server of archives, as users run it, and the Homebrew formula in Ruby; both as `make installers` writes them.
import { type ExecFileException, execFile, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { repository } from '../../cli/test/e2e/livectl-process.ts';
import { checksumLine } from '../checksums.mjs';
import { archiveName, targets } from '../targets.mjs';

const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
const unix = targets.filter(({ platform }) => platform !== 'win32');

let folder = '';
/** What a release has. */
let out = '';
let server: Server;
let base = '';
let requests: string[] = [];
/** Answers in the place of the files in `out`. */
let answering: RequestListener | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-installers-'));
  out = join(folder, 'out');
  mkdirSync(out);
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (answering) return answering(request, response);
    const file = join(out, request.url?.split('/').pop() ?? '');
    if (!existsSync(file)) return response.writeHead(404).end();
    response.end(readFileSync(file));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await packArchives(out, `echo '${version} (abc1234)'`);
  const made = installers();
  expect(made.status, made.stderr).toBe(0);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

let dir = '';
let home = '';
beforeEach(() => {
  const own = mkdtempSync(join(folder, 'machine '));
  dir = join(own, 'the bin');
  home = join(own, 'home');
  mkdirSync(home);
});
afterEach(() => {
  answering = undefined;
  requests = [];
});

/** Archives whose livectl is a shell script, and their checksums. */
async function packArchives(place: string, script: string): Promise<void> {
  const lines: string[] = [];
  for (const target of unix) {
    const program = join(folder, 'livectl');
    writeFileSync(program, `#!/bin/sh\n# ${target.name}\n${script}\n`, { mode: 0o755 });
    const archive = join(place, archiveName(target, version));
    execFileSync('tar', ['-czf', archive, '-C', folder, 'livectl']);
    lines.push(await checksumLine(archive));
  }
  writeFileSync(join(place, 'SHA256SUMS'), lines.join(''));
}

function installers(folderOf = out, more: readonly string[] = ['--base-url', base]) {
  const args = [join(repository, 'release/installers.mjs'), '--out', folderOf, ...more];
  return spawnSync(process.execPath, [...args, '--homepage', 'https://example.com/livectl'], {
    encoding: 'utf8',
  });
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `uname` gives the system and the machine that `uname -s` and `uname -m` print. */
async function install(
  args: readonly string[] = ['--dir', dir],
  options: {
    uname?: readonly [string, string];
    env?: Record<string, string>;
    path?: string;
    script?: string;
  } = {},
): Promise<Ran> {
  const programs = mkdtempSync(join(folder, 'programs-'));
  const [system, machine] = options.uname ?? ['Linux', 'x86_64'];
  program(programs, 'uname', `case "$1" in -s) echo '${system}' ;; -m) echo '${machine}' ;; esac`);
  const path = `${programs}:${options.path ?? process.env.PATH ?? ''}`;
  const env = { PATH: path, HOME: home, no_proxy: '127.0.0.1', ...options.env };
  const script = options.script ?? join(out, 'install.sh');
  return new Promise((resolve) => {
    const bounds = { env, timeout: 20_000, cwd: home };
    execFile('/bin/sh', [script, ...args], bounds, (error: ExecFileException | null, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
}

function program(programs: string, name: string, script: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(programs, name), 0o755);
}

/** What is in a folder, hidden files as well; empty where there is none. */
const content = (place: string) => (existsSync(place) ? readdirSync(place) : []);

describe('install.sh', () => {
  test('is a POSIX script without remarks of shellcheck', (context) => {
    const script = join(out, 'install.sh');
    const read = spawnSync('dash', ['-n', script], { encoding: 'utf8' });
    if (read.error === undefined) expect(read.stderr).toBe('');
    const checked = spawnSync(
      'shellcheck',
      ['--shell=sh', '--enable=all', '--exclude=SC2250,SC2310,SC2311,SC2312', script],
      { encoding: 'utf8' },
    );
    if (checked.error !== undefined && !process.env.CI) return context.skip('shellcheck is not installed');
    expect(checked.stdout).toBe('');
    expect(checked.status).toBe(0);
  });

  test('installs the executable, and nothing else', async () => {
    const { code, stderr, stdout } = await install();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Installed livectl ${version} (abc1234): ${dir}/livectl`);
    expect(stdout).toContain(`export PATH="${dir}:$PATH"`);
    expect(content(dir)).toEqual(['livectl']);
    expect(statSync(join(dir, 'livectl')).mode & 0o777).toBe(0o755);
    expect(content(home)).toEqual([]);
    expect(requests).toEqual(['/SHA256SUMS', `/livectl-${version}-linux-x64.tar.gz`]);
  });

  test('goes to ~/.local/bin, or where LIVECTL_INSTALL_DIR says', async () => {
    expect((await install([])).code).toBe(0);
    expect(content(join(home, '.local/bin'))).toEqual(['livectl']);
    const { code, stdout } = await install([], {
      env: { LIVECTL_INSTALL_DIR: 'here' },
      path: `${home}/here:${process.env.PATH}`,
    });
    expect([code, content(join(home, 'here'))]).toEqual([0, ['livectl']]);
    expect(stdout).not.toContain('export PATH');
  });

  test.each([
    ['Linux', 'aarch64', 'linux-arm64'],
    ['Linux', 'amd64', 'linux-x64'],
    ['Darwin', 'arm64', 'darwin-arm64'],
    ['Darwin', 'x86_64', 'darwin-x64'],
  ])('%s %s gets %s', async (system, machine, name) => {
    expect((await install(undefined, { uname: [system, machine] })).code).toBe(0);
    expect(readFileSync(join(dir, 'livectl'), 'utf8')).toContain(`# ${name}\n`);
  });

  test('an Apple processor behind a shell that Rosetta translates is seen', async () => {
    const programs = mkdtempSync(join(folder, 'rosetta-'));
    program(programs, 'sysctl', '[ "$*" = "-n sysctl.proc_translated" ] && echo 1');
    const path = `${programs}:${process.env.PATH}`;
    expect((await install(undefined, { uname: ['Darwin', 'x86_64'], path })).code).toBe(0);
    expect(readFileSync(join(dir, 'livectl'), 'utf8')).toContain('# darwin-arm64\n');
  });

  test.each([
    ['Linux', 'riscv64', /no executable for Linux riscv64; .* npm install --global livectl/],
    ['FreeBSD', 'amd64', /no executable for FreeBSD x64/],
    ['MINGW64_NT-10.0', 'x86_64', /for Windows, unpack the archive for windows-x64/],
  ])('%s %s is refused', async (system, machine, message) => {
    const { code, stderr } = await install(undefined, { uname: [system, machine] });
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect([requests, content(dir)]).toEqual([[], []]);
  });

  test('wget does where there is no curl, and shasum or openssl for sha256sum', async (context) => {
    const found = (name: string) =>
      spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    if (!found('wget') || !found('openssl')) return context.skip('wget or openssl is not installed');
    const few = mkdtempSync(join(folder, 'few-'));
    for (const name of [
      'wget',
      'openssl',
      'tar',
      'gzip',
      'awk',
      'mktemp',
      'mkdir',
      'mv',
      'rm',
      'chmod',
      'cat',
    ])
      symlinkSync(found(name), join(few, name));
    // Its own path only.
    const { code, stderr } = await install(undefined, { env: { PATH: `${few}:${unameOnly()}` } });
    expect([code, stderr]).toEqual([0, '']);
    expect(content(dir)).toEqual(['livectl']);
  });

  function unameOnly(): string {
    const programs = mkdtempSync(join(folder, 'uname-'));
    program(programs, 'uname', 'case "$1" in -s) echo Linux ;; -m) echo x86_64 ;; esac');
    return programs;
  }
});

describe('what install.sh refuses leaves the installed livectl as it was', () => {
  const archive = () => `livectl-${version}-linux-x64.tar.gz`;
  const file = (name: string) => readFileSync(join(out, name));

  const faults: [string, RequestListener, RegExp][] = [
    [
      'another archive than that of the checksum',
      ({ url }, response) =>
        response.end(file(url === '/SHA256SUMS' ? 'SHA256SUMS' : `livectl-${version}-linux-arm64.tar.gz`)),
      /the checksum of .*-linux-x64\.tar\.gz is [0-9a-f]{64}, not [0-9a-f]{64}: nothing was installed/,
    ],
    [
      'a download that ends half-way',
      ({ url }, response) => {
        const bytes = file(url?.slice(1) ?? '');
        response.writeHead(200, { 'Content-Length': bytes.length + (url === '/SHA256SUMS' ? 0 : 10) });
        response.write(bytes, () => (url === '/SHA256SUMS' ? response.end() : response.destroy()));
      },
      /could not download http:.*-linux-x64\.tar\.gz/,
    ],
    [
      'a download that is shorter, without anything that says so',
      ({ url }, response) => {
        const bytes = file(url?.slice(1) ?? '');
        response.end(url === '/SHA256SUMS' ? bytes : bytes.subarray(0, 50));
      },
      /nothing was installed/,
    ],
    [
      'no checksums',
      (_, response) => response.writeHead(404).end('a page'),
      /could not download .*SHA256SUMS/,
    ],
    [
      'no archive',
      ({ url }, response) =>
        url === '/SHA256SUMS' ? response.end(file('SHA256SUMS')) : response.writeHead(404).end(),
      /could not download .*-linux-x64\.tar\.gz/,
    ],
    [
      'checksums without this archive',
      ({ url }, response) =>
        response.end(url === '/SHA256SUMS' ? `${'0'.repeat(64)}  other\n` : file(archive())),
      /SHA256SUMS has no checksum of .*: nothing was installed/,
    ],
    [
      'two checksums of this archive',
      ({ url }, response) => {
        const sums = file('SHA256SUMS').toString();
        response.end(url === '/SHA256SUMS' ? sums + sums : file(archive()));
      },
      /SHA256SUMS has no checksum of .*: nothing was installed/,
    ],
  ];
  test.each(faults)('%s', async (_, listener, message) => {
    mkdirSync(dir);
    writeFileSync(join(dir, 'livectl'), 'the old one');
    answering = listener;
    const { code, stderr } = await install();
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(content(dir)).toEqual(['livectl']);
    expect(readFileSync(join(dir, 'livectl'), 'utf8')).toBe('the old one');
  });

  test('an executable that does not start on this machine', async () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    await packArchives(other, 'exit 127');
    answering = ({ url }, response) => response.end(readFileSync(join(other, url?.slice(1) ?? '')));
    mkdirSync(dir);
    writeFileSync(join(dir, 'livectl'), 'the old one');
    const { code, stderr } = await install();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/does not start on this machine .*glibc 2\.28/),
    ]);
    expect([content(dir), readFileSync(join(dir, 'livectl'), 'utf8')]).toEqual([['livectl'], 'the old one']);
  });

  test('a script that was cut off at any line does nothing', async () => {
    const lines = readFileSync(join(out, 'install.sh'), 'utf8').split('\n');
    const last = lines.findIndex((line) => line.startsWith('install_livectl "$@"'));
    expect(last).toBe(lines.length - 2);
    const script = join(folder, 'cut.sh');
    for (let count = 1; count <= last; count += 1) {
      writeFileSync(script, lines.slice(0, count).join('\n'));
      spawnSync('/bin/sh', [script, '--dir', dir], {
        env: { PATH: process.env.PATH, HOME: home },
        timeout: 5000,
      });
    }
    expect([requests, content(dir), content(home)]).toEqual([[], [], []]);
  });

  test.each([
    [['--dir'], /--dir needs a value/],
    [['--version'], /unexpected argument "--version"; --help shows/],
    [
      ['--base-url', 'http://example.com/x'],
      /the base URL must begin with https:\/\/, not "http:\/\/example\.com\/x"/,
    ],
    [['--base-url', 'file:///tmp'], /must begin with https/],
    [['--base-url', 'http://127.0.0.1.example.com/'], /must begin with https/],
    [['--dir', '/dev/null/bin'], /\/dev\/null\/bin cannot be created: pass another --dir/],
  ])('%j', async (args, message) => {
    const { code, stderr } = await install(args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect([requests, content(home)]).toEqual([[], []]);
  });

  test('--help says where it would install from', async () => {
    const { code, stdout } = await install(['--help']);
    expect([code, requests]).toEqual([0, []]);
    expect(stdout).toContain(base);
  });
});

describe('the Homebrew formula', () => {
  /** What it would install on a machine: its settings, as Ruby reads them. */
  const harness = `
require "json"
$os, $arch = ARGV[1], ARGV[2]
class Formula
  class << self
    def seen = (@seen ||= {})
    %i[desc homepage version license url sha256].each do |name|
      define_method(name) { |value| raise "#{name} twice" if seen.key?(name); seen[name] = value }
    end
    def on_macos = ($os == "darwin" && yield)
    def on_linux = ($os == "linux" && yield)
    def on_arm = ($arch == "arm64" && yield)
    def on_intel = ($arch == "x64" && yield)
    def test = nil
  end
end
load ARGV[0]
puts JSON.generate(Livectl.seen.merge(installs: Livectl.instance_methods(false)))
`;

  test('names the archive of each machine, with its checksum', (context) => {
    if (spawnSync('ruby', ['--version']).error && !process.env.CI)
      return context.skip('ruby is not installed');
    const sums = readFileSync(join(out, 'SHA256SUMS'), 'utf8');
    for (const target of unix) {
      const args = ['-w', '-e', harness, join(out, 'livectl.rb'), target.platform, target.arch];
      const { stderr, stdout } = spawnSync('ruby', args, { encoding: 'utf8' });
      expect(stderr).toBe('');
      const seen = JSON.parse(stdout) as Record<string, string>;
      expect(seen).toMatchObject({ version, license: 'Apache-2.0', installs: ['install'] });
      expect(seen.url).toBe(`${base}/${archiveName(target, version)}`);
      expect(sums).toContain(`${seen.sha256}  ${archiveName(target, version)}\n`);
    }
  });
});

describe('installers.mjs refuses', () => {
  test('archives that macOS would not run', () => {
    const unsigned = join(folder, 'unsigned');
    mkdirSync(unsigned);
    const sums = readFileSync(join(out, 'SHA256SUMS'), 'utf8');
    writeFileSync(
      join(unsigned, 'SHA256SUMS'),
      sums.replace('darwin-arm64.tar', 'darwin-arm64-unsigned.tar'),
    );
    const { status, stderr } = installers(unsigned);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/-unsigned\.tar\.gz does not run: build on macOS/),
    ]);
    expect(content(unsigned)).toEqual(['SHA256SUMS']);
  });

  test.each([
    ['https://example.com/$(id)'],
    ['https://example.com/"'],
    ['https://example.com/#{1}'],
    ['https://example.com/a b'],
    ['ftp://example.com'],
  ])('a base URL that could be code: %s', (url) => {
    const { status, stderr } = installers(out, ['--base-url', url]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/--base-url must be a URL of letters, digits/),
    ]);
  });

  test('checksums that are none', () => {
    const broken = join(folder, 'broken');
    mkdirSync(broken);
    copyFileSync(join(out, 'SHA256SUMS'), join(broken, 'SHA256SUMS'));
    writeFileSync(join(broken, 'SHA256SUMS'), `${readFileSync(join(out, 'SHA256SUMS'), 'utf8')}\n<html>\n`);
    expect(installers(broken).stderr).toMatch(/not a checksum and a file name: "<html>"/);
  });

  test('a version whose repository nobody knows', () => {
    const known = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).repository !== undefined;
    const { status, stderr } = installers(out, []);
    if (known) expect(status).toBe(0);
    else expect([status, stderr]).toEqual([1, expect.stringMatching(/package\.json names no "repository"/)]);
  });
});
