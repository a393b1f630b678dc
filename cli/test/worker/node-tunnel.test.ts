// The tunnel in the Node runtime client, as it is built: connections of a function's code to destinations in a VPC.
import { createServer as createHttpServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { echo, listen } from './local-servers.ts';
import { PoolHarness } from './pool-harness.ts';
import { RuntimeProcess } from './runtime-process.ts';
import { type CertificateFiles, testCertificate } from './test-certificate.ts';
import { srv, txt, vpcDnsServer } from './vpc-dns-server.ts';
import { VpcProxy } from './vpc-proxy.ts';

const here = dirname(fileURLToPath(import.meta.url));
const runtimeFile = join(here, '../../../dist/node-runtime.mjs');
const allow = ['10.20.0.0/16:*', '[fd12::/64]:5432', 'named.example:5432', '*.other.example:1-9999'];

/** LIVECTL_TEST_NODE: another Node.js than the one that runs the tests, or `deno run -A`. */
const testNode = process.env.LIVECTL_TEST_NODE?.split(' ') ?? [process.execPath, '--enable-source-maps'];

/** Without any DNS server, the look-up fails otherwise. */
const unresolved = expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/);

let vpc: VpcProxy;
const started: RuntimeProcess[] = [];

beforeEach(async () => {
  vpc = await VpcProxy.start();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop()));
});

async function worker(env: Record<string, string> = { LIVECTL_TUNNEL: vpc.settings(allow) }) {
  const runtime = await RuntimeProcess.start({
    runtimeFile,
    handler: 'connections.handler',
    taskRoot: join(here, 'fixtures/tunnel'),
    command: testNode,
    env,
  });
  started.push(runtime);
  return runtime;
}

/** What the function answers about a socket: see the fixture. Other actions answer otherwise. */
interface Seen {
  readonly events: unknown;
  readonly received: unknown;
  readonly state: unknown;
  readonly error: NodeJS.ErrnoException;
}

const result = async (event: object, process?: RuntimeProcess) =>
  (await (process ?? (await worker())).invoke(event)) as Seen;

describe('a connection', () => {
  it('to a name that does not resolve here goes through the tunnel, with the events of a direct one', async () => {
    vpc.add('db.internal:5432', await echo());
    expect(await result({ do: 'net', options: { host: 'db.internal', port: 5432 } })).toEqual({
      events: [['lookup', null, '198.18.0.2', 4, 'db.internal'], 'connect', 'ready', 'end', 'close'],
      received: 'hello',
      state: {
        ...{ remoteAddress: '198.18.0.2', remotePort: 5432, remoteFamily: 'IPv4' },
        ...{ connecting: false, pending: false },
      },
    });
    expect(vpc.requests).toEqual(['db.internal:5432']);
  });

  it.each([
    ['10.20.3.4', '10.20.3.4:5432', 'IPv4'],
    ['fd12::5', '[fd12::5]:5432', 'IPv6'],
  ])('to the private address %s goes through the tunnel', async (host, requested, family) => {
    vpc.add(requested, await echo());
    const { received, state, events } = await result({ do: 'net', options: { host, port: 5432 } });
    expect({ received, state, events }).toMatchObject({
      received: 'hello',
      state: { remoteAddress: host, remotePort: 5432, remoteFamily: family },
      events: ['connect', 'ready', 'end', 'close'],
    });
    expect(vpc.requests).toEqual([requested]);
  });

  it('to this machine is direct', async () => {
    const port = await echo();
    const process = await worker();
    for (const host of ['127.0.0.1', 'localhost', '::ffff:127.0.0.1', undefined]) {
      const { received, state } = await result({ do: 'net', options: { host, port } }, process);
      expect([received, state], String(host)).toMatchObject(['hello', { remotePort: port }]);
    }
    expect(vpc.requests).toEqual([]);
  });

  it('to a name that a look-up of the function finds is routed only if the address is private', async () => {
    const port = await echo();
    vpc.add(`named.example:5432`, port);
    vpc.add(`sub.other.example:${port}`, port);
    const process = await worker();
    const found = async (
      host: string,
      target: number,
      addresses: string[] | { code: string },
      all = false,
    ) => {
      const answer = Array.isArray(addresses)
        ? addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
        : addresses;
      return result({ do: 'customLookup', options: { host, port: target }, answer, all }, process);
    };
    for (const all of [false, true]) {
      expect((await found('named.example', 5432, ['192.168.7.7', '192.168.7.8'], all)).received).toBe(
        'hello',
      );
      expect((await found('any.example', port, ['127.0.0.1'], all)).received).toBe('hello');
      // A public one, or what stands for it here: loopback is never routed, and neither is a name that has one.
      expect((await found('named.example', port, ['127.0.0.1', '10.20.0.1'], all)).received).toBe('hello');
      expect((await found('gone.other.example', port, { code: 'ENOTFOUND' }, all)).error).toMatchObject({
        code: unresolved,
      });
    }
    expect(vpc.requests).toEqual([
      'named.example:5432',
      `gone.other.example:${port}`,
      'named.example:5432',
      `gone.other.example:${port}`,
    ]);
  });

  it('of a look-up of the code itself goes to the address that it found, where allow covers it', async () => {
    vpc.add('10.20.3.4:5432', await echo());
    const answer = [{ address: '10.20.3.4', family: 4 }];
    const options = { host: 'known.only.here', port: 5432 };
    for (const all of [false, true])
      expect((await result({ do: 'customLookup', options, answer, all })).received).toBe('hello');
    expect(vpc.requests).toEqual(['10.20.3.4:5432', '10.20.3.4:5432']);
  });

  it.each(['db.internal', '10.20.3.4', 'fd12::5'])(
    'to %s that the code ends at once sends everything, and ends',
    async (host) => {
      vpc.add(`${host.includes(':') ? `[${host}]` : host}:5432`, await echo());
      const { received, events } = await result({ do: 'endEarly', options: { host, port: 5432 } });
      expect(received).toBe('all of it');
      expect(events).toEqual(expect.arrayContaining(['connect', 'ready', 'end', 'close']));
    },
  );

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
    const options = { host: 'mysql.internal', port: 3306 };
    const { received } = await result({ do: 'net', options, send: '!' }, process);
    expect(received).toBe('a greeting of 24 bytes..!');
  });

  it('with the option onread receives everything', async () => {
    const port = await listen(createServer((socket) => socket.end('a greeting of 24 bytes..')));
    vpc.greetsAt = port;
    vpc.add('mysql.internal:3306', port);
    const event = { do: 'onread', options: { host: 'mysql.internal', port: 3306 }, size: 24 };
    expect(await result(event)).toBe('a greeting of 24 bytes..');
  });

  it('of a socket that is created first, as pg does, and unreferenced', async () => {
    vpc.add('db.internal:5432', await echo());
    const process = await worker();
    for (const unref of [false, true]) {
      const { received } = await result({ do: 'bare', host: 'db.internal', port: 5432, unref }, process);
      expect(received).toBe('bare');
    }
  });

  it('with family 6, autoSelectFamily, a local address or a string as port', async () => {
    vpc.add('db.internal:5432', await echo());
    const process = await worker();
    for (const more of [
      { family: 6 },
      { family: 4 },
      { autoSelectFamily: true },
      { autoSelectFamily: false },
      { localAddress: '10.9.8.7' },
      { port: '5432' },
    ]) {
      const options = { host: 'db.internal', port: 5432, ...more };
      const { received, state } = await result({ do: 'net', options }, process);
      expect([received, state], JSON.stringify(more)).toMatchObject([
        'hello',
        { remoteFamily: 'family' in more && more.family === 6 ? 'IPv6' : 'IPv4' },
      ]);
    }
  });

  it('carries 20 MB both ways', async () => {
    vpc.add('db.internal:5432', await echo());
    const options = { host: 'db.internal', port: 5432 };
    expect(await result({ do: 'large', options, bytes: 20_000_000 })).toBe(20_000_000);
  });
});

describe('an error', () => {
  it.each([
    [2, 'EACCES'],
    [3, 'ENETUNREACH'],
    [4, 'EHOSTUNREACH'],
    [5, 'ECONNREFUSED'],
    [6, 'ETIMEDOUT'],
    [1, 'ECONNRESET'],
  ])('for the reply %s is %s', async (reply, code) => {
    vpc.add('10.20.0.5:5432', { reply });
    const { error, events } = await result({ do: 'net', options: { host: '10.20.0.5', port: 5432 } });
    expect(error).toMatchObject({ code, syscall: 'connect', address: '10.20.0.5', port: 5432 });
    expect(error.errno).toBeLessThan(0);
    expect(error.message).toMatch(
      code === 'EACCES' ? /^connect EACCES 10\.20\.0\.5:5432: .*"allow"/ : `connect ${code} 10.20.0.5:5432`,
    );
    expect(events).toEqual(['error', 'close']);
  });

  it('for a name that the VPC does not resolve either is that of the look-up here', async () => {
    const { error } = await result({ do: 'net', options: { host: 'typo.internal', port: 5432 } });
    expect(error).toMatchObject({ code: unresolved, syscall: 'getaddrinfo', hostname: 'typo.internal' });
    expect(vpc.requests).toEqual(['typo.internal:5432']);
  });

  it('for a name that "allow" cannot cover is that of the look-up here, and the tunnel is not asked', async () => {
    const process = await worker({ LIVECTL_TUNNEL: vpc.settings(['db.internal:5432']) });
    for (const [host, port] of [
      ['db.internal', 5433],
      ['other.internal', 5432],
    ]) {
      const { error, events } = await result({ do: 'net', options: { host, port } }, process);
      expect(error).toMatchObject({ code: unresolved, syscall: 'getaddrinfo', hostname: host });
      expect(events).toEqual([
        ['lookup', unresolved, undefined, undefined, host].map((each) => each ?? null),
        'error',
        'close',
      ]);
    }
    expect(vpc.requests).toEqual([]);
  });

  it('names the tunnel if livectl is gone, or does not accept the password', async () => {
    const refused = await worker({ LIVECTL_TUNNEL: vpc.settings(allow, { password: 'another' }) });
    const event = { do: 'net', options: { host: '10.20.0.5', port: 5432 } };
    expect((await result(event, refused)).error).toMatchObject({
      code: 'ECONNRESET',
      message: expect.stringMatching(
        /livectl's tunnel at 127\.0\.0\.1:\d+ does not answer: it does not accept/,
      ),
    });
    const settings = vpc.settings(allow);
    vpc.stop();
    expect((await result(event, await worker({ LIVECTL_TUNNEL: settings }))).error).toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringMatching(/^connect ECONNREFUSED 10\.20\.0\.5:5432: livectl's tunnel at/),
    });
  });

  it('comes when the connection is lost before and after it was made', async () => {
    vpc.add('10.20.0.5:1', 'lost');
    vpc.add('10.20.0.5:2', await listen(createServer((socket) => socket.resetAndDestroy())));
    const process = await worker();
    for (const port of [1, 2]) {
      const event = { do: 'net', options: { host: '10.20.0.5', port } };
      const { error, events } = await result(event, process);
      expect([error, events]).toMatchObject([
        { code: 'ECONNRESET' },
        expect.arrayContaining(['error', 'close']),
      ]);
    }
  });
});

describe('while it connects, a socket', () => {
  const options = { host: '10.20.0.5', port: 5432 };

  beforeEach(() => vpc.add('10.20.0.5:5432', 'silent'));

  it('times out as a direct one', async () => {
    const { events } = await result({ do: 'timeout', options: { ...options, timeout: 80 } });
    expect(events).toEqual(['timeout', 'close']);
  });

  it('is aborted or destroyed, and leaves no connection behind', async () => {
    const process = await worker();
    expect((await result({ do: 'abort', options }, process)).error).toMatchObject({ code: 'ABORT_ERR' });
    expect((await result({ do: 'destroyed', options }, process)).events).toEqual(['close']);
    await expect.poll(() => vpc.open).toBe(0);
  });
});

describe('TLS and what is built on it', () => {
  let certificate: CertificateFiles;
  const tlsOptions = () => ({ key: certificate.key, cert: certificate.cert });

  beforeEach(() => {
    certificate = testCertificate('db.internal');
  });

  it('verifies the host name, which the server is told (SNI)', async () => {
    const names: unknown[] = [];
    const server = createTlsServer(tlsOptions(), (socket: TLSSocket) => {
      names.push(socket.servername);
      socket.pipe(socket);
      socket.on('error', () => {});
    });
    vpc.add('db.internal:5432', await listen(server));
    vpc.add('wrong.internal:5432', (server.address() as AddressInfo).port);
    const process = await worker();
    const event = (host: string, more = {}) => ({
      do: 'tls',
      options: { host, port: 5432, ca: certificate.cert, ...more },
    });
    const { received, state, events } = await result(
      event('db.internal', { servername: 'db.internal' }),
      process,
    );
    expect([received, state]).toMatchObject(['hello', { authorized: true, servername: 'db.internal' }]);
    const early = { ...event('db.internal', { servername: 'db.internal' }), do: 'endEarly' };
    expect((await result(early, process)).received).toBe('all of it');
    expect(events).toEqual([
      ['lookup', null, '198.18.0.2', 4, 'db.internal'],
      ...['connect', 'ready', 'secureConnect', 'end', 'close'],
    ]);
    expect((await result(event('wrong.internal'), process)).error).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect((await result(event('db.internal', { ca: undefined }), process)).error).toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(names[0]).toBe('db.internal');
  });

  it('http, https, fetch, HTTP/2 and WebSocket', async () => {
    const server = createHttpServer((request, response) => {
      request.pipe(response);
      if (request.method === 'GET') response.end(`http at ${request.headers.host}`);
    });
    vpc.add('web.internal:80', await listen(server));
    new WebSocketServer({ server }).on('connection', (socket) =>
      socket.on('message', (data) => socket.send(String(data))),
    );
    const secure = createHttpsServer(tlsOptions(), (request, response) => {
      response.end(`https at ${request.headers.host}`);
    });
    vpc.add('db.internal:443', await listen(secure));
    const second = createSecureServer(tlsOptions(), (request, response) => {
      response.end(`HTTP/${request.httpVersion} at ${request.authority}`);
    });
    vpc.add('db.internal:8443', await listen(second));
    const process = await worker();
    const ca = certificate.cert;
    const answer = (event: object) => result(event, process);
    expect(await answer({ do: 'http', url: 'http://web.internal/' })).toEqual({
      status: 200,
      body: 'http at web.internal',
    });
    expect(await answer({ do: 'https', url: 'https://db.internal/', ca })).toEqual({
      status: 200,
      body: 'https at db.internal',
    });
    expect(await answer({ do: 'fetch', url: 'http://web.internal/' })).toEqual({
      status: 200,
      body: 'a body',
    });
    expect(await answer({ do: 'http2', url: 'https://db.internal:8443/', ca })).toBe(
      'HTTP/2.0 at db.internal:8443',
    );
    expect(await answer({ do: 'webSocket', url: 'ws://web.internal/' })).toBe('over a WebSocket');
  });
});

describe('a look-up', () => {
  it('of a name that only the VPC may resolve finds an address whose connections are routed by the name', async () => {
    vpc.add('db.internal:5432', await echo());
    const process = await worker();
    const answer = (event: object) => result(event, process);
    const four = { address: '198.18.0.2', family: 4 };
    expect(await answer({ do: 'lookup', host: 'db.internal' })).toEqual(four);
    expect(await answer({ do: 'lookup', host: 'DB.internal.', options: { all: true } })).toEqual({
      address: [four],
    });
    expect(await answer({ do: 'lookup', host: 'db.internal', options: 6 })).toEqual({
      address: '2001:2::1',
      family: 6,
    });
    expect(await answer({ do: 'promisedLookup', host: 'db.internal', options: {} })).toEqual({
      imported: four,
      promised: four,
    });
    const { received, state } = await answer({ do: 'lookupFirst', host: 'db.internal', port: 5432 });
    expect([received, state]).toMatchObject(['by address', { remoteAddress: '198.18.0.2' }]);
    expect(vpc.requests).toEqual(['db.internal:5432']);
  });

  it('of any other name fails as without a tunnel', async () => {
    const process = await worker({ LIVECTL_TUNNEL: vpc.settings(['named.internal:5432-5440']) });
    expect(await result({ do: 'lookup', host: 'db.internal' }, process)).toMatchObject({
      code: unresolved,
      hostname: 'db.internal',
    });
    expect(await result({ do: 'lookup', host: 'named.internal' }, process)).toMatchObject({ family: 4 });
    expect(await result({ do: 'lookupFirst', host: 'named.internal', port: 80 }, process)).toMatchObject({
      error: { code: 'EACCES', message: expect.stringContaining('"allow"') },
    });
    expect(vpc.requests).toEqual([]);
  });

  it('of a name of this machine is what it is', async () => {
    const process = await worker();
    expect(await result({ do: 'lookup', host: 'localhost', options: 4 }, process)).toEqual({
      address: '127.0.0.1',
      family: 4,
    });
  });
});

describe('records of the VPC', () => {
  const allowed = ['10.20.0.0/16:*'];

  it('are those of its DNS server, where there are none here', async () => {
    const records = {
      '_mongodb._tcp.db.internal/33': [
        srv(0, 5, 27_017, 'a.db.internal'),
        srv(1, 6, 27_018, 'b.db.internal'),
      ],
      'db.internal/16': [txt('authSource=admin', '&x=1'), txt('')],
      'db.internal/1': [Buffer.from([10, 20, 7, 8])],
    };
    vpc.add('10.20.0.2:53', await vpcDnsServer(records));
    const process = await worker({ LIVECTL_TUNNEL: vpc.settings(allowed) });
    const all = (found: unknown) => ({ promised: found, byName: found, called: found });
    const asked = (host: string, type: string) => result({ do: 'records', host, type }, process);
    expect(await asked('_mongodb._tcp.db.internal', 'SRV')).toEqual(
      all([
        { priority: 0, weight: 5, port: 27_017, name: 'a.db.internal' },
        { priority: 1, weight: 6, port: 27_018, name: 'b.db.internal' },
      ]),
    );
    expect(await asked('db.internal', 'TXT')).toEqual(all([['authSource=admin', '&x=1'], ['']]));
    expect(await asked('db.internal', 'A')).toEqual(all(['10.20.7.8']));
  });

  it('fail as here if the VPC has none either, or "allow" does not cover its DNS server', async () => {
    vpc.add('10.20.0.2:53', await vpcDnsServer({}));
    const code = expect.stringMatching(/^(ENOTFOUND|ECONNREFUSED|EREFUSED|ESERVFAIL|ETIMEOUT)$/);
    for (const entries of [allowed, ['10.20.0.0/16:5432', 'db.internal:53']]) {
      const process = await worker({ LIVECTL_TUNNEL: vpc.settings(entries) });
      const answer = (await result({ do: 'records', host: 'db.internal', type: 'SRV' }, process)) as object;
      expect(answer).toMatchObject({ thrown: { code, syscall: 'querySrv', hostname: 'db.internal' } });
    }
    expect(vpc.requests).toEqual(['10.20.0.2:53']);
  });
});

describe('what the function starts', () => {
  it('as a thread is routed, with its own options or without', async () => {
    vpc.add('db.internal:5432', await echo());
    const process = await worker();
    for (const options of [{}, { env: { OWN: '1' } }, { execArgv: ['--no-warnings'] }]) {
      expect(await result({ do: 'thread', host: 'db.internal', port: 5432, options }, process)).toEqual({
        message: 'thread true',
        isWorker: true,
        name: 'Worker',
      });
    }
  });

  it.each(['spawn', 'shell', 'execFileSync', 'fork'])('by %s as a child process is routed', async (how) => {
    vpc.add('db.internal:5432', await echo());
    expect(await result({ do: 'child', host: 'db.internal', port: 5432, how })).toBe(
      how === 'fork' ? 'forked' : 'child true undefined\n',
    );
  });
});

describe('the settings', () => {
  it('are not seen by the function', async () => {
    const process = await worker();
    const variables = await result({ do: 'environment' }, process);
    expect(Object.keys(variables).filter((name) => /^(LIVECTL_|NODE_OPTIONS)/.test(name))).toEqual([]);
    expect(JSON.stringify(variables)).not.toContain('a password');
  });

  it.each([
    ['no JSON', 'it must be JSON'],
    ['{"proxy":"10.0.0.1:1080"}', '"proxy" must be 127.0.0.1:PORT'],
    ['{"proxy":"127.0.0.1:1080","username":"a"}', '"password" must have 1 to 255 bytes'],
    ['{"proxy":"127.0.0.1:1080","username":"a","password":"b"}', '"allow" must be a list'],
    [
      '{"proxy":"127.0.0.1:1","username":"a","password":"b","allow":["db"]}',
      'allow has the invalid entry "db"',
    ],
  ])('that are invalid (%s) are reported once, and nothing is routed', async (text, what) => {
    const process = await worker({ LIVECTL_TUNNEL: text });
    const { error } = await result({ do: 'net', options: { host: 'db.internal', port: 5432 } }, process);
    expect(error).toMatchObject({ code: unresolved });
    expect(process.stderr.match(/livectl: /g)).toHaveLength(1);
    expect(process.stderr).toContain(`livectl: LIVECTL_TUNNEL is invalid: ${what}`);
  });

  it('are those of the function that a worker is assigned to, and may change', async () => {
    const port = await echo();
    vpc.add('db.internal:5432', port);
    let tunnel: string | undefined;
    const harness = new PoolHarness(runtimeFile, {
      tunnelOf: (name) => (name === 'app' ? tunnel : undefined),
    });
    for (const name of ['app', 'other']) harness.use(name, '../worker/fixtures/tunnel/connections.mjs');
    const event = { do: 'net', options: { host: 'db.internal', port: 5432 } };
    const seen = async (name: string) => {
      const { error, received } = (await harness.answer(name, event)) as Seen;
      return error?.code ?? received;
    };
    const pids = () => harness.ofType('worker_started').map(({ pid }) => pid);
    expect(await seen('app')).toEqual(unresolved);
    tunnel = vpc.settings(allow);
    expect(await seen('app')).toBe('hello');
    expect(await seen('other')).toEqual(unresolved);
    tunnel = vpc.settings(['elsewhere.internal:1']);
    expect(await seen('app')).toEqual(unresolved);
    tunnel = undefined;
    expect(await seen('app')).toEqual(unresolved);
    expect(pids()).toHaveLength(2);
    expect(vpc.requests).toEqual(['db.internal:5432']);
  });

  it('reach what NODE_OPTIONS starts with the function', async () => {
    vpc.add('db.internal:5432', await echo());
    const settings = vpc.settings(allow);
    const harness = new PoolHarness(runtimeFile, { tunnelOf: () => settings });
    harness.use('app', '../worker/fixtures/tunnel/connections.mjs');
    const environment = { NODE_OPTIONS: '--no-warnings' };
    const event = { do: 'net', options: { host: 'db.internal', port: 5432 } };
    expect(await harness.answer('app', event, { environment })).toMatchObject({ received: 'hello' });
    const variables = (await harness.answer('app', { do: 'environment' }, { environment })) as object;
    expect(variables).toMatchObject({ NODE_OPTIONS: '--no-warnings' });
    expect(variables).not.toHaveProperty('LIVECTL_TUNNEL');
  });
});
