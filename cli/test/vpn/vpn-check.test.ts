// `livectl vpn --check`, the built file as a process, against real listeners: in namespaces if they are allowed.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointEvent } from '../../src/vpn/endpoint-lines.ts';
import { repository } from '../e2e/livectl-process.ts';
import { namespacesAllowed, TwoHosts } from './network-namespaces.ts';

const folder = mkdtempSync(join(tmpdir(), 'vpn-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Environments = Readonly<Record<string, Record<string, string>>>;

/** Runs `vpn --check` on a livectl.json of these functions. */
async function check(
  functions: Environments,
  options: { readonly args?: string[]; readonly on?: (command: readonly string[]) => readonly string[] } = {},
): Promise<Ended> {
  const entries = Object.entries(functions).map(([name, environment]) => [
    name,
    { handler: 'src/app.handler', runtime: 'nodejs22.x', environment },
  ]);
  writeFileSync(join(folder, 'livectl.json'), JSON.stringify({ functions: Object.fromEntries(entries) }));
  const command = [
    process.execPath,
    join(repository, 'dist/livectl.mjs'),
    'vpn',
    '--check',
    '--root',
    folder,
  ];
  const [program = '', ...args] = (options.on ?? ((it) => it))([...command, ...(options.args ?? [])]);
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

function events({ stdout }: Ended): EndpointEvent[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as EndpointEvent);
}

describe('on this machine', () => {
  const server = createServer((socket) => socket.end());
  let port = 0;
  let closedPort = 0;
  beforeAll(async () => {
    const other = createServer();
    for (const each of [server, other]) {
      each.listen(0, '127.0.0.1');
      await once(each, 'listening');
    }
    port = (server.address() as AddressInfo).port;
    closedPort = (other.address() as AddressInfo).port;
    other.close();
    await once(other, 'close');
  });
  afterAll(() => server.close());

  it('passes what answers and ends with 0', async () => {
    const ended = await check({ orders: { DB_URL: `postgres://app:s3cret@127.0.0.1:${port}/orders` } });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(
      new RegExp(
        `^orders\\n {2}✓ DB_URL {2}127\\.0\\.0\\.1:${port} \\(private\\) {2}reachable \\d+ ms by \\S+\\n$`,
      ),
    );
  });

  it('fails for what is refused, says what to do and ends with 1', async () => {
    const ended = await check({
      orders: { CACHE: `localhost:${closedPort}` },
      plain: { LEVEL: 'debug' },
    });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain(`✗ CACHE  localhost:${closedPort} → `);
    expect(ended.stdout).toContain(`nothing listens on port ${closedPort} of this machine`);
    expect(ended.stdout).toContain('plain\n  names no endpoint in its environment');
  });

  it('shows nothing of a value but host and port, in either format', async () => {
    const secret = 's3cr3t-word';
    const functions = {
      orders: {
        DB_URL: `postgres://${secret}:${secret}@127.0.0.1:${port}/${secret}?password=${secret}`,
        AMBIGUOUS: `postgres://app:${secret}/@${secret}@127.0.0.1:${port}/orders`,
        CONFIG: JSON.stringify({ host: '127.0.0.1', port, password: secret }),
      },
    };
    for (const format of ['pretty', 'json']) {
      const ended = await check(functions, { args: ['--format', format] });
      expect(ended.code).toBe(1);
      expect(ended.stdout).toContain('CONFIG.host');
      expect(ended.stdout).toContain('percent-encode');
      expect(ended.stdout + ended.stderr).not.toContain(secret);
    }
  });

  it('checks one function of several', async () => {
    const ended = await check(
      { orders: { CACHE: `127.0.0.1:${closedPort}` }, users: { DB: `127.0.0.1:${port}` } },
      { args: ['--function', 'users', '--format', 'json'] },
    );
    expect(ended.code).toBe(0);
    expect(events(ended)).toMatchObject([{ function: 'users', verdict: 'reachable', port }]);
  });

  it('skips what is not a port, and checks an endpoint with two names once each', async () => {
    const ended = await check(
      { orders: { DB_HOST: '127.0.0.1', ONE: `127.0.0.1:${port}`, TWO: `127.0.0.1:${port}` } },
      { args: ['--format', 'json'] },
    );
    expect(ended.code).toBe(0);
    expect(events(ended)).toMatchObject([
      { variable: 'DB_HOST', verdict: 'no_port', remedy: expect.stringContaining('DB_HOST') },
      { variable: 'ONE', verdict: 'reachable' },
      { variable: 'TWO', verdict: 'reachable' },
    ]);
  });

  it.each([
    [['--timeout', '0'], '--timeout must be 1 to 60 seconds, not 0'],
    [['--format', 'xml'], '--format must be pretty or json, not xml'],
    [['--function', 'oders'], 'did you mean "orders"?'],
  ])('refuses %j with 2', async (args, words) => {
    const ended = await check({ orders: {} }, { args });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(words);
  });
});

const allowed = namespacesAllowed();

describe.skipIf(!allowed)('over its own network', () => {
  let hosts: TwoHosts;
  let port = 0;
  beforeAll(async () => {
    hosts = new TwoHosts('tun7');
    port = await hosts.listen();
  });
  afterAll(() => hosts.remove());

  it('distinguishes reachable, refused, dropped and unresolved, and shows the interface', async () => {
    const ended = await check(
      {
        orders: {
          DB_URL: `postgres://app:s3cret@${hosts.name}:${port}/orders`,
          CACHE: `${hosts.host}:1`,
          QUEUE: `amqp://${hosts.silent}`,
          SEARCH: 'search.internal:9200',
        },
      },
      { args: ['--format', 'json', '--timeout', '1'], on: (command) => hosts.onNear(command) },
    );
    expect(ended.stderr).toBe('');
    const by = { interface: 'tun7', vpn: true, private: true };
    expect(events(ended)).toMatchObject([
      { variable: 'DB_URL', verdict: 'reachable', host: hosts.name, address: hosts.host, port, ...by },
      { variable: 'CACHE', verdict: 'refused', address: hosts.host, port: 1, ...by },
      {
        variable: 'QUEUE',
        verdict: 'timeout',
        address: hosts.silent,
        port: 5672,
        remedy: expect.stringContaining('authorization rule'),
        ...by,
      },
      { variable: 'SEARCH', verdict: 'unresolved', remedy: expect.stringContaining('resolver') },
    ]);
    expect(ended.code).toBe(1);
  });

  it('passes a name if one of its addresses answers', async () => {
    const ended = await check(
      { orders: { DB: `two.internal:${port}` } },
      { args: ['--format', 'json', '--timeout', '1'], on: (command) => hosts.onNear(command) },
    );
    expect(events(ended)).toMatchObject([{ verdict: 'reachable', address: hosts.host, port }]);
    expect(ended.code).toBe(0);
  });

  it('reports a network that no interface leads to', async () => {
    const ended = await check(
      { orders: { DB: '10.99.0.1:5432' } },
      { args: ['--format', 'json', '--timeout', '1'], on: (command) => hosts.onNear(command) },
    );
    expect(ended.code).toBe(1);
    expect(events(ended)).toMatchObject([
      { verdict: 'unreachable', remedy: expect.stringContaining('connect the VPN') },
    ]);
  });
});
