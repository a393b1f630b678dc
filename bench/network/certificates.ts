// A certificate authority for this run and the Region's certificate signed by it, both created with openssl.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { names } from './places.ts';

export interface Certificates {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** For NODE_EXTRA_CA_CERTS. */
  readonly authorityFile: string;
}

/** Valid for two days. */
export function createCertificates(folder: string): Certificates {
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    '/CN=bench',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  openssl('req', ...newKey, '-subj', '/CN=region', '-keyout', 'region.key', '-out', 'region.csr');
  const hosts = Object.values(names).map((name) => `DNS:${name}`);
  writeFileSync(join(folder, 'region.ext'), `subjectAltName=${hosts.join(',')}\n`);
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'region.ext'];
  openssl('x509', '-req', '-in', 'region.csr', ...by, '-out', 'region.pem');
  return {
    key: readFileSync(join(folder, 'region.key')),
    cert: readFileSync(join(folder, 'region.pem')),
    authorityFile: join(folder, 'ca.pem'),
  };
}
