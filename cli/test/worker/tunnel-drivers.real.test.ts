// Real drivers for Node.js in a function with a tunnel: mysql2 and mongodb, with servers that speak their protocols as far as
// connecting needs it. PostgreSQL and Redis themselves are in cli/test/e2e.
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listen } from './local-servers.ts';
import { RuntimeProcess } from './runtime-process.ts';
import { testCertificate } from './test-certificate.ts';
import { srv, txt, vpcDnsServer } from './vpc-dns-server.ts';
import { VpcProxy } from './vpc-proxy.ts';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, '../../../test-real/package.json'));
const allow = ['10.20.0.0/16:*'];

let vpc: VpcProxy;
let runtime: RuntimeProcess;

beforeEach(async () => {
  vpc = await VpcProxy.start();
  runtime = await RuntimeProcess.start({
    runtimeFile: join(here, '../../../dist/node-runtime.mjs'),
    handler: 'drivers.handler',
    taskRoot: join(here, 'fixtures/tunnel'),
    env: { LIVECTL_TUNNEL: vpc.settings(allow) },
  });
});
afterEach(() => runtime.stop());

const result = (event: object) => runtime.invoke(event);

describe('mysql2', () => {
  async function server(): Promise<number> {
    const mysql = require('mysql2');
    const created = mysql.createServer();
    created.on('connection', (connection: MySqlConnection) => {
      connection.serverHandshake({
        ...{ protocolVersion: 10, serverVersion: '8.0.0', connectionId: 1, statusFlags: 2, characterSet: 8 },
        capabilityFlags: 0xffffff ^ 0x0800,
      });
      connection.on('query', () => {
        connection._resetSequenceId();
        const column = { catalog: 'def', schema: '', table: '', orgTable: '', name: '1', orgName: '1' };
        connection.writeTextResult(
          [{ 1: 1 }],
          [{ ...column, characterSet: 63, columnLength: 2, columnType: 8, flags: 0, decimals: 0 }],
        );
      });
      connection.on('error', () => {});
    });
    onTestFinished(() => created.close());
    // Its own server, which is where it listens.
    return listen(created._server);
  }

  it.each([false, true])('connects and queries (pool: %s)', async (pool) => {
    vpc.add('mysql.internal:3306', await server());
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

interface MySqlConnection {
  serverHandshake(options: object): void;
  _resetSequenceId(): void;
  writeTextResult(rows: object[], columns: object[]): void;
  on(event: string, listener: (...values: unknown[]) => void): void;
}

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
