// Real drivers in a function with a tunnel. Node.js: mysql2 and mongodb. Python, from Debian's packages for /usr/bin/python3:
// psycopg2, psycopg, pg8000, pymysql, redis, requests. PostgreSQL is the real one; the other servers speak their protocols as far
// as connecting needs it.
import { spawnSync } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from './local-servers.ts';
import { mysqlServer } from './mysql-server.ts';
import { startPostgres } from './postgres-server.ts';
import { RuntimeProcess } from './runtime-process.ts';
import { testCertificate } from './test-certificate.ts';
import { srv, txt, vpcDnsServer } from './vpc-dns-server.ts';
import { VpcProxy } from './vpc-proxy.ts';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, '../../../test-real/package.json'));
const allow = ['10.20.0.0/16:*'];

/** Why the tests in Python are skipped, if they are; never under CI, where they fail instead. */
const packages = 'psycopg2, psycopg, pg8000, pymysql, redis, requests';
const withoutPackages =
  !process.env.CI && spawnSync('/usr/bin/python3', ['-c', `import ${packages}`]).status !== 0;

let vpc: VpcProxy;
const started: RuntimeProcess[] = [];

beforeEach(async () => {
  vpc = await VpcProxy.start();
});
afterEach(() => Promise.all(started.splice(0).map((runtime) => runtime.stop())));

/** What a function of fixtures/tunnel answers. */
async function result(event: object, language: 'node' | 'python' = 'node'): Promise<unknown> {
  const runtime = await RuntimeProcess.start({
    runtimeFile: join(
      here,
      `../../../dist/${language === 'node' ? 'node-runtime.mjs' : 'python-runtime.py'}`,
    ),
    handler: 'drivers.handler',
    ...(language === 'python' && { command: ['/usr/bin/python3', '-B'], runtime: 'python3.11' }),
    taskRoot: join(here, 'fixtures/tunnel'),
    env: { LIVECTL_TUNNEL: vpc.settings(allow) },
  });
  started.push(runtime);
  return runtime.invoke(event);
}

describe('mysql2', () => {
  it.each([false, true])('connects and queries (pool: %s)', async (pool) => {
    vpc.add('mysql.internal:3306', await mysqlServer());
    const options = { host: 'mysql.internal', user: 'tom', password: 'x', connectTimeout: 5000 };
    expect(await result({ do: 'mysql', options, pool })).toEqual([{ 1: 1 }]);
    expect(vpc.requests).toEqual(['mysql.internal:3306']);
  });

  it('reports a refused connection as without a tunnel', async () => {
    vpc.add('mysql.internal:3306', { reply: 5 });
    const options = { host: 'mysql.internal', user: 'tom', password: 'x' };
    expect(await result({ do: 'mysql', options })).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('mongodb', () => {
  /** Answers `hello`, and `{ ok: 1 }` to everything else. */
  function answer(socket: Socket, host: string): void {
    const { serialize } = require('bson');
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 16 && received.length >= received.readInt32LE(0)) {
        const request = received.subarray(0, received.readInt32LE(0));
        received = received.subarray(request.length);
        const [id, code] = [request.readInt32LE(4), request.readInt32LE(12)];
        const document = serialize({
          ...{ ok: 1, helloOk: true, isWritablePrimary: true, ismaster: true, maxBsonObjectSize: 16_777_216 },
          ...{
            maxMessageSizeBytes: 48_000_000,
            maxWriteBatchSize: 100_000,
            minWireVersion: 0,
            maxWireVersion: 21,
          },
          ...{ setName: 'rs0', setVersion: 1, hosts: [host], me: host, primary: host },
        }) as Buffer;
        // A reply to an OP_QUERY, or an OP_MSG with one section.
        const isQuery = code === 2004;
        const head = Buffer.alloc(isQuery ? 36 : 21);
        head.writeInt32LE(head.length + document.length, 0);
        head.writeInt32LE(id, 8);
        head.writeInt32LE(isQuery ? 1 : 2013, 12);
        if (isQuery) head.writeInt32LE(1, 32);
        socket.write(Buffer.concat([head, document]));
      }
    });
  }

  it('connects by a host name', async () => {
    const host = 'mongo.internal:27017';
    vpc.add(host, await listen(createServer((socket) => answer(socket, host))));
    expect(await result({ do: 'mongodb', url: `mongodb://${host}/?replicaSet=rs0` })).toMatchObject({
      ok: 1,
    });
    expect(new Set(vpc.requests)).toEqual(new Set([host]));
  });

  it('connects by mongodb+srv, whose records only the VPC has, with TLS', async () => {
    const host = 'a.cluster.internal:27017';
    const certificate = testCertificate('a.cluster.internal');
    const options = { key: certificate.key, cert: certificate.cert };
    vpc.add(host, await listen(createTlsServer(options, (socket) => answer(socket, host))));
    const dns = await vpcDnsServer({
      '_mongodb._tcp.db.cluster.internal/33': [srv(0, 0, 27_017, 'a.cluster.internal')],
      'db.cluster.internal/16': [txt('replicaSet=rs0')],
    });
    vpc.add('10.20.0.2:53', dns);
    const url = 'mongodb+srv://db.cluster.internal/';
    expect(await result({ do: 'mongodb', url, options: { tlsCAFile: certificate.certFile } })).toMatchObject({
      ok: 1,
      replicaSet: 'rs0',
    });
    expect(vpc.requests.slice(0, 2).sort()).toEqual(['10.20.0.2:53', '10.20.0.2:53']);
    expect(vpc.requests).toContain(host);
  });
});

describe.skipIf(withoutPackages)('in Python', () => {
  const answer = (event: object) => result(event, 'python');

  it('psycopg2, psycopg and pg8000 connect to PostgreSQL, and libpq verifies its name', async () => {
    const certificate = testCertificate('pg.internal');
    const port = await startPostgres(certificate);
    for (const name of ['pg.internal', 'other.internal']) vpc.add(`${name}:5432`, port);
    const options = { host: 'pg.internal', user: 'tom', database: 'postgres' };
    const tls = `sslmode=verify-full sslrootcert=${certificate.certFile}`;
    const dsn = `host=pg.internal user=tom dbname=postgres ${tls}`;
    const one = [[1]];
    expect(await answer({ do: 'psycopg2', options })).toEqual(one);
    expect(await answer({ do: 'psycopg2', dsn })).toEqual(one);
    expect(await answer({ do: 'psycopg2', dsn: 'postgresql://tom@pg.internal:5432/postgres' })).toEqual(one);
    const variables = { PGHOST: 'pg.internal', PGUSER: 'tom', PGDATABASE: 'postgres' };
    expect(await answer({ do: 'psycopg2', dsn: tls, variables })).toEqual(one);
    expect(await answer({ do: 'psycopg', dsn })).toEqual(one);
    expect(await answer({ do: 'psycopg_async', dsn })).toEqual(one);
    expect(await answer({ do: 'pg8000', options })).toEqual(one);
    expect(new Set(vpc.requests)).toEqual(new Set(['pg.internal:5432']));
    for (const how of ['psycopg2', 'psycopg', 'psycopg_async']) {
      const wrong = dsn.replace('pg.internal', 'other.internal');
      expect(await answer({ do: how, dsn: wrong }), how).toMatchObject({
        class: 'OperationalError',
        message: expect.stringContaining('does not match host name "other.internal"'),
      });
    }
  });

  it('what libpq could not connect to is in its error', async () => {
    vpc.add('pg.internal:5432', { reply: 5 });
    vpc.add('10.20.0.9:5432', { reply: 2 });
    for (const how of ['psycopg2', 'psycopg', 'psycopg_async']) {
      expect(await answer({ do: how, dsn: 'host=pg.internal user=tom' }), how).toMatchObject({
        class: 'OperationalError',
        message: expect.stringMatching(/livectl's tunnel to pg\.internal:5432: .*Connection refused/),
      });
      expect(await answer({ do: how, dsn: 'host=10.20.0.9 user=tom' }), how).toMatchObject({
        message: expect.stringMatching(/10\.20\.0\.9:5432: .*"allow"/),
      });
    }
  });

  it('pymysql, redis and requests connect', async () => {
    vpc.add('mysql.internal:3306', await mysqlServer());
    const redis = createServer((socket) => {
      socket.on('data', (text) => socket.write(String(text).includes('GET') ? '$5\r\nvalue\r\n' : '+OK\r\n'));
    });
    vpc.add('redis.internal:6379', await listen(redis));
    const web = createHttpServer((request, response) => response.end(`from ${request.headers.host}`));
    vpc.add('web.internal:80', await listen(web));
    const options = { host: 'mysql.internal', user: 'tom', password: 'x' };
    expect(await answer({ do: 'pymysql', options })).toEqual([[1]]);
    expect(await answer({ do: 'redis', options: { host: 'redis.internal' } })).toBe('value');
    expect(await answer({ do: 'requests', url: 'http://web.internal/' })).toBe('from web.internal');
  });
});
