// `livectl vpn certificates`: what it does, and the next steps that it prints.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { type AwsIdentity, type IdentityOptions, resolveIdentity } from '../aws/aws-identity.ts';
import { importCertificate } from '../aws/import-certificate.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import { exitCodes } from '../exit-code.ts';
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import { shellWords } from '../log/shell-words.ts';
import { readStdin } from '../read-stdin.ts';
import {
  type CertificateOptions,
  type Certificates,
  completeConfiguration,
  makeCertificates,
} from './certificates.ts';

/** The default of `--out`. */
const defaultFolder = 'vpn-certificates';

export interface ShowCertificatesOptions extends Omit<CertificateOptions, 'keepClient'> {
  /** A file, or `-` for stdin. */
  readonly ovpn: string | undefined;
  /** Where to import the server's certificate; undefined leaves that to the user. */
  readonly aws: IdentityOptions | undefined;
  readonly format: OutputFormat;
}

/** Resolves with the exit code. Rejects if a file cannot be used, or openssl or ACM fails. */
export async function showCertificates(options: ShowCertificatesOptions): Promise<number> {
  const { aws, client, folder, format, ovpn } = options;
  // Credentials are resolved first, so that nothing is created if that fails.
  const identity = aws && (await resolveIdentity(aws));
  const configuration = ovpn === undefined ? undefined : await readConfiguration(ovpn);
  const certificates = await makeCertificates({
    ...options,
    folder: resolve(folder),
    keepClient: ovpn !== undefined || aws !== undefined,
  });
  const arn = identity && (await importServer(certificates, identity));
  let ovpnFile: string | undefined;
  if (configuration !== undefined) {
    ovpnFile = join(resolve(folder), `${client}.ovpn`);
    await writeFile(ovpnFile, await completeConfiguration(configuration, certificates), { mode: 0o600 });
  }
  processOutput.line(
    format === 'json'
      ? eventLine(certificatesEvent(certificates, ovpnFile, arn))
      : words(options, certificates, ovpnFile, arn),
  );
  return exitCodes.ok;
}

/** A configuration is about 10 KB. */
const maxConfigurationBytes = 1024 * 1024;

async function readConfiguration(ovpn: string): Promise<string> {
  const text = await (ovpn === '-' ? readPiped() : readFile(ovpn, 'utf8')).catch((cause: unknown) => {
    throw new LiveDebugError('LD_CONFIG', `${ovpn} can't be read: ${messageOf(cause)}`, {
      remedy: 'name the file of terraform output -raw client_config with --ovpn',
      cause,
    });
  });
  if (/^[ \t]*remote[ \t]/m.test(text) && text.includes('<ca>')) return text;
  throw new LiveDebugError(
    'LD_CONFIG',
    `${ovpn === '-' ? 'stdin' : ovpn} is not an OpenVPN client configuration`,
    {
      remedy: 'pass what terraform output -raw client_config prints: it has a line "remote" and a <ca>',
    },
  );
}

async function readPiped(): Promise<string> {
  if (process.stdin.isTTY) throw new Error('stdin is the terminal: pipe the configuration in');
  return (await readStdin(maxConfigurationBytes)).toString('utf8');
}

async function importServer(certificates: Certificates, identity: AwsIdentity): Promise<string> {
  const [certificate, privateKey, chain] = await Promise.all(
    [certificates.serverFile, certificates.serverKeyFile, certificates.caFile].map((file) =>
      readFile(file, 'utf8'),
    ),
  );
  const http = new HttpClient({ agentFor: proxyAgent });
  try {
    const pem = { certificate: certificate ?? '', privateKey: privateKey ?? '', chain: chain ?? '' };
    return await importCertificate(pem, identity, http, systemClock);
  } finally {
    http.close();
  }
}

function certificatesEvent(
  certificates: Certificates,
  ovpnFile: string | undefined,
  arn: string | undefined,
): object {
  const { caFile, clientFile, clientKeyFile, made, serverFile, serverKeyFile } = certificates;
  return {
    event: 'certificates',
    ca: caFile,
    server: serverFile,
    server_key: serverKeyFile,
    client: clientFile,
    client_key: clientKeyFile,
    ...(ovpnFile === undefined ? {} : { ovpn: ovpnFile }),
    ...(arn === undefined ? {} : { certificate_arn: arn }),
    made,
  };
}

function words(
  { client, folder }: Pick<ShowCertificatesOptions, 'client' | 'folder'>,
  certificates: Certificates,
  ovpnFile: string | undefined,
  arn: string | undefined,
): string {
  const out = folder === defaultFolder ? '' : ` ${shellWords(['--out', folder])}`;
  const newServer = certificates.made.includes(certificates.serverFile);
  const nothing = certificates.made.length === 0 && ovpnFile === undefined;
  const lines = [
    nothing
      ? `nothing to create: ${folder} has everything (only you can read it)`
      : `created in ${folder} (only you can read it):`,
  ];
  lines.push(...certificates.made.map((file) => `  ${file}`));
  if (ovpnFile !== undefined)
    lines.push(`  ${ovpnFile}`, '', 'Open that file in your VPN client; it holds the key.');
  if (arn !== undefined) {
    lines.push(
      '',
      'Imported into ACM. Use this ARN as server_certificate_arn and as client_root_certificate_arn:',
      '',
      `  ${arn}`,
    );
  } else if (newServer) {
    lines.push(
      '',
      'Next, import the server’s certificate into ACM, in the endpoint’s Region (--import does the same). Use its ARN as',
      'server_certificate_arn and as client_root_certificate_arn, since the same authority signed the clients’ certificates:',
      '',
      `  aws acm import-certificate --region REGION \\`,
      `    --certificate fileb://${certificates.serverFile} \\`,
      `    --private-key fileb://${certificates.serverKeyFile} \\`,
      `    --certificate-chain fileb://${certificates.caFile}`,
    );
  }
  if (ovpnFile === undefined) {
    lines.push(
      '',
      'Once the endpoint exists, create its configuration with this client’s certificate and key:',
      '',
      `  terraform output -raw client_config | livectl vpn certificates --client ${client}${out} --ovpn -`,
    );
  }
  return lines.join('\n');
}
