// The files of certificate authorities that environment variables name: who reads which, and what is in them.
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { messageOf } from '../../../protocol/live-debug-error.ts';

/** Who reads each variable; docs/doctor.md has the same table. */
export const readers = {
  NODE_EXTRA_CA_CERTS: 'livectl and Node.js functions',
  AWS_CA_BUNDLE: 'boto3 and the aws command',
  REQUESTS_CA_BUNDLE: 'boto3 and requests in Python functions',
  SSL_CERT_FILE: 'Python functions and programs with OpenSSL',
  CURL_CA_BUNDLE: 'curl and requests',
  DENO_CERT: 'fetch of Deno',
} as const;
export type AuthorityVariable = keyof typeof readers;

/** A bundle with more is not read: systems' own have about 150 certificates in 250 KB. */
const mostBytes = 10 * 1024 * 1024;

/** What is in a bundle. */
export interface Bundle {
  readonly certificates: readonly X509Certificate[];
  /** Places in the file, from 1, of blocks that are not certificates. */
  readonly unreadable: readonly number[];
}

/** The variables that are set. */
export function setVariables(): AuthorityVariable[] {
  return (Object.keys(readers) as AuthorityVariable[]).filter((name) => process.env[name]);
}

/** Parses every certificate of a PEM file. Throws with what is wrong with the file as a whole. */
export function readBundle(file: string): Bundle {
  const found = statSync(file);
  if (!found.isFile()) throw new Error('it is not a file');
  if (found.size > mostBytes) throw new Error('it is over 10 MB');
  const blocks = readFileSync(file, 'latin1').split(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/);
  if (blocks.length === 1) throw new Error('it has no certificate in PEM form');
  const certificates: X509Certificate[] = [];
  const unreadable: number[] = [];
  for (const [index, block] of blocks.entries()) {
    if (index === 0) continue;
    const [body = ''] = block.split('-----END ', 1);
    try {
      certificates.push(new X509Certificate(`-----BEGIN CERTIFICATE-----${body}-----END CERTIFICATE-----\n`));
    } catch {
      unreadable.push(index);
    }
  }
  return { certificates, unreadable };
}

/** `CN=..., OU=..., O=...` of a certificate's subject. */
export function subjectOf({ subject }: X509Certificate): string {
  // Multi-value names and the like stay as they are.
  const parts = (subject ?? '').split('\n');
  return ['CN=', 'OU=', 'O=']
    .flatMap((key) => parts.filter((part) => part.startsWith(key)).slice(0, 1))
    .join(', ');
}

/** A file with the certificate of that subject, which livectl does not read. */
export function bundleWith(
  subject: string,
): { readonly variable: AuthorityVariable; readonly file: string } | undefined {
  for (const variable of setVariables()) {
    if (variable === 'NODE_EXTRA_CA_CERTS') continue;
    const file = process.env[variable] ?? '';
    try {
      if (readBundle(file).certificates.some((each) => subjectOf(each) === subject))
        return { variable, file };
    } catch {
      // The check "ca" reports it.
    }
  }
  return undefined;
}

/** One line about what is wrong with a bundle that was read, and whether nothing in it can be used. */
export function bundleProblems(bundle: Bundle, nowMs: number): { expired: string[]; unreadable: string[] } {
  const expired = bundle.certificates
    .filter(({ validTo }) => Date.parse(validTo) < nowMs)
    .map((each) => `${subjectOf(each) || 'one without a name'} (${each.validTo})`);
  return { expired, unreadable: bundle.unreadable.map((place) => `number ${place}`) };
}

/** The message of an error of the file system, without the call's details. */
export function whyUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EACCES' ? 'this user may not read it' : messageOf(error);
}
