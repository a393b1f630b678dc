// `make module-release` in a copy of the repository: what it writes, in the layout of Terraform's registry, and what it refuses.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingTool, repository, terraformIn, testBoundMs } from './terraform-cli.ts';

const root = mkdtempSync(join(tmpdir(), 'live-debug-release-'));
const source = join(root, 'livectl');
const skipped = missingTool('terraform');

/** The machine's configuration of git must not matter: not its identity, its hooks, its line endings. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(GIT_|MAKE|MFLAGS)/.test(name))),
  GIT_CONFIG_GLOBAL: join(root, 'gitconfig'),
  GIT_CONFIG_NOSYSTEM: '1',
};

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', folder, ...args], { env: environment, encoding: 'utf8' }).trim();
}

function commit(folder: string, message: string): void {
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message', message);
}

/** As a maintainer runs it, but for the build. */
function release(out: string, version = '0.2.0') {
  const args = ['-C', source, '--no-print-directory', '-o', 'build', 'module-release'];
  const { status, stdout, stderr } = spawnSync('make', [...args, `OUT=${out}`, `VERSION=${version}`], {
    env: environment,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

function folder(name: string): string {
  return join(root, name);
}

beforeAll(() => {
  writeFileSync(
    folder('gitconfig'),
    '[user]\nname = Ada\nemail = ada@example.com\n[core]\nautocrlf = true\nexcludesFile = ~/ignored\n',
  );
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  });
  for (const path of new Set(listed.split('\0').filter(Boolean))) {
    if (!existsSync(join(repository, path))) continue;
    mkdirSync(dirname(join(source, path)), { recursive: true });
    cpSync(join(repository, path), join(source, path));
  }
  git(root, 'init', '--quiet', '--initial-branch=main', source);
  git(source, 'config', 'core.autocrlf', 'false');
  commit(source, 'all');
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the repository it writes', () => {
  const out = folder('first');
  let stderr: string;

  beforeAll(() => {
    const first = release(out);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('v0.2.0') });
    stderr = first.stderr;
  });

  it('is the module with examples, tests, licence and changelog, in a commit with an annotated tag', () => {
    const files = git(out, 'ls-tree', '-r', '--name-only', 'v0.2.0').split('\n');
    expect(files).toEqual(
      expect.arrayContaining([
        '.gitignore',
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'dist/stub.zip',
        'dist/beside.zip',
        'dist/tunnel.zip',
        'dist/wrapper.zip',
        'examples/quickstart/livectl.json',
        'examples/quickstart/src/hello.ts',
        'livectl.schema.json',
        'main.tf',
        'modules/client-vpn/main.tf',
        'modules/functions/fields.json',
        'outputs.tf',
        'tests/enabled.tftest.hcl',
        'tests/mocks/aws.tfmock.hcl',
        'variables.tf',
        'versions.tf',
      ]),
    );
    const roots = readdirSync(join(out, 'examples'));
    expect(roots.sort()).toEqual([
      ...['existing-function', 'fan-out', 'go', 'python', 'quickstart', 'shared-stage', 'vpc'],
    ]);
    expect(git(out, 'cat-file', '-t', 'v0.2.0')).toBe('tag');
    expect(git(out, 'rev-parse', 'v0.2.0^{commit}')).toBe(git(out, 'rev-parse', 'main'));
    expect(git(out, 'log', '--format=%aI %cI')).toBe(git(source, 'log', '-1', '--format=%aI %aI'));
    expect(git(out, 'status', '--porcelain', '--ignored')).toBe('');
  });

  it('has every byte of what it does not rewrite', () => {
    for (const path of ['dist/stub.zip', 'main.tf', 'tests/vpn-guidance.md', 'vpn-guidance.md.tftpl']) {
      const from = git(source, 'rev-parse', `HEAD:terraform/modules/live-debug/${path}`);
      expect(git(out, 'rev-parse', `v0.2.0:${path}`), path).toBe(from);
    }
  });

  it('is found by its registry source, and names no folder of the main repository', () => {
    const readme = readFileSync(join(out, 'README.md'), 'utf8');
    expect(readme).toMatch(/source {2}= "<namespace>\/live-debug\/aws"\r?\n {2}version = "0\.2\.0"/);
    const texts = git(out, 'ls-files', '*.md', '*.tf').split('\n');
    const naming = texts.filter((name) =>
      /git::https|terraform\/modules\/live-debug[/")]/.test(readFileSync(join(out, name), 'utf8')),
    );
    expect(naming).toEqual([]);
  });

  it('links to its own files only, and names those that it could not link', () => {
    for (const name of git(out, 'ls-files', '*.md').split('\n')) {
      const links = [...readFileSync(join(out, name), 'utf8').matchAll(/\]\(([^)\s#]+)[^)\s]*\)/g)];
      for (const [, link = ''] of links.filter(([, link = '']) => !link.startsWith('https:'))) {
        expect(existsSync(join(out, dirname(name), link)), `${name}: ${link}`).toBe(true);
      }
    }
    expect(stderr).toContain('README.md: docs/terraform.md#functions-of-your-own\n');
    expect(stderr).toContain('examples/vpc/README.md: docs/vpn.md#client\n');
    expect(readFileSync(join(out, 'modules/client-vpn/README.md'), 'utf8')).toContain(
      '](../../examples/vpc)',
    );
  });

  it('is the same tree from the same commit, also on top of an earlier release', () => {
    const again = folder('again');
    expect(release(again).code).toBe(0);
    expect(git(again, 'rev-parse', 'v0.2.0')).toBe(git(out, 'rev-parse', 'v0.2.0'));

    const clone = folder('clone');
    git(root, 'clone', '--quiet', again, clone);
    writeFileSync(join(clone, 'gone.tf'), '# of an earlier layout\n');
    commit(clone, 'earlier');
    expect(release(clone, '0.2.1').code).toBe(0);
    expect(existsSync(join(clone, 'gone.tf'))).toBe(false);
    expect(git(clone, 'rev-list', '--count', 'v0.2.1')).toBe('3');
    // But for the version in the README's source.
    expect(git(clone, 'diff', '--numstat', 'v0.2.0', 'v0.2.1')).toBe('1\t1\tREADME.md');
    expect(git(clone, 'status', '--porcelain', '--ignored')).toBe('');
  });

  it.skipIf(skipped)(
    `is valid for terraform${skipped ? ` (${skipped})` : ''}`,
    async () => {
      const copy = folder('terraform');
      git(root, 'clone', '--quiet', out, copy);
      for (const place of ['.', 'examples/quickstart']) {
        const { code, output } = await terraformIn(join(copy, place), ['init', '-backend=false']);
        expect(code, output).toBe(0);
        const { stdout } = await terraformIn(join(copy, place), ['validate', '-json']);
        expect(JSON.parse(stdout), place).toMatchObject({ valid: true, diagnostics: [] });
      }
      // The modules of the others are where they say.
      for (const example of ['existing-function', 'fan-out', 'go', 'python', 'shared-stage', 'vpc']) {
        expect(await terraformIn(join(copy, 'examples', example), ['get']), example).toMatchObject({
          code: 0,
        });
      }
      expect(git(copy, 'status', '--porcelain')).toBe('');
    },
    testBoundMs,
  );
});

describe('what it refuses', () => {
  it.each(['', '1.2', 'v1.2.3', '01.2.3', '1.2.3+build', '1.2.3-', '../1.2.3'])(
    'the version "%s"',
    (version) => {
      const out = folder('version');
      expect(release(out, version)).toMatchObject({ code: 2, stderr: expect.stringContaining('VERSION') });
      expect(existsSync(out)).toBe(false);
    },
  );

  it('a folder with files that is not a repository, and none at all', () => {
    const out = folder('files');
    mkdirSync(out);
    writeFileSync(join(out, 'mine.txt'), 'mine');
    expect(release(out)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not a git repository'),
    });
    expect(readdirSync(out)).toEqual(['mine.txt']);
    expect(release('')).toMatchObject({ code: 2, stderr: expect.stringContaining('OUT is missing') });
  });

  it('the main repository itself, also as another worktree', () => {
    const worktree = folder('worktree');
    git(source, 'worktree', 'add', '--quiet', '-b', 'other', worktree);
    for (const out of [source, worktree]) {
      const head = git(out, 'rev-parse', 'HEAD');
      expect(release(out)).toMatchObject({ code: 2, stderr: expect.stringContaining('is this repository') });
      expect(git(out, 'rev-parse', 'HEAD')).toBe(head);
    }
  });

  it('a tag that exists, and a clone with changes', () => {
    const out = folder('twice');
    expect(release(out).code).toBe(0);
    const head = git(out, 'rev-parse', 'HEAD');
    expect(release(out)).toMatchObject({ code: 2, stderr: expect.stringContaining('has the tag v0.2.0') });
    writeFileSync(join(out, 'mine.txt'), 'mine');
    expect(release(out, '0.3.0')).toMatchObject({ code: 2, stderr: expect.stringContaining('?? mine.txt') });
    expect(git(out, 'rev-parse', 'HEAD')).toBe(head);
    rmSync(join(out, 'mine.txt'));
    git(out, 'switch', '--quiet', '--detach');
    expect(release(out, '0.3.0')).toMatchObject({ code: 2, stderr: expect.stringContaining('no branch') });
  });

  it.each([
    ['new', 'terraform/modules/live-debug/new.tf'],
    ['changed', 'LICENSE'],
  ])('a main repository with a %s file', (_, path) => {
    writeFileSync(join(source, path), 'x\n');
    try {
      expect(release(folder('dirty'))).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(new RegExp(`uncommitted changes[^]* ${path}\n`)),
      });
      expect(existsSync(folder('dirty'))).toBe(false);
    } finally {
      git(source, 'stash', '--quiet', '--include-untracked');
    }
  });

  it('a link to a file that does not exist', () => {
    const readme = join(source, 'examples/quickstart/README.md');
    writeFileSync(readme, `${readFileSync(readme, 'utf8')}\n[gone](../../docs/gone.md)\n`);
    commit(source, 'a broken link');
    try {
      expect(release(folder('broken'))).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('examples/quickstart/README.md: ../../docs/gone.md'),
      });
    } finally {
      git(source, 'reset', '--quiet', '--hard', 'HEAD^');
    }
  });
});

describe('links to what stays in the main repository', () => {
  const file = join(source, 'package.json');

  it.each(['acme/livectl', { type: 'git', url: 'git+ssh://git@github.com/acme/livectl.git' }])(
    'lead to the commit there, of the repository in package.json: %j',
    (named) => {
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), repository: named }));
      commit(source, 'repository');
      try {
        const out = mkdtempSync(join(root, 'linked-'));
        const { code, stderr } = release(out);
        expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('links') });
        const readme = git(out, 'show', 'v0.2.0:README.md');
        const page = `https://github.com/acme/livectl/blob/${git(source, 'rev-parse', 'HEAD')}`;
        expect(readme).toContain(`[docs/terraform.md](${page}/docs/terraform.md#functions-of-your-own)`);
        expect(readme).toContain('source  = "acme/live-debug/aws"');
        expect(git(out, 'show', 'v0.2.0:examples/vpc/README.md')).toContain(`](${page}/docs/vpn.md#client)`);
      } finally {
        git(source, 'reset', '--quiet', '--hard', 'HEAD^');
      }
    },
  );
});
