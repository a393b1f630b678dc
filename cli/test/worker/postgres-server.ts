// PostgreSQL itself on 127.0.0.1, with TLS, for the tests of one file.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CertificateFiles } from './test-certificate.ts';

/** Where Debian puts each version. */
const versions = '/usr/lib/postgresql';

/** Everybody may connect as `tom`. Returns its port; ends with the test. Rejects with its log if it does not start. */
export async function startPostgres({ cert, key }: CertificateFiles): Promise<number> {
  const bin = join(versions, readdirSync(versions).sort().at(-1) ?? '', 'bin');
  const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  const data = join(folder, 'data');
  // It refuses to run as root.
  const idOf = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  const own = (file: string) => user.uid !== undefined && chownSync(file, user.uid, user.gid);
  own(folder);
  const created = spawnSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'tom', '--no-sync'], {
    ...user,
    encoding: 'utf8',
  });
  if (created.status !== 0) throw new Error(created.stderr);
  for (const [name, text] of Object.entries({ 'server.key': key, 'server.crt': cert })) {
    writeFileSync(join(data, name), text);
    chmodSync(join(data, name), 0o600);
    own(join(data, name));
  }
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const { port } = probe.address() as AddressInfo;
  await once(probe.close(), 'close');
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  const server = spawn(join(bin, 'postgres'), [...args, '-c', 'ssl=on', '-c', 'fsync=off'], {
    ...user,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(server, 'close');
  onTestFinished(async () => {
    server.kill('SIGINT');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  let log = '';
  for await (const chunk of server.stderr) {
    log += chunk;
    if (log.includes('ready to accept connections')) break;
  }
  if (!log.includes('ready to accept connections')) throw new Error(log);
  return port;
}
