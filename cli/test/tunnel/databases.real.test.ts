// The tunnel with real databases: PostgreSQL and Redis in a network namespace without a way to this machine, reached by unchanged
// code that `livectl serve` runs, and by psql through `livectl tunnel`.
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, createReadStream, createWriteStream, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type CloudProcess, clientOf, startCloudProcess } from '../e2e/cloud-process.ts';
import { Livectl, project, repository } from '../e2e/livectl-process.ts';
import { LossyProxy } from './lossy-proxy.ts';
import { PrivateServers, postgresBin, postgresPort, redisPort, whyNoServers } from './private-servers.ts';

const missing = whyNoServers();
if (missing !== undefined) process.stderr.write(`the tunnel is not tested with databases: ${missing.why}\n`);

test('has its programs, under CI at least', () => {
  expect(process.env.CI !== undefined && missing?.isFault ? missing.why : undefined).toBeUndefined();
});

interface Answer {
  readonly ok?: unknown;
  readonly code?: string;
  readonly message?: string;
}

describe.skipIf(missing !== undefined)('the tunnel', () => {
  const servers = missing === undefined ? new PrivateServers() : (undefined as unknown as PrivateServers);
  const ends: (() => unknown)[] = [];
  const cleanups: (() => unknown)[] = [];
  let cloud: CloudProcess;
  let serve: Livectl;

  beforeAll(async () => {
    ends.push(() => servers.stop());
    await servers.start();
    const { remove, root } = project({});
    ends.push(remove);
    cpSync(fileURLToPath(new URL('./handlers', import.meta.url)), root, { recursive: true });
    symlinkSync(join(repository, 'test-real/node_modules'), join(root, 'node_modules'));
    const { hostName } = servers.network;
    const environment = {
      DB_HOST: hostName,
      DB_PASSWORD: servers.password,
      DB_CA: join(servers.folder, 'ca.pem'),
    };
    const shared = { timeout: 120, environment };
    const functions = {
      shop: { ...shared, handler: 'shop.handler', runtime: 'nodejs22.x' },
      books: { ...shared, handler: 'shop.handler', runtime: 'python3.11', python: '/usr/bin/python3' },
    };
    writeFileSync(join(root, 'livectl.json'), JSON.stringify({ functions }));
    cloud = await startCloudProcess(['--root', root, '--vpc', servers.network.name], { cleanups: ends });
    serve = livectl(ends, 'serve', '--root', root);
    await serve.event('ready');
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  afterAll(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  /** As in a terminal that has the cloud's variables. */
  function livectl(owner: (() => unknown)[], ...args: string[]): Livectl {
    return livectlWith(owner, {}, ...args);
  }

  function livectlWith(owner: (() => unknown)[], env: Record<string, string>, ...args: string[]): Livectl {
    const [command = '', ...flags] = args;
    const started = new Livectl([command, ...flags, '--stage', 'dev', '--format', 'json'], {
      env: { ...cloud.environment, ...env },
    });
    owner.push(() => started.dispose());
    return started;
  }

  /** Through the stub, as AWS would. */
  async function invoke(name: string, event: object): Promise<Answer> {
    const url = `${cloud.environment.AWS_ENDPOINT_URL}/2015-03-31/functions/${name}/invocations`;
    const answer = await clientOf(cloud, 'lambda').fetch(url, {
      method: 'POST',
      body: JSON.stringify(event),
    });
    return (await answer.json()) as Answer;
  }

  /** A local port that leads to the host. */
  async function forwarded(destination: string, env: Record<string, string> = {}) {
    const tunnel = livectlWith(cleanups, env, 'tunnel', destination, '--local-port', '0');
    const { host, port } = (await tunnel.event('ready' as never)) as { host: string; port: number };
    return { tunnel, host, port };
  }

  /** psql as a developer starts it: the certificate is checked against the database's own name. */
  async function psql(port: number, ...statements: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(
      join(postgresBin() ?? '', 'psql'),
      ['-qtA', '-v', 'ON_ERROR_STOP=1', ...statements.flatMap((each) => ['-c', each])],
      {
        maxBuffer: 1024 * 1024,
        env: {
          PATH: process.env.PATH,
          PGHOST: servers.network.hostName,
          PGHOSTADDR: '127.0.0.1',
          PGPORT: String(port),
          PGUSER: 'app',
          PGPASSWORD: servers.password,
          PGDATABASE: 'shop',
          PGSSLMODE: 'verify-full',
          PGSSLROOTCERT: join(servers.folder, 'ca.pem'),
          PGCONNECT_TIMEOUT: '30',
        },
      },
    );
    return stdout.trim();
  }

  test('leads where this machine has no way', async () => {
    // A transparent proxy may accept any connection, and answer it.
    const answer = await new Promise<string>((resolve) => {
      const socket = connect({ host: servers.network.address, port: redisPort, timeout: 1000 });
      const done = (text: Buffer | string = '') => {
        socket.destroy();
        resolve(text.toString());
      };
      socket.write('PING\r\n');
      socket.once('data', done).once('timeout', done).once('end', done);
      socket.once('error', () => done());
    });
    expect(answer).not.toContain('PONG');
    expect(servers.network.run('redis-cli', '-h', servers.network.address, 'ping')).toBe('PONG\n');
  });

  describe('for a Node.js function', () => {
    test('node-postgres: by name and by address, with the certificate verified', async () => {
      const tls = { tls: 'TLSv1.3', sum: 42 };
      expect(await invoke('shop', { work: 'query' })).toEqual({ ok: tls });
      const { address: host } = servers.network;
      expect(await invoke('shop', { work: 'query', host, tls: false })).toEqual({
        ok: { tls: null, sum: 42 },
      });
      // The certificate has the name only.
      expect(await invoke('shop', { work: 'query', host })).toMatchObject({
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      });
    });

    test('ioredis', async () => {
      expect(await invoke('shop', { work: 'cache' })).toEqual({ ok: 'tea' });
    });

    test('LISTEN and NOTIFY', async () => {
      expect(await invoke('shop', { work: 'notify' })).toEqual({
        ok: { channel: 'orders', payload: 'one more' },
      });
    });

    test('a pool of 50 connections', async () => {
      const sums = Array.from({ length: 50 }, (_, index) => index);
      expect(await invoke('shop', { work: 'pool', connections: 50 })).toEqual({ ok: { pids: 50, sums } });
    });

    test('a parameter and a result of 20 MB', async () => {
      const { ok } = await invoke('shop', { work: 'bytes', megabytes: 20 });
      const { back, sent } = ok as { sent: string; back: string };
      expect(back).toBe(sent);
    });
  });

  test.each([
    ['pg8000', 42],
    ['redis', 'cake'],
    ['libpq', 'TLSv1.3'],
  ])('for a Python function: %s', async (work, ok) => {
    expect(await invoke('books', { work })).toEqual({ ok });
  });

  describe('for psql, by a local port', () => {
    // 200 MB pass through five processes: half a minute on two busy cores.
    test('a COPY of 100 MB there and back', { timeout: 180_000 }, async () => {
      const { port } = await forwarded(`${servers.network.hostName}:${postgresPort}`);
      const [sent, back] = [join(servers.folder, 'sent'), join(servers.folder, 'back')];
      await writeLines(sent, 100);
      await psql(port, 'create unlogged table lines (line text)', `\\copy lines from '${sent}'`);
      await psql(port, `\\copy lines to '${back}'`);
      await psql(port, 'drop table lines');
      expect(await sha256(back)).toBe(await sha256(sent));
    });

    test.each([
      ['held back', false],
      ['cut', true],
    ])('nothing is lost when the network is gone for 5 s and connections are %s', async (_how, reset) => {
      const proxy = await LossyProxy.start();
      cleanups.push(() => proxy.close());
      const env = { HTTP_PROXY: proxy.url };
      const { port } = await forwarded(`${servers.network.hostName}:${postgresPort}`, env);
      const rows = 'select repeat(md5(n::text), 100) as line from generate_series(1, 10000) as n';
      const back = join(servers.folder, 'back');
      const copied = psql(port, `\\copy (${rows}) to '${back}'`);
      await proxy.more(8_000_000);
      proxy.lose();
      await loss(5000);
      proxy.restore({ reset });
      await copied;
      const expected = servers.sql(`select md5(string_agg(line || chr(10), '')) from (${rows}) as all_rows`);
      expect(await md5(back)).toBe(expected);
    });
  });

  test('a killed function is a reset, and the next query works', async () => {
    const slow = invoke('shop', { work: 'sleep' });
    const asked =
      "select count(*) from pg_stat_activity where query like '%slow%' and wait_event = 'PgSleep'";
    await expect.poll(() => servers.sql(asked), { timeout: 20_000 }).toBe('1');
    for (const pid of servers.network.functions) process.kill(pid, 'SIGKILL');
    expect(await slow).toEqual({ code: 'ECONNRESET', message: 'read ECONNRESET' });
    expect(await invoke('shop', { work: 'query' })).toMatchObject({ ok: { sum: 42 } });
  });

  test.each([
    ['elsewhere.internal', postgresPort, 'EACCES', /elsewhere\.internal.*allow/],
    ['nowhere.internal', postgresPort, 'ENOTFOUND', /nowhere\.internal/],
    ['db.internal', 1, 'ECONNREFUSED', /./],
    ['10.99.0.1', 1, 'ECONNREFUSED', /10\.99\.0\.1:1/],
  ])('%s:%i is refused with %s', async (host, port, code, message) => {
    expect(await invoke('shop', { work: 'query', host, port, tls: false })).toEqual({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('a destination that is not allowed is refused before there is a local port', async () => {
    const tunnel = livectl(cleanups, 'tunnel', `10.98.0.1:${redisPort}`);
    expect(await tunnel.exited).toBe(2);
    expect(tunnel.stdout).toMatch(/10\.98\.0\.1:6379 is not in allow of the tunnel \(10\.99\.0\.0\/24:\*\)/);
  });
});

/** Lines of random hexadecimal digits, so that nothing compresses them well. */
async function writeLines(file: string, megabytes: number): Promise<void> {
  await pipeline(function* () {
    const perChunk = 1024;
    for (let chunk = 0; chunk < (megabytes * 1024 * 1024) / (perChunk * 1024); chunk += 1) {
      const lines = Array.from({ length: perChunk }, () => randomBytes(512).toString('hex').slice(0, 1023));
      yield `${lines.join('\n')}\n`;
    }
  }, createWriteStream(file));
}

async function digest(algorithm: string, file: string): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const sha256 = (file: string) => digest('sha256', file);
const md5 = (file: string) => digest('md5', file);

/** The loss itself takes time; nothing is waited for. */
function loss(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
