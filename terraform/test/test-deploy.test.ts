// `make test-deploy` when something fails: what it reports, and what it leaves. A program in terraform's place fails
// where it is told to; the real one is run by hand.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { repository } from './terraform-cli.ts';

const state = JSON.stringify({
  resources: [
    { mode: 'data', type: 'aws_vpc', name: 'a', instances: [{}] },
    {
      mode: 'managed',
      module: 'module.live_debug',
      type: 'aws_dynamodb_table',
      name: 'this',
      instances: [{ index_key: 0 }],
    },
  ],
});

/** Keeps a state of one resource between apply and destroy; fails at, or waits in, the command it is told. */
const fakeTerraform = `#!${process.execPath}
const { existsSync, rmSync, writeFileSync } = require('node:fs');
const [chdir, command] = process.argv.slice(2);
if (chdir === 'version') process.exit(0);
const state = chdir.slice('-chdir='.length) + '/terraform.tfstate';
if (command === 'apply') writeFileSync(state, process.env.STATE);
if (process.env.WAIT_IN === command) {
  process.on('SIGINT', () => process.exit(1));
  setInterval(() => {}, 1000);
  console.log('waiting');
} else {
  if (process.env.FAIL_AT.split(' ').includes(command)) process.exit(1);
  if (command === 'destroy') rmSync(state);
}
`;

interface Run {
  readonly code: number | null;
  readonly output: string;
  /** Folders left in the temporary folder. */
  readonly left: readonly string[];
}

/** Runs it to its end; `interruptAt` sends SIGINT whenever a line of output has that text. */
async function testDeploy(environment: Record<string, string>, interruptAt?: string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-test-deploy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const bin = mkdtempSync(join(tmpdir(), 'livectl-fake-terraform-'));
  onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
  writeFileSync(join(bin, 'terraform'), fakeTerraform, { mode: 0o755 });
  const child = spawn(process.execPath, [join(repository, 'scripts/test-deploy.mjs')], {
    env: {
      PATH: `${bin}${delimiter}${dirname(process.execPath)}`,
      TMPDIR: folder,
      AWS_REGION: 'eu-west-1',
      FAIL_AT: '',
      STATE: state,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const lines: string[] = [];
  const collect = async (stream: NodeJS.ReadableStream) => {
    for await (const line of createInterface({ input: stream })) {
      lines.push(line);
      if (interruptAt !== undefined && line.includes(interruptAt)) child.kill('SIGINT');
    }
  };
  await Promise.all([collect(child.stdout), collect(child.stderr), ended]);
  return { code: child.exitCode, output: lines.join('\n'), left: readdirSync(folder) };
}

describe('make test-deploy', () => {
  it('destroys what a failed apply created, and reports the apply', async () => {
    const { code, output, left } = await testDeploy({ FAIL_AT: 'apply' });
    expect(code).toBe(1);
    expect(output).toContain('· terraform destroy');
    expect(output).toMatch(/\ntest-deploy: terraform apply ended with exit code 1$/);
    expect(left).toEqual([]);
  });

  it('reports the first failure and what remains after the second', async () => {
    const { code, output, left } = await testDeploy({ FAIL_AT: 'apply destroy' });
    expect(code).toBe(1);
    expect(output).toContain('test-deploy: terraform apply ended with exit code 1');
    expect(output).toContain('test-deploy: terraform destroy ended with exit code 1');
    expect(output).toMatch(
      /of stage livectl-test-\d+, this stays in eu-west-1 \(1\):\n {2}module\.live_debug\.aws_dynamodb_table\.this\[0\]\n/,
    );
    const [, folder = ''] = /-chdir=(\S+) destroy -var=stage=livectl-test-\d+\n/.exec(output) ?? [];
    expect(existsSync(join(folder, 'terraform.tfstate'))).toBe(true);
    expect(left).toHaveLength(1);
  });

  it('destroys nothing if nothing was created', async () => {
    const { code, output, left } = await testDeploy({ FAIL_AT: 'init' });
    expect(code).toBe(1);
    expect(output).not.toContain('terraform destroy');
    expect(left).toEqual([]);
  });

  it('keeps a state that it cannot read', async () => {
    const { code, output, left } = await testDeploy({ FAIL_AT: 'apply destroy', STATE: '{' });
    expect(code).toBe(1);
    expect(output).toContain('terraform.tfstate, which can');
    expect(left).toHaveLength(1);
  });

  it('destroys after Ctrl-C', async () => {
    const { code, output, left } = await testDeploy({ WAIT_IN: 'apply' }, 'waiting');
    expect(code).toBe(130);
    expect(output).toContain('· terraform destroy');
    expect(output).toContain('test-deploy: interrupted');
    expect(left).toEqual([]);
  });

  it('stops destroying after Ctrl-C, and reports what remains', async () => {
    const { code, output, left } = await testDeploy({ FAIL_AT: 'apply', WAIT_IN: 'destroy' }, 'waiting');
    expect(code).toBe(130);
    expect(output).toContain('this stays in eu-west-1 (1):');
    expect(left).toHaveLength(1);
  });
});
