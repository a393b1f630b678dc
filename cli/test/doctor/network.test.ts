// What `livectl doctor` says of proxies and of files of certificate authorities.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { Finding } from '../../src/doctor/check.ts';
import { authoritiesCheck, proxyCheck } from '../../src/doctor/network-checks.ts';
import { reachAws } from '../../src/doctor/reach-aws.ts';

const names = [
  ...[
    'NO_PROXY',
    'no_proxy',
    'HTTPS_PROXY',
    'https_proxy',
    'HTTP_PROXY',
    'http_proxy',
    'ALL_PROXY',
    'all_proxy',
  ],
  ...[
    'NODE_EXTRA_CA_CERTS',
    'AWS_CA_BUNDLE',
    'SSL_CERT_FILE',
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
    'DENO_CERT',
  ],
  ...['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DYNAMODB'],
];
const servers: Server[] = [];
beforeEach(() => {
  for (const name of names) vi.stubEnv(name, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close();
});

/** Answers the first data of each connection with `answer`. */
async function proxy(answer: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(answer));
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const refused = (status: string, ...headers: string[]) =>
  `${[`HTTP/1.1 ${status}`, ...headers, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`;

/** What is said of DynamoDB's host. */
async function vital() {
  const reached = await reachAws('eu-west-1', 5000);
  return reached.find(({ isVital }) => isVital);
}

describe('a proxy', () => {
  it.each([
    [
      'refuses',
      refused('403 Forbidden'),
      '',
      /refuses to connect to dynamodb.* \(403\)/,
      /allow CONNECT .*NO_PROXY/,
    ],
    [
      'wants a login',
      refused('407 No'),
      '',
      /requires a user and a password \(407\)/,
      /HTTPS_PROXY=http:\/\/USER:PASSWORD@127/,
    ],
    [
      'does not take the login',
      refused('407 No'),
      'ada:pass%40word@',
      /does not accept the user and password/,
      /%40/,
    ],
    [
      'wants another login',
      refused('407 No', 'Proxy-Authenticate: Negotiate'),
      '',
      /only accepts Negotiate logins \(407\)/,
      /px or cntlm/,
    ],
    ['is none', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', '', /is not an HTTP proxy/, /correct HTTPS_PROXY/],
  ])('that %s', async (_what, answer, login, message, remedy) => {
    const address = await proxy(answer);
    vi.stubEnv('HTTPS_PROXY', `http://${login}${address}`);
    const found = await vital();
    expect(found?.proxy).toBe(`http://${address}`);
    expect(found?.problem?.message).toMatch(message);
    expect(found?.problem?.remedy).toMatch(remedy);
    expect(JSON.stringify(found)).not.toContain('pass%40word');
  });

  it('that is not there', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1');
    expect((await vital())?.problem?.message).toBe(
      'the proxy http://127.0.0.1:1 cannot be connected to (ECONNREFUSED)',
    );
  });

  it('before an emulator on this machine', async () => {
    const address = await proxy(refused('403 Forbidden'));
    vi.stubEnv('AWS_ENDPOINT_URL', `http://${address}`);
    vi.stubEnv('HTTP_PROXY', `http://${address}`);
    expect((await vital())?.problem).toMatchObject({
      message: expect.stringMatching(/is on this machine, but requests to it go through the proxy/),
      remedy: 'add 127.0.0.1,localhost to NO_PROXY',
    });
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(await vital()).toMatchObject({ problem: undefined, proxy: undefined });
  });
});

function findingsOf(check: { run: (typeof authoritiesCheck)['run'] }): Finding[] {
  const findings: Finding[] = [];
  check.run((finding) => findings.push(finding), new AbortController().signal);
  return findings;
}

test('NO_PROXY: what is reached directly, and ranges that do not count', () => {
  vi.stubEnv('HTTPS_PROXY', 'http://ada:secret@proxy.example.com:3128');
  expect(findingsOf(proxyCheck('eu-west-1')).map(({ message }) => message)).toEqual([
    'AWS is reached through http://proxy.example.com:3128',
  ]);
  vi.stubEnv('NO_PROXY', '.amazonaws.com,127.0.0.1,10.0.0.0/8');
  expect(findingsOf(proxyCheck('eu-west-1')).map(({ message }) => message)).toEqual([
    'NO_PROXY has address ranges, which livectl does not apply: 10.0.0.0/8',
    'AWS is reached directly: NO_PROXY excludes it from HTTPS_PROXY',
  ]);
});

/** Of CN=Old CA: it expired at the beginning of 2021. */
const expired = `-----BEGIN CERTIFICATE-----
MIIBCTCBsAIBATAKBggqhkjOPQQDAjARMQ8wDQYDVQQDDAZPbGQgQ0EwHhcNMjAw
MTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjARMQ8wDQYDVQQDDAZPbGQgQ0EwWTAT
BgcqhkjOPQIBBggqhkjOPQMBBwNCAARK0FaPkm2I8zXf5sO36H1fq7IV+BNR0Wgm
vX6K1jkn1sS5pIMNQK/e7aDF8HrPo7mQE4VQz57VvUZjsCWLhWr/MAoGCCqGSM49
BAMCA0gAMEUCIQCjO4qAEk7bxSGQjVEvrsVYja3el4XtJ6KmSCBt6702YAIgP7LM
wt3I1mf0UaZSeoHZ+7WN5bj/6pKp4BTpIt9VlJE=
-----END CERTIFICATE-----
`;

describe('files of certificate authorities', () => {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-authorities-'));
  const at = (name: string) => join(folder, name);

  beforeAll(() => {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const files = ['-keyout', 'ca.key', '-out', 'ca.pem'];
    const made = spawnSync('openssl', ['req', '-x509', ...curve, '-subj', '/CN=CA', ...files], {
      cwd: folder,
    });
    expect(made.status, String(made.stderr)).toBe(0);
    const good = readFileSync(at('ca.pem'), 'utf8');
    writeFileSync(at('both.pem'), `# ours\n${good}\n${expired}`);
    // As a system's own: few of many have expired.
    writeFileSync(at('many.pem'), expired + good.repeat(30));
    writeFileSync(at('broken.pem'), good + good.replace(/\n[A-Za-z0-9+/]{30}/, '\nx'));
    writeFileSync(at('none.pem'), readFileSync(at('ca.key')));
    return () => rmSync(folder, { recursive: true });
  });

  it.each([
    ['ca.pem', 'pass', 'has one certificate'],
    ['both.pem', 'warn', /has 2 certificates, of which these have expired: CN=Old CA \(/],
    ['many.pem', 'pass', 'has 31 certificates'],
    ['broken.pem', 'fail', 'has 2 certificates, of which these cannot be read: number 2'],
    ['none.pem', 'fail', 'cannot be used: it has no certificate in PEM form'],
    ['missing.pem', 'fail', 'cannot be used: there is no such file'],
  ] as const)('%s', (name, status, words) => {
    vi.stubEnv('NODE_EXTRA_CA_CERTS', at(name));
    const [found, ...others] = findingsOf(authoritiesCheck);
    expect([found?.status, others]).toEqual([status, []]);
    expect(found?.message).toMatch(words);
    expect(found?.message.startsWith(`NODE_EXTRA_CA_CERTS: ${at(name)} `)).toBe(true);
  });

  it('several variables, and one that livectl does not read', () => {
    for (const name of ['AWS_CA_BUNDLE', 'REQUESTS_CA_BUNDLE']) vi.stubEnv(name, at('ca.pem'));
    vi.stubEnv('CURL_CA_BUNDLE', at('many.pem'));
    expect(findingsOf(authoritiesCheck).map(({ message }) => message)).toEqual([
      'AWS_CA_BUNDLE is for boto3 and the aws command: livectl reads NODE_EXTRA_CA_CERTS only',
      `AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE: ${at('ca.pem')} has one certificate`,
      `CURL_CA_BUNDLE: ${at('many.pem')} has 31 certificates`,
    ]);
  });
});
