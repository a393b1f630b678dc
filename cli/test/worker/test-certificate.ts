// Certificates for TLS servers of a test, created by openssl.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';

export interface CertificateFiles {
  readonly key: string;
  /** Signed by itself, so it is the authority too. */
  readonly cert: string;
  /** The path of `cert`, until the test ends. */
  readonly certFile: string;
}

/** For one host name. Call it in a test or a hook before it. */
export function testCertificate(name: string): CertificateFiles {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const { status, stderr } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...[
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=DNS:${name}`,
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ],
  ]);
  expect(status, String(stderr)).toBe(0);
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8'), certFile };
}
