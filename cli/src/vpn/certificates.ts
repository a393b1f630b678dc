// Certificates for AWS Client VPN's mutual authentication: a certificate authority, the server's and one per client, created
// by openssl in a private folder. AWS receives the server's; Terraform never sees a private key.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

export interface CertificateOptions {
  /** Created with mode 0700, or left from an earlier client. */
  readonly folder: string;
  /** Name of the client's certificate and files. */
  readonly client: string;
  /** The server's name in its certificate; AWS requires a domain name, which nobody has to own. */
  readonly serverName: string;
  /** How long the server's and the client's certificates are valid, in days. */
  readonly days: number;
  /** Keep an existing certificate of the client instead of refusing to create it again. */
  readonly keepClient: boolean;
}

export interface Certificates {
  readonly caFile: string;
  readonly serverFile: string;
  readonly serverKeyFile: string;
  readonly clientFile: string;
  readonly clientKeyFile: string;
  /** Those of the files above that were created now; the others existed. */
  readonly made: readonly string[];
}

/** Longer than any key takes. */
const opensslBoundMs = 60_000;

/** AWS Client VPN accepts RSA keys of up to 2,048 bits: https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/mutual.html */
const key = 'rsa:2048';

/** The authority outlives the certificates that it signs. */
const authorityDays = 3650;

/**
 * Creates missing files and keeps existing ones, so that it can be run again for another client. Rejects with LD_CONFIG if
 * there is no openssl, if the folder is open to others, or if the client already has a certificate.
 */
export async function makeCertificates(options: CertificateOptions): Promise<Certificates> {
  const { client, days, folder, keepClient, serverName } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await checkPrivate(folder);
  // Keeps the folder out of a repository even after `git add .`.
  await writeFile(join(folder, '.gitignore'), '*\n', { mode: 0o600 });
  const file = (name: string) => join(folder, name);
  const made: string[] = [];
  const paths = { caFile: file('ca.crt'), serverFile: file('server.crt'), clientFile: file(`${client}.crt`) };
  const hasClient = await exists(paths.clientFile);
  if (hasClient && !keepClient) {
    throw new LiveDebugError('LD_CONFIG', `${paths.clientFile} already exists`, {
      remedy: 'use another --client, or remove it and its key to create them again',
    });
  }
  if (!(await exists(paths.caFile))) {
    await makeAuthority(folder);
    made.push(paths.caFile);
  }
  if (!(await exists(paths.serverFile))) {
    await makeSigned(folder, { name: 'server', commonName: serverName, use: 'serverAuth', days });
    made.push(paths.serverFile, file('server.key'));
  }
  if (!hasClient) {
    await makeSigned(folder, { name: client, commonName: client, use: 'clientAuth', days });
    made.push(paths.clientFile, file(`${client}.key`));
  }
  return { ...paths, serverKeyFile: file('server.key'), clientKeyFile: file(`${client}.key`), made };
}

/** An OpenVPN configuration that includes the client's certificate and key. */
export async function completeConfiguration(
  configuration: string,
  certificates: Certificates,
): Promise<string> {
  const [certificate, privateKey] = await Promise.all([
    readFile(certificates.clientFile, 'utf8'),
    readFile(certificates.clientKeyFile, 'utf8'),
  ]);
  const without = withoutBlock(withoutBlock(configuration, 'cert'), 'key').trimEnd();
  return `${without}\n\n<cert>\n${certificate.trim()}\n</cert>\n\n<key>\n${privateKey.trim()}\n</key>\n`;
}

/** Removes `<name>` to `</name>`, wherever it is, and the space after it. */
function withoutBlock(configuration: string, name: string): string {
  const [kept = '', ...blocks] = configuration.split(`<${name}>`);
  const end = `</${name}>`;
  return blocks.reduce((text, block) => {
    const at = block.indexOf(end);
    return at < 0 ? `${text}<${name}>${block}` : text + block.slice(at + end.length).trimStart();
  }, kept);
}

async function makeAuthority(folder: string): Promise<void> {
  const extensions =
    'basicConstraints = critical, CA:true, pathlen:0\nkeyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash';
  await withSettings(folder, 'livectl VPN authority', extensions, async (settings) => {
    const out = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.crt')];
    const self = ['-x509', '-new', '-newkey', key, '-nodes', '-sha256', '-days', String(authorityDays)];
    await openssl(['req', ...self, ...out, '-config', settings, '-extensions', 'extensions']);
  });
  await chmod(join(folder, 'ca.key'), 0o600);
}

interface Signed {
  readonly name: string;
  readonly commonName: string;
  readonly use: 'serverAuth' | 'clientAuth';
  readonly days: number;
}

async function makeSigned(folder: string, { commonName, days, name, use }: Signed): Promise<void> {
  const file = (extension: string) => join(folder, `${name}.${extension}`);
  const extensions = [
    'basicConstraints = critical, CA:false',
    'keyUsage = critical, digitalSignature, keyEncipherment',
    `extendedKeyUsage = ${use}`,
    `subjectAltName = DNS:${commonName}`,
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid',
  ].join('\n');
  await withSettings(folder, commonName, extensions, async (settings) => {
    const request = file('csr');
    const wanted = ['-new', '-newkey', key, '-nodes', '-keyout', file('key'), '-out', request];
    await openssl(['req', ...wanted, '-config', settings]);
    const authority = ['-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key')];
    const serial = ['-set_serial', `0x00${randomBytes(15).toString('hex')}`];
    const signing = [...authority, ...serial, '-days', String(days), '-sha256'];
    const extended = ['-extfile', settings, '-extensions', 'extensions', '-out', file('crt')];
    await openssl(['x509', '-req', '-in', request, ...signing, ...extended]);
    await rm(request);
  });
  await chmod(file('key'), 0o600);
}

/** Uses a file instead of `-addext`, which the LibreSSL of macOS does not have. */
async function withSettings(
  folder: string,
  commonName: string,
  extensions: string,
  work: (settings: string) => Promise<void>,
): Promise<void> {
  const settings = join(folder, `.openssl-${process.pid}.cnf`);
  const text = `[req]\ndistinguished_name = name\nprompt = no\n[name]\nCN = ${commonName}\n[extensions]\n${extensions}\n`;
  await writeFile(settings, text, { mode: 0o600 });
  try {
    await work(settings);
  } finally {
    await rm(settings, { force: true });
  }
}

function openssl(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('openssl', args, { timeout: opensslBoundMs }, (error, _output, problems) => {
      if (!error) return resolve();
      const missing = error.code === 'ENOENT';
      const last = problems.trim().split('\n').at(-1) ?? '';
      reject(
        new LiveDebugError(
          'LD_CONFIG',
          missing ? 'openssl is not on the PATH' : `openssl ${args[0]} failed: ${last || error.message}`,
          { remedy: missing ? 'install OpenSSL, and run this again' : 'see openssl version', cause: error },
        ),
      );
    });
  });
}

async function checkPrivate(folder: string): Promise<void> {
  // Windows has no such modes; there a folder belongs to its user.
  if (process.platform === 'win32') return;
  const stats = await lstat(folder);
  if (!stats.isDirectory() || stats.uid !== process.getuid?.()) {
    throw new LiveDebugError('LD_CONFIG', `${folder} is not a folder of this user`, {
      remedy: 'name a new folder with --out: private keys go there',
    });
  }
  if ((stats.mode & 0o077) === 0) return;
  throw new LiveDebugError('LD_CONFIG', `${folder} is open to other users of this machine`, {
    remedy: `chmod 700 ${folder}, or name a new folder with --out: private keys go there`,
  });
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
