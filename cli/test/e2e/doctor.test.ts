// `livectl doctor` as the built program: a finding for each thing that is wrong, and all other checks besides.

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { runDoctor as doctor } from './doctor-run.ts';
import { FakeAws } from './fake-aws.ts';
import { Livectl, project, repository } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function projectOf(files: Readonly<Record<string, string>>): string {
  const { remove, root } = project(files);
  cleanups.push(remove);
  return root;
}

const manifest = (functions: object) => JSON.stringify({ functions });
const hello = { handler: 'hello.handler', runtime: 'nodejs22.x' };
const good = { 'livectl.json': manifest({ hello }), 'hello.ts': 'export const handler = async () => 1;' };

test.each(['node', 'deno'] as const)('--local on the quickstart passes whole under %s', async (runtime) => {
  const root = join(repository, 'examples/quickstart');
  const { code, fails, findings, stderr } = await doctor(
    ['--local', '--root', root, '--port', '0'],
    {},
    runtime,
  );
  expect([code, fails, stderr]).toEqual([0, [], '']);
  for (const { check, message, remedy, status } of findings) {
    expect(check).not.toBe('');
    expect(message).not.toBe('');
    expect(remedy === null).toBe(status === 'pass');
  }
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining([
      'node',
      'port',
      'state',
      'disk',
      'watch',
      'proxy',
      'ca',
      'manifest',
      'git',
      'esbuild',
      'build/hello',
      'terraform',
    ]),
  );
});

describe('one thing wrong is one failure, and the other checks run', () => {
  it.each([
    ['a livectl.json with mistakes', { ...good, 'livectl.json': '{ "functions": 1 }' }, 'manifest: ', {}],
    ['no livectl.json', { 'hello.ts': '' }, 'manifest: there is no livectl.json', {}],
    ['a missing source', { 'livectl.json': good['livectl.json'] }, 'build/hello: ', {}],
    [
      'a missing export',
      { ...good, 'hello.ts': 'export const handlr = async () => 1;' },
      'build/hello: ',
      {},
    ],
    [
      'a missing program',
      {
        'livectl.json': manifest({
          tool: { runtime: 'provided.al2023', handler: 'x', command: ['no-such-program'] },
        }),
      },
      'runtime/provided.al2023: tool: there is no program no-such-program',
      {},
    ],
    [
      'no Python',
      {
        'report.py': '',
        'livectl.json': manifest({ report: { runtime: 'python3.13', handler: 'report.handler' } }),
      },
      'runtime/python3.13: report: ',
      { PATH: '/nowhere', VIRTUAL_ENV: '' },
    ],
    [
      'a missing file of authorities',
      good,
      'ca: AWS_CA_BUNDLE: /nowhere.pem cannot be used: there is no such file',
      { AWS_CA_BUNDLE: '/nowhere.pem' },
    ],
    [
      'a proxy that is none',
      good,
      'proxy: HTTPS_PROXY names no proxy',
      { HTTPS_PROXY: 'socks9://x', NO_PROXY: '' },
    ],
  ])('%s', async (_what, files, begin, env) => {
    const { code, fails, findings } = await doctor(
      ['--local', '--root', projectOf(files), '--port', '0'],
      env,
    );
    expect(code).toBe(1);
    expect(fails).toEqual([expect.stringContaining(begin)]);
    expect(findings.some(({ check, status }) => check === 'node' && status === 'pass')).toBe(true);
    for (const { remedy, status } of findings) if (status === 'fail') expect(remedy).toMatch(/\S/);
  });
});

describe('--stage', () => {
  async function account(
    files: Readonly<Record<string, string>> = good,
    ...flags: string[]
  ): Promise<Record<string, string>> {
    const livectl = new Livectl([
      'cloud',
      '--root',
      projectOf(files),
      '--port',
      '0',
      '--format',
      'json',
      ...flags,
    ]);
    cleanups.push(() => livectl.dispose());
    await livectl.until(() => livectl.stdout.includes('"event":"ready"'), 'ready');
    const ready = livectl.stdout.split('\n').find((line) => line.includes('"event":"ready"')) ?? '';
    return JSON.parse(ready).env;
  }

  it('credentials, clock, permissions, relay and what is deployed', async () => {
    const env = await account();
    const { code, fails, findings } = await doctor(['--stage', 'dev', '--root', projectOf(good)], env);
    expect([code, fails]).toEqual([0, []]);
    const passed = findings.filter(({ status }) => status === 'pass').map(({ check }) => check);
    expect(passed).toEqual(
      expect.arrayContaining([
        'credentials',
        'clock',
        'table',
        'permission/dynamodb:PutItem',
        'permission/dynamodb:UpdateItem',
        'permission/dynamodb:DeleteItem',
        'permission/lambda:InvokeFunction',
        'relay',
        'deployed',
        'clients',
      ]),
    );
    expect(findings.find(({ check }) => check === 'relay')?.message).toMatch(/^a round trip takes \d+ ms/);
  });

  it('a stage that does not exist is one failure; what needs it is not checked', async () => {
    const env = await account();
    const { code, fails, warns } = await doctor(['--stage', 'nope', '--root', projectOf(good)], env);
    expect(code).toBe(1);
    expect(fails).toEqual([expect.stringMatching(/^table: /)]);
    expect(warns).toEqual(
      expect.arrayContaining(['relay: not checked: see "table"', 'deployed: not checked: see "table"']),
    );
  });

  it('a stage without a livectl.json here is checked by its own', async () => {
    const env = await account();
    const { code, fails } = await doctor(['--stage', 'dev', '--root', projectOf({})], env);
    expect([code, fails]).toEqual([0, []]);
  });

  it('a stage to observe: what its policy leaves out is no failure', async () => {
    const functions = { hello: { ...hello, mode: 'wrap' } };
    const files = { ...good, 'livectl.json': manifest(functions) };
    const env = await account(files, '--observe-only');
    const { code, fails, findings } = await doctor(['--stage', 'dev', '--root', projectOf(files)], env);
    expect([code, fails]).toEqual([0, []]);
    expect(findings.map(({ check }) => check)).not.toContain('permission/lambda:InvokeFunction');
  });

  it('alone, credentials are looked at too', async () => {
    const { code, findings } = await doctor(['--root', projectOf(good)], await account());
    expect(code).toBe(0);
    expect(findings.find(({ check }) => check === 'credentials')?.status).toBe('pass');
  });

  it('no credentials', async () => {
    const nothing = {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
      AWS_REGION: 'eu-west-1',
    };
    const files = {
      AWS_CONFIG_FILE: '/nowhere',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    const aws = await FakeAws.start({}, (_request, usual) => usual());
    cleanups.push(() => aws.close());
    const { code, fails } = await doctor(['--stage', 'dev', '--root', projectOf(good)], {
      ...aws.env,
      ...nothing,
      ...files,
    });
    expect(code).toBe(1);
    expect(fails).toEqual([expect.stringMatching(/^credentials: /)]);
  });

  it('what never answers is given up, and said', async () => {
    const server: Server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const env = { ...(await account()), AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}` };
    const { code, fails } = await doctor(
      ['--stage', 'dev', '--root', projectOf(good), '--timeout', '1'],
      env,
    );
    expect(code).toBe(1);
    expect(fails).toEqual(['table: no answer from dynamodb within 0.9 s']);
  });
});
