// The tunnel in the Python runtime client: connections of a function's code to destinations in a VPC.
import { spawnSync } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { echo, listen } from './local-servers.ts';
import { PoolHarness } from './pool-harness.ts';
import { python, skipReason } from './python-interpreter.ts';
import { pythonRuntimes } from './python-runtime-harness.ts';
import type { RuntimeProcess } from './runtime-process.ts';
import { testCertificate } from './test-certificate.ts';
import { VpcProxy } from './vpc-proxy.ts';

const here = dirname(fileURLToPath(import.meta.url));
const taskRoot = join(here, 'fixtures/tunnel');
const allow = ['10.20.0.0/16:*', '[fd12::/64]:5432', 'named.example:5432'];
/** Without any DNS server, the look-up fails otherwise. */
const unresolved = expect.stringMatching(/^EAI_(NONAME|AGAIN)$/);

const runtimes = pythonRuntimes();
let vpc: VpcProxy;

beforeEach(async () => {
  vpc = await VpcProxy.start();
});

const worker = (env: Record<string, string> = { LIVECTL_TUNNEL: vpc.settings(allow) }) =>
  runtimes.start('connections.handler', { taskRoot, env });

/** What the function answers: see the fixture. */
const result = async (event: object, process?: RuntimeProcess): Promise<unknown> =>
  (process ?? (await worker())).invoke(event);

describe.skipIf(skipReason)('a connection', () => {
  it('to a name that does not resolve here goes through the tunnel', async () => {
    vpc.add('db.internal:5432', await echo());
    const process = await worker();
    const target = { host: 'db.internal', port: 5432 };
    const hello = { received: 'hello', peer: ['198.18.0.2', 5432] };
    expect(await result({ do: 'create_connection', ...target }, process)).toEqual({
      ...hello,
      timeout: null,
    });
    for (const timeout of [3, null]) {
      for (const how of ['create_connection', 'connect', 'connect_ex'])
        expect(await result({ do: how, ...target, timeout }, process)).toEqual({ ...hello, timeout });
    }
    expect(await result({ do: 'connect', ...target, family: 'AF_INET6' }, process)).toEqual({
      received: 'hello',
      peer: ['2001:2::1', 5432, 0, 0],
      timeout: null,
    });
    expect(new Set(vpc.requests)).toEqual(new Set(['db.internal:5432']));
  });

  it('to a private address goes through the tunnel', async () => {
    const port = await echo();
    vpc.add('10.20.3.4:5432', port);
    vpc.add('[fd12::5]:5432', port);
    const process = await worker();
    for (const host of ['10.20.3.4', 'fd12::5'])
      expect(await result({ do: 'create_connection', host, port: 5432 }, process)).toMatchObject({
        received: 'hello',
        peer: expect.arrayContaining([host, 5432]),
      });
    expect(vpc.requests).toEqual(['10.20.3.4:5432', '[fd12::5]:5432']);
  });

  it('to this machine is direct', async () => {
    const port = await echo();
    const process = await worker();
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await result({ do: 'create_connection', host, port }, process), host).toMatchObject({
        peer: ['127.0.0.1', port],
      });
    expect(vpc.requests).toEqual([]);
  });

  it('takes what the server sends first, also in the packet of the reply', async () => {
    const port = await listen(
      createServer((socket) => {
        socket.write('a greeting of 24 bytes..');
        socket.pipe(socket);
      }),
    );
    vpc.greetsAt = port;
    vpc.add('mysql.internal:3306', port);
    const process = await worker();
    for (const how of ['create_connection', 'non_blocking'])
      expect(await result({ do: how, host: 'mysql.internal', port: 3306 }, process)).toMatchObject({
        received: expect.stringMatching(/^a greeting of 24 bytes\.\.(hello|never blocks)$/),
      });
  });

  it.each(['AF_INET', 'AF_INET6'])(
    'of a socket that never blocks is in progress at once (%s)',
    async (family) => {
      vpc.add('db.internal:5432', await echo());
      expect(await result({ do: 'non_blocking', host: 'db.internal', port: 5432, family })).toMatchObject({
        ...{ begun: 'EINPROGRESS', writable: true, failed: 0, received: 'never blocks' },
        peer: expect.arrayContaining(['db.internal', 5432]),
      });
    },
  );

  it('of a socket that never blocks is reset if it is refused', async () => {
    vpc.add('db.internal:5432', { reply: 5 });
    expect(await result({ do: 'non_blocking', host: 'db.internal', port: 5432 })).toMatchObject({
      error: { name: expect.stringMatching(/^(ECONNRESET|EPIPE|ENOTCONN)$/) },
    });
  });

  it.each(['large', 'large_non_blocking'])('carries 20 MB both ways (%s)', async (how) => {
    vpc.add('db.internal:5432', await echo());
    expect(await result({ do: how, host: 'db.internal', port: 5432, bytes: 20_000_000 })).toBe(20_000_000);
  });

  it('of asyncio does not block its loop, and can be cancelled', async () => {
    vpc.add('db.internal:5432', await echo());
    vpc.add('slow.internal:5432', 'silent');
    const process = await worker();
    expect(await result({ do: 'asynchronous', host: 'db.internal', port: 5432 }, process)).toEqual({
      received: 'asyncio',
      peer: ['198.18.0.2', 5432],
    });
    const slow = { do: 'asynchronous_meanwhile', host: 'slow.internal', port: 5432 };
    expect(await result(slow, process)).toEqual({ ticks: 20, cancelled: true });
    await expect.poll(() => vpc.open).toBe(0);
  });
});

describe.skipIf(skipReason)('an error', () => {
  it.each([
    [2, 'PermissionError', 'EACCES'],
    [3, 'OSError', 'ENETUNREACH'],
    [4, 'OSError', 'EHOSTUNREACH'],
    [5, 'ConnectionRefusedError', 'ECONNREFUSED'],
    [6, 'TimeoutError', 'ETIMEDOUT'],
    [1, 'ConnectionResetError', 'ECONNRESET'],
  ])('for the reply %s is a %s, in all ways to connect', async (reply, error, name) => {
    vpc.add('10.20.0.5:5432', { reply });
    const process = await worker();
    const target = { host: '10.20.0.5', port: 5432 };
    for (const how of ['create_connection', 'connect', 'asynchronous']) {
      const answer = await result({ do: how, ...target }, process);
      expect(answer, how).toMatchObject({ error: { class: error, name } });
      if (reply === 2) expect(JSON.stringify(answer)).toMatch(/10\.20\.0\.5:5432.*allow/);
    }
    expect(await result({ do: 'connect_ex', ...target }, process)).toBe(name);
  });

  it('for a name that does not resolve in the VPC either is that of the look-up here', async () => {
    const process = await worker();
    for (const how of ['create_connection', 'connect', 'asynchronous']) {
      const { error } = (await result({ do: how, host: 'typo.internal', port: 1 }, process)) as {
        error: object;
      };
      expect(error).toMatchObject({ class: 'gaierror', name: unresolved });
    }
    expect(vpc.requests).toHaveLength(3);
  });

  it('for a name that "allow" cannot cover is that of the look-up here, and the tunnel is not asked', async () => {
    const process = await worker({ LIVECTL_TUNNEL: vpc.settings(['db.internal:5432']) });
    for (const [host, port] of [
      ['db.internal', 5433],
      ['other.internal', 5432],
    ])
      expect(await result({ do: 'create_connection', host, port }, process)).toMatchObject({
        error: { class: 'gaierror', name: unresolved },
      });
    expect(vpc.requests).toEqual([]);
  });

  it('names the tunnel if livectl is gone, or does not accept the password', async () => {
    const refused = await worker({ LIVECTL_TUNNEL: vpc.settings(allow, { password: 'another' }) });
    const target = { host: '10.20.0.5', port: 5432 };
    const settings = vpc.settings(allow);
    for (const how of ['create_connection', 'asynchronous'])
      expect(await result({ do: how, ...target }, refused)).toMatchObject({
        error: {
          message: expect.stringMatching(/livectl's tunnel does not answer: it does not accept the password/),
        },
      });
    vpc.stop();
    const alone = await worker({ LIVECTL_TUNNEL: settings });
    for (const how of ['create_connection', 'asynchronous'])
      expect(await result({ do: how, ...target }, alone)).toMatchObject({
        error: { name: 'ECONNREFUSED', message: expect.stringContaining("livectl's tunnel does not answer") },
      });
  });

  it('comes at the timeout of the socket', async () => {
    vpc.add('10.20.0.5:5432', 'silent');
    const process = await worker();
    const target = { host: '10.20.0.5', port: 5432, timeout: 0.1 };
    expect(await result({ do: 'create_connection', ...target }, process)).toMatchObject({
      error: { message: 'timed out' },
    });
    expect(await result({ do: 'connect_ex', ...target }, process)).toBe('EAGAIN');
    await expect.poll(() => vpc.open).toBe(0);
  });

  it('has no frame of livectl in what Lambda reports', async () => {
    vpc.add('10.20.0.5:5432', { reply: 5 });
    const answer = (await result({ do: 'raised', host: '10.20.0.5', port: 5432 })) as {
      stackTrace: string[];
    };
    expect(answer).toMatchObject({ errorType: 'ConnectionRefusedError' });
    expect(answer.stackTrace.join('')).toContain('connections.py');
    expect(answer.stackTrace.join('')).not.toContain('python-tunnel.py');
  });
});

describe.skipIf(skipReason)('TLS and HTTP', () => {
  it('verify the host name, which the server is told (SNI)', async () => {
    const certificate = testCertificate('db.internal');
    const names: unknown[] = [];
    const options = { key: certificate.key, cert: certificate.cert };
    const server = createTlsServer(options, (socket: TLSSocket) => {
      names.push(socket.servername);
      socket.pipe(socket).on('error', () => {});
    });
    const port = await listen(server);
    vpc.add('db.internal:5432', port);
    vpc.add('wrong.internal:5432', port);
    const secure = createHttpsServer(options, (request, response) =>
      response.end(`https at ${request.headers.host}`),
    );
    vpc.add('db.internal:443', await listen(secure));
    const process = await worker();
    const ca = certificate.cert;
    const event = { do: 'tls', host: 'db.internal', port: 5432, ca };
    expect(await result(event, process)).toEqual({ received: 'hello', peer: ['198.18.0.2', 5432] });
    expect(await result({ ...event, wrap_first: true }, process)).toBe('hello');
    expect(await result({ ...event, do: 'asynchronous' }, process)).toMatchObject({ received: 'asyncio' });
    expect(await result({ ...event, host: 'wrong.internal' }, process)).toMatchObject({
      error: {
        message: expect.stringMatching(/certificate is not valid for 'wrong\.internal'|doesn't match/),
      },
    });
    expect(await result({ ...event, ca: undefined }, process)).toMatchObject({
      error: { message: expect.stringContaining('self') },
    });
    expect(await result({ do: 'https_client', url: 'https://db.internal/', ca }, process)).toBe(
      'https at db.internal',
    );
    expect(names.slice(0, 3)).toEqual(['db.internal', 'db.internal', 'db.internal']);
  });

  it('http.client and urllib', async () => {
    const server = createHttpServer((request, response) =>
      response.end(`${request.headers.host}${request.url}`),
    );
    vpc.add('web.internal:80', await listen(server));
    const process = await worker();
    expect(await result({ do: 'http_client', host: 'web.internal', port: 80 }, process)).toEqual({
      status: 200,
      body: 'web.internal/path',
    });
    expect(await result({ do: 'url', url: 'http://web.internal/u' }, process)).toBe('web.internal/u');
  });
});

describe.skipIf(skipReason)('a look-up', () => {
  it('of a name that only the VPC may resolve finds an address that stands for it', async () => {
    const process = await worker();
    const event = { do: 'lookup', host: 'db.internal' };
    expect(await result(event, process)).toEqual(['198.18.0.2']);
    expect(await result({ ...event, family: 'AF_INET6' }, process)).toEqual(['2001:2::1']);
    expect(await result({ do: 'lookup_ipv4', host: 'DB.internal' }, process)).toEqual([
      '198.18.0.2',
      ['DB.internal', [], ['198.18.0.2']],
    ]);
    expect(await result({ do: 'lookup', host: 'localhost', family: 'AF_INET' }, process)).toEqual([
      '127.0.0.1',
    ]);
  });

  it('of any other name fails as without a tunnel', async () => {
    const process = await worker({ LIVECTL_TUNNEL: vpc.settings(['named.internal:5432-5440']) });
    expect(await result({ do: 'lookup', host: 'db.internal' }, process)).toMatchObject({
      error: { class: 'gaierror' },
    });
    expect(await result({ do: 'lookup', host: 'named.internal' }, process)).toEqual(['198.18.0.2']);
    expect(await result({ do: 'lookup', host: 'named.internal', port: 80 }, process)).toMatchObject({
      error: { class: 'gaierror' },
    });
    expect(await result({ do: 'connect', host: '198.18.0.2', port: 80 }, process)).toMatchObject({
      error: { class: 'PermissionError', message: expect.stringContaining('allow') },
    });
  });
});

describe.skipIf(skipReason)('the settings', () => {
  it.each([false, true])('reach a child process by fork (never blocks: %s)', async (nonBlocking) => {
    vpc.add('db.internal:5432', await echo());
    const process = await worker();
    const event = { host: 'db.internal', port: 5432 };
    // The parent's threads are not the child's.
    await result({ do: 'non_blocking', ...event }, process);
    expect(await result({ do: 'forked', non_blocking: nonBlocking, ...event }, process)).toBe(
      nonBlocking ? 'never blocks' : 'hello',
    );
  });

  it('are not seen by the function', async () => {
    const variables = (await result({ do: 'environment' })) as object;
    expect(Object.keys(variables).filter((name) => name.startsWith('LIVECTL_'))).toEqual([]);
    expect(JSON.stringify(variables)).not.toContain('a password');
  });

  it.each([
    ['no JSON', 'it must be JSON'],
    ['{"proxy":"10.0.0.1:1080"}', '"proxy" must be 127.0.0.1:PORT'],
    ['{"proxy":"127.0.0.1:1080","username":"a"}', '"password" must have 1 to 255 bytes'],
    ['{"proxy":"127.0.0.1:1080","username":"a","password":"b"}', '"allow" must be a list'],
  ])('that are invalid (%s) are reported once, and nothing is routed', async (text, what) => {
    const process = await worker({ LIVECTL_TUNNEL: text });
    expect(await result({ do: 'create_connection', host: 'db.internal', port: 5432 }, process)).toMatchObject(
      {
        error: { class: 'gaierror', name: unresolved },
      },
    );
    expect(process.stderr.match(/livectl: /g)).toHaveLength(1);
    expect(process.stderr).toContain(`livectl: LIVECTL_TUNNEL is invalid: ${what}`);
  });

  it('are those of the function that a worker is assigned to, and may change', async () => {
    vpc.add('db.internal:5432', await echo());
    let tunnel: string | undefined;
    const harness = new PoolHarness('none', { tunnelOf: () => tunnel });
    harness.use(
      'app',
      { kind: 'python', interpreter: python },
      { taskRoot, handler: 'connections.handler', runtime: 'python3.13' },
    );
    const event = { do: 'create_connection', host: 'db.internal', port: 5432 };
    const failed = { error: { class: 'gaierror', name: unresolved } };
    expect(await harness.answer('app', event)).toMatchObject(failed);
    tunnel = vpc.settings(allow);
    expect(await harness.answer('app', event)).toMatchObject({ received: 'hello' });
    tunnel = undefined;
    expect(await harness.answer('app', event)).toMatchObject(failed);
    expect(harness.ofType('worker_started')).toHaveLength(1);
  });
});

it.skipIf(skipReason)('has the rules of protocol/tunnel/allow.ts', () => {
  const program = `
import importlib.machinery, json, sys
part = type(sys)("part")
importlib.machinery.SourceFileLoader("part", sys.argv[1]).exec_module(part)
for entry, host, port, permitted in json.load(open(sys.argv[2]))["permits"]:
    allow = part.Allow([entry])
    is_name = isinstance(part.host_of(host), str)
    found = [allow.allows_name(host, port), allow.allows_address(host, port)]
    if found != [permitted and is_name, permitted and not is_name]:
        print(entry, host, port, permitted, found)
print("all")`;
  const files = ['src/worker/python-runtime/python-tunnel.py', '../protocol/test/tunnel/allow-cases.json'];
  const args = ['-B', '-c', program, ...files.map((file) => join(here, '../..', file))];
  const { stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' });
  expect([stdout, stderr]).toEqual(['all\n', '']);
});
