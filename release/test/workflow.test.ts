// The release workflow, as far as it can be checked where no GitHub is: what may publish, what it starts, and whether a tag fits.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../../cli/test/e2e/livectl-process.ts';
import { targets } from '../targets.mjs';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
  readonly strategy?: { readonly matrix: { readonly include: readonly { readonly target: string }[] } };
}
interface Workflow {
  readonly permissions: object;
  readonly on: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

const text = readFileSync(join(repository, '.github/workflows/release.yml'), 'utf8');
const workflow = parse(text) as Workflow;
const jobs = Object.entries(workflow.jobs);
const steps = jobs.flatMap(([, job]) => job.steps);

describe('the release workflow', () => {
  test('starts at a version’s tag only, and gives no permission by default', () => {
    expect(workflow.on).toEqual({ push: { tags: ['v[0-9]+.[0-9]+.[0-9]+'] } });
    expect(workflow.permissions).toEqual({});
    for (const [name, job] of jobs) {
      expect(job.permissions, name).toBeDefined();
      expect(job['timeout-minutes'], name).toBeGreaterThan(0);
    }
  });

  test('uses actions of a pinned version', () => {
    for (const { uses } of steps) {
      if (uses !== undefined) expect(uses).toMatch(/^(actions|hashicorp)\/[\w-]+@(v\d+|[0-9a-f]{40})$/);
    }
  });

  test('what may write or has an identity runs no code from npm or from the checkout', () => {
    const mayPublish = jobs.filter(([, { permissions = {} }]) =>
      Object.entries(permissions).some(([name, value]) => name === 'id-token' || value === 'write'),
    );
    expect(mayPublish.map(([name]) => name)).toEqual(['publish', 'release']);
    for (const [name, job] of mayPublish) {
      for (const { run, uses } of job.steps) {
        expect(uses ?? '', name).not.toContain('checkout');
        expect(run ?? '', name).not.toMatch(/\b(make|npm (ci|install|run|exec)|npx|node)\b/);
      }
    }
  });

  test('a secret is only where the module is pushed, without code from npm', () => {
    const withSecrets = jobs.filter(([, job]) => JSON.stringify(job).includes('secrets.'));
    expect(withSecrets.map(([name]) => name)).toEqual(['module']);
    expect(JSON.stringify(workflow.jobs.module)).not.toMatch(/npm |make /);
    for (const { uses, with: settings } of steps) {
      if (!uses?.includes('checkout') || settings?.['ssh-key']) continue;
      expect(settings).toMatchObject({ 'persist-credentials': false });
    }
  });

  test('no value from elsewhere becomes part of a command', () => {
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
  });

  test('nothing is published before all tests have passed and each executable has run', () => {
    const before = (name: string): string[] => {
      const needs = [workflow.jobs[name]?.needs ?? []].flat();
      return [...needs, ...needs.flatMap(before)];
    };
    expect(before('publish')).toEqual(
      expect.arrayContaining(['version', 'test', 'package', 'executables', 'smoke']),
    );
    for (const name of ['release', 'module']) expect(before(name)).toContain('publish');
    const run = workflow.jobs.smoke?.strategy?.matrix.include.map(({ target }) => target);
    expect([...(run ?? [])].sort()).toEqual(targets.map(({ name }) => name).sort());
  });

  test('starts targets and scripts that exist', () => {
    const makefile = readFileSync(join(repository, 'Makefile'), 'utf8');
    const runs = steps.map(({ run = '' }) => run).join('\n');
    const made = [...runs.matchAll(/\bmake ([a-z-]+)/g)].map(([, name]) => name);
    const scripts = [...runs.matchAll(/\b(?:node|bash) (?:livectl\/)?([\w./-]+)/g)].map(
      ([, file]) => file ?? '',
    );
    expect(made).toEqual(['build', 'executables', 'installers']);
    for (const name of made) expect(makefile).toMatch(new RegExp(`^${name}:`, 'm'));
    expect(scripts).toHaveLength(4);
    for (const file of scripts) expect(existsSync(join(repository, file)), file).toBe(true);
  });
});

describe('check-version.mjs', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'livectl-version-'));
    for (const folder of ['release', 'scripts']) mkdirSync(join(root, folder));
    for (const file of ['release/check-version.mjs', 'scripts/repository-page.mjs'])
      cpSync(join(repository, file), join(root, file));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const changelog =
    '# Changelog\n\n## Unreleased\n\n- later\n\n## 0.2.0 - 2026-11-27\n\n### Commands\n\n- new\n\n## 0.1.0\n\n- old\n';
  function check(
    files: { version?: string; locked?: string; changelog?: string; repository?: unknown },
    tag = 'v0.2.0',
  ) {
    const { version = '0.2.0', locked = version } = files;
    const named =
      'repository' in files
        ? files.repository
        : { type: 'git', url: 'git+https://github.com/acme/livectl.git' };
    writeFileSync(join(root, 'package.json'), JSON.stringify({ version, repository: named }));
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ version: locked }));
    writeFileSync(join(root, 'CHANGELOG.md'), files.changelog ?? changelog);
    const notes = join(root, 'notes.md');
    rmSync(notes, { force: true });
    const args = [
      'release/check-version.mjs',
      '--tag',
      tag,
      '--repository',
      'acme/livectl',
      '--notes',
      notes,
    ];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    return { status, stderr, notes: existsSync(notes) ? readFileSync(notes, 'utf8') : undefined };
  }

  test('writes the version’s section of the changelog', () => {
    expect(check({})).toEqual({ status: 0, stderr: '', notes: '### Commands\n\n- new\n' });
  });

  test('reports everything that does not fit', () => {
    const { notes, status, stderr } = check(
      { version: '0.3.0', locked: '0.2.0', repository: 'acme/other' },
      'v0.2.0',
    );
    expect([status, notes]).toEqual([1, undefined]);
    expect(stderr.trim().split('\n')).toEqual([
      'check-version: the tag is "v0.2.0", but package.json has version 0.3.0',
      'check-version: package-lock.json has version 0.2.0: run npm install',
      'check-version: CHANGELOG.md has no section "## 0.3.0": rename "## Unreleased"',
      'check-version: package.json: "repository" must be https://github.com/acme/livectl, not https://github.com/acme/other',
    ]);
  });

  test.each([
    [{ repository: undefined }, /"repository" must be https:\/\/github\.com\/acme\/livectl, not missing/],
    [{ repository: 'nowhere' }, /not package\.json: repository nowhere must be the URL of a git repository/],
    [{ changelog: '## 0.2.0\n\n## 0.1.0\n' }, /the section "## 0\.2\.0" is empty/],
    [{ changelog: '## 0.2.0-rc.1\n\n- x\n' }, /has no section "## 0\.2\.0"/],
  ])('%j', (files, message) => {
    const { status, stderr } = check(files);
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});
