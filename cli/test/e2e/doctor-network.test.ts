// `livectl doctor` behind proxies that refuse, hang or open TLS connections, and with bundles of certificate authorities.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { runDoctor } from './doctor-run.ts';
import { type JsRuntime, project } from './livectl-process.ts';

const folder = project({});
const at = (name: string) => join(folder.root, name);
const servers: Server[] = [];

/** An authority, and a certificate for AWS's hosts that it issued, as of a proxy that opens TLS connections. */
beforeAll(() => {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...curve,
    '-days',
    '2',
    '-subj',
    '/O=Example/CN=Proxy CA',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  openssl('req', ...curve, '-subj', '/CN=aws', '-keyout', 'aws.key', '-out', 'aws.csr');
  writeFileSync(at('names'), 'subjectAltName=DNS:*.eu-west-1.amazonaws.com\n');
  openssl(
    'x509',
    '-req',
    '-in',
    'aws.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-days',
    '2',
    '-extfile',
    'names',
    '-out',
    'aws.pem',
  );
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => folder.remove());

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: folder.root });
  expect(status, String(stderr)).toBe(0);
}

/** `answer` is what follows CONNECT; undefined never answers. */
async function proxy(answer: string | undefined, then?: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (answer !== undefined) socket.write(answer);
      then?.(socket);
    });
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const clean = {
  ...{ NO_PROXY: '', no_proxy: '', https_proxy: '', HTTPS_PROXY: '', ALL_PROXY: '', all_proxy: '' },
  ...{ NODE_EXTRA_CA_CERTS: '', AWS_CA_BUNDLE: '', SSL_CERT_FILE: '', REQUESTS_CA_BUNDLE: '' },
  ...{ CURL_CA_BUNDLE: '', DENO_CERT: '', DENO_TLS_CA_STORE: '', NODE_OPTIONS: '' },
  ...{ AWS_ENDPOINT_URL: '', AWS_PROFILE: '', AWS_REGION: 'eu-west-1' },
  ...{ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' },
};

/** Under a proxy, on a stage: no packet leaves this machine. */
function doctor(env: Record<string, string>, flags: readonly string[] = [], runtime?: JsRuntime) {
  return runDoctor(['--stage', 'dev', '--root', folder.root, ...flags], { ...clean, ...env }, runtime);
}

const refused = (status: string, ...headers: string[]) =>
  `${[`HTTP/1.1 ${status}`, ...headers, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`;

describe('a proxy is one failure, and everything behind it is not checked', () => {
  it('that refuses', async () => {
    const address = await proxy(refused('407 No'));
    const { code, fails, find, findings, warns } = await doctor({
      HTTPS_PROXY: `http://ada:pass%40word@${address}`,
    });
    expect(code).toBe(1);
    expect(fails).toEqual([
      `network: the proxy http://${address} does not accept the user and password in HTTPS_PROXY (407)`,
    ]);
    expect(find('network')?.remedy).toContain('percent-encoded');
    expect(warns).toContain('credentials: not checked: see "network"');
    expect(JSON.stringify(findings)).not.toContain('pass%40word');
  });

  it('that accepts and never answers: given up in time, and said', async () => {
    const address = await proxy(undefined);
    const startedMs = Date.now();
    const { fails } = await doctor({ HTTPS_PROXY: `http://${address}` }, ['--timeout', '1']);
    expect(Date.now() - startedMs).toBeLessThan(10_000);
    expect(fails).toEqual([
      `network: the proxy http://${address} accepts connections, but has not answered CONNECT dynamodb.eu-west-1.amazonaws.com within 0.6 s`,
    ]);
  });

  it.each(['node', 'deno'] as const)(
    'that opens TLS connections: its authority is named, under %s',
    async (runtime) => {
      const secureContext = createSecureContext({
        key: readFileSync(at('aws.key')),
        cert: readFileSync(at('aws.pem')),
      });
      const address = await proxy('HTTP/1.1 200 OK\r\n\r\n', (socket) => {
        new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined);
      });
      const env = { HTTPS_PROXY: `http://${address}` };
      const { fails, find } = await doctor(env, [], runtime);
      expect(fails).toEqual([
        'network: the certificate of dynamodb.eu-west-1.amazonaws.com was issued by CN=Proxy CA, O=Example, which is not trusted here: a proxy that opens TLS connections, most likely',
      ]);
      expect(find('network')?.remedy).toMatch(/^set NODE_EXTRA_CA_CERTS to a PEM file/);
      if (runtime === 'deno') return expect(find('network')?.remedy).toContain('DENO_TLS_CA_STORE=system');
      // Another variable names a file that has it.
      const bundle = await doctor({ ...env, SSL_CERT_FILE: at('ca.pem') });
      expect(bundle.find('network')?.remedy).toContain(
        `set NODE_EXTRA_CA_CERTS=${at('ca.pem')}, as SSL_CERT_FILE is`,
      );
    },
  );
});

test('a Region that does not exist', async () => {
  // The look-up itself is the proxy's where there is one; here nothing is looked up at all.
  const { fails, find } = await runDoctor(
    ['--stage', 'dev', '--root', folder.root, '--region', 'eu-west'],
    clean,
  );
  expect(fails).toEqual(['credentials: "eu-west" is not a valid AWS Region']);
  expect(find('network')?.status).toBe('warn');
});
