// PostgreSQL and Redis from Debian in a network namespace that this machine cannot route to, as in a private subnet.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PrivateNetwork } from '../cloud/private-network.ts';
import { namespacesAllowed } from '../vpn/network-namespaces.ts';

/** What each needs, and Debian's package with it. */
const needs: readonly (readonly [string, () => boolean])[] = [
  ['postgresql', () => postgresBin() !== undefined],
  ['redis-server', () => succeeds('redis-server', '--version')],
  ['openssl', () => succeeds('openssl', 'version')],
  ['python3-pg8000', () => succeeds('/usr/bin/python3', '-c', 'import pg8000')],
  ['python3-redis', () => succeeds('/usr/bin/python3', '-c', 'import redis')],
  ['python3-psycopg2', () => succeeds('/usr/bin/python3', '-c', 'import psycopg2')],
];

/** Why the servers can't run on this machine; `isFault` where only a package is missing. */
export function whyNoServers(): { readonly why: string; readonly isFault: boolean } | undefined {
  if (process.getuid?.() !== 0 || !namespacesAllowed())
    return { why: 'this user cannot create network namespaces', isFault: false };
  const missing = needs.filter(([, isThere]) => !isThere()).map(([name]) => name);
  return missing.length === 0
    ? undefined
    : { why: `missing Debian packages: ${missing.join(', ')}`, isFault: true };
}

/** Every start of a server; far above what a slow machine needs. */
const startMs = 60_000;

export const postgresPort = 5432;
export const redisPort = 6379;

export class PrivateServers {
  /** Also with the name of a host that no network of it has. */
  readonly network = new PrivateNetwork(['10.98.0.1 elsewhere.internal']);
  /** Private, with the authority's certificate in `ca.pem`. */
  readonly folder = mkdtempSync(join(tmpdir(), 'livectl-servers-'));
  /** That of the user `app`, who authenticates by SCRAM, and of `old`, by MD5. */
  readonly password = 'tea';
  readonly #servers: ChildProcess[] = [];

  /** Resolves when both answer. */
  async start(): Promise<void> {
    // PostgreSQL does not run as root.
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'])));
    chmodSync(this.folder, 0o755);
    this.#createCertificates();
    const data = join(this.folder, 'data');
    const asUser = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] as const;
    mkdirSync(data, { mode: 0o700 });
    for (const path of [data, join(this.folder, 'server.key')]) chownSync(path, uid ?? 0, gid ?? 0);
    const bin = postgresBin() ?? '';
    const [setpriv, ...drop] = asUser;
    const init = [
      join(bin, 'initdb'),
      '-D',
      data,
      '-A',
      'trust',
      '-U',
      'postgres',
      '--no-sync',
      '-E',
      'UTF8',
    ];
    execFileSync(setpriv, [...drop, ...init], { cwd: '/', stdio: 'pipe' });
    writeFileSync(
      join(data, 'pg_hba.conf'),
      'local all postgres trust\nhost all app all scram-sha-256\nhost all old all md5\n',
    );
    const settings = {
      listen_addresses: this.network.address,
      port: postgresPort,
      unix_socket_directories: data,
      ssl: 'on',
      ssl_cert_file: join(this.folder, 'server.pem'),
      ssl_key_file: join(this.folder, 'server.key'),
      fsync: 'off',
      max_connections: 100,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await this.#start(
      [...asUser, join(bin, 'postgres'), '-D', data, ...flags],
      'ready to accept connections',
    );
    this.sql(
      "create role app login password 'tea'",
      "set password_encryption = 'md5'; create role old login password 'tea'",
      'create database shop owner app',
    );
    const redis = ['--bind', this.network.address, '--port', String(redisPort), '--protected-mode', 'no'];
    await this.#start(
      ['redis-server', ...redis, '--save', '', '--appendonly', 'no', '--dir', this.folder],
      'Ready to accept connections',
    );
  }

  /** Runs statements in the namespace as the superuser; returns what the last one selects, without headings. */
  sql(...statements: readonly string[]): string {
    const bin = postgresBin() ?? '';
    const to = [
      '-h',
      join(this.folder, 'data'),
      '-p',
      String(postgresPort),
      '-U',
      'postgres',
      '-d',
      'postgres',
    ];
    let answer = '';
    for (const statement of statements)
      answer = execFileSync(join(bin, 'psql'), [...to, '-qtAc', statement], { encoding: 'utf8', cwd: '/' });
    return answer.trim();
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      if (server.exitCode !== null || server.signalCode !== null) continue;
      const gone = once(server, 'exit');
      // PostgreSQL's fast shutdown; Redis ends at it as well.
      server.kill('SIGINT');
      await gone;
    }
    await this.network.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(command: readonly [string, ...string[]], ready: string): Promise<void> {
    const server = this.network.spawn(command, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    this.#servers.push(server);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const failed = () => reject(new Error(`${command.join(' ')} did not start:\n${said}`));
      const bound = setTimeout(failed, startMs);
      server.once('exit', failed);
      for (const stream of [server.stdout, server.stderr]) {
        if (stream === null) continue;
        // Read to the end, since a full pipe would stop the server.
        createInterface({ input: stream }).on('line', (line) => {
          if (said.length < 100_000) said += `${line}\n`;
          if (!line.includes(ready)) return;
          clearTimeout(bound);
          server.off('exit', failed);
          resolve();
        });
      }
    });
  }

  /** An authority, and the server's certificate for its name only. */
  #createCertificates(): void {
    const openssl = (...args: readonly string[]) =>
      execFileSync('openssl', args, { cwd: this.folder, stdio: 'pipe' });
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-days',
      '2',
      '-subj',
      '/CN=tests',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    );
    openssl('req', ...newKey, '-subj', '/CN=database', '-keyout', 'server.key', '-out', 'server.csr');
    writeFileSync(join(this.folder, 'server.ext'), `subjectAltName=DNS:${this.network.hostName}\n`);
    const by = [
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'server.ext',
    ];
    openssl('x509', '-req', '-in', 'server.csr', ...by, '-out', 'server.pem');
  }
}

/** Debian's newest version. */
export function postgresBin(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => join(root, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'postgres')));
}

function succeeds(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
