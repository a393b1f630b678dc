// `livectl vpn certificates`, the built file as a process: what openssl says of them, and a TLS handshake with them.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../e2e/livectl-process.ts';

const parent = mkdtempSync(join(tmpdir(), 'vpn-certificates-'));
const folder = join(parent, 'vpn');
const others = join(parent, 'others');
afterAll(() => rmSync(parent, { recursive: true }));

const configuration =
  'client\nremote x.cvpn-endpoint-1.prod.clientvpn.eu-west-1.amazonaws.com 443\n<ca>\nCA\n</ca>\n';

function certificates(args: readonly string[], input = '') {
  const command = [join(repository, 'dist/livectl.mjs'), 'vpn', 'certificates', ...args];
  const { status, stderr, stdout } = spawnSync(process.execPath, command, { input, encoding: 'utf8' });
  return { status, stderr, stdout };
}

const file = (name: string, where = folder) => join(where, name);
const read = (name: string, where = folder) => readFileSync(file(name, where));

beforeAll(() => {
  expect(certificates(['--out', folder, '--client', 'tom']).stderr).toBe('');
  expect(certificates(['--out', others, '--client', 'eve']).stderr).toBe('');
});

describe('the folder', () => {
  it('is for its owner alone, and so is every key', () => {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const names = readdirSync(folder).sort();
    expect(names).toEqual(
      ['.gitignore', 'ca.crt', 'ca.key', 'server.crt', 'server.key', 'tom.crt', 'tom.key'].sort(),
    );
    for (const name of names.filter((each) => each.endsWith('.key')))
      expect(statSync(file(name)).mode & 0o777).toBe(0o600);
    expect(read('.gitignore').toString()).toBe('*\n');
  });

  it('that others can read is refused', () => {
    const open = mkdtempSync(join(parent, 'open-'));
    execFileSync('chmod', ['755', open]);
    const { status, stderr } = certificates(['--out', open]);
    expect(status).toBe(2);
    expect(stderr).toContain(`chmod 700 ${open}`);
    expect(readdirSync(open)).toEqual([]);
  });

  it('that is a link is refused: it may be another user’s, and lead anywhere', () => {
    const target = join(parent, 'target');
    mkdirSync(target, { mode: 0o700 });
    symlinkSync(target, join(parent, 'link'));
    const { status, stderr } = certificates(['--out', join(parent, 'link'), '--client', 'tom']);
    expect([status, readdirSync(target)]).toEqual([2, []]);
    expect(stderr).toContain('link is not a folder of this user');
  });

  it('keeps authority and server for a second client', () => {
    const before = ['ca.crt', 'ca.key', 'server.crt', 'server.key'].map((name) => read(name).toString());
    const { status, stdout } = certificates(['--out', folder, '--client', 'ada', '--format', 'json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      event: 'certificates',
      client: file('ada.crt'),
      made: [file('ada.crt'), file('ada.key')],
    });
    expect(['ca.crt', 'ca.key', 'server.crt', 'server.key'].map((name) => read(name).toString())).toEqual(
      before,
    );
    const again = certificates(['--out', folder, '--client', 'ada']);
    expect(again.status).toBe(2);
    expect(again.stderr).toContain('ada.crt already exists');
  });
});

it('prints the next steps, with the given names', () => {
  const { stdout } = certificates(['--out', folder, '--client', 'bob']);
  expect(stdout).toContain(`livectl vpn certificates --client bob --out ${folder} --ovpn -`);
});

describe('openssl verify', () => {
  const verify = (purpose: string, name: string, authority = folder) =>
    spawnSync('openssl', ['verify', '-CAfile', file('ca.crt', authority), '-purpose', purpose, file(name)], {
      encoding: 'utf8',
    }).status;

  it('accepts each only for its own use', () => {
    expect(verify('sslserver', 'server.crt')).toBe(0);
    expect(verify('sslclient', 'tom.crt')).toBe(0);
    expect(verify('sslclient', 'server.crt')).not.toBe(0);
    expect(verify('sslserver', 'tom.crt')).not.toBe(0);
    expect(verify('sslclient', 'tom.crt', others)).not.toBe(0);
  });

  it('finds RSA keys of 2,048 bits, which is what AWS accepts', () => {
    const text = execFileSync('openssl', ['x509', '-in', file('server.crt'), '-noout', '-text'], {
      encoding: 'utf8',
    });
    expect(text).toContain('Public-Key: (2048 bit)');
    expect(text).toContain('DNS:server.vpn.livectl.internal');
  });
});

describe('a TLS handshake with client authentication', () => {
  const server = createServer({ requestCert: true, rejectUnauthorized: true });
  let port = 0;
  beforeAll(async () => {
    server.setSecureContext({
      ca: read('ca.crt'),
      cert: read('server.crt'),
      key: read('server.key'),
      // Its refusal reaches the client in the handshake, and not after it.
      maxVersion: 'TLSv1.2',
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  /** The name in the client's certificate as the server saw it. */
  async function handshake(client: string | undefined, where = folder): Promise<string> {
    const identity =
      client === undefined ? {} : { cert: read(`${client}.crt`, where), key: read(`${client}.key`, where) };
    const options = {
      port,
      host: '127.0.0.1',
      servername: 'server.vpn.livectl.internal',
      ca: read('ca.crt'),
    };
    const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
    const socket = connect({ ...options, ...identity });
    try {
      await once(socket, 'secureConnect');
      const [peer] = await accepted;
      const { subject } = peer.getPeerCertificate();
      peer.destroy();
      return String(subject.CN);
    } finally {
      socket.destroy();
    }
  }

  it('succeeds with the client’s certificate', async () => {
    expect(await handshake('tom')).toBe('tom');
  });

  it.each<[string, string | undefined, string]>([
    ['none', undefined, folder],
    ['one of another authority', 'eve', others],
    ['the server’s own', 'server', folder],
  ])('fails with %s', async (_kind, client, where) => {
    await expect(handshake(client, where)).rejects.toThrow();
  });
});

describe('--ovpn', () => {
  it('completes a configuration with certificate and key, in a private file', () => {
    const { status, stdout } = certificates(
      ['--out', folder, '--client', 'tom', '--ovpn', '-'],
      configuration,
    );
    expect(status).toBe(0);
    expect(stdout).toContain(file('tom.ovpn'));
    expect(statSync(file('tom.ovpn')).mode & 0o777).toBe(0o600);
    const text = read('tom.ovpn').toString();
    expect(text.startsWith(configuration)).toBe(true);
    expect(text).toContain(`<cert>\n${read('tom.crt').toString().trim()}\n</cert>`);
    expect(text).toContain(`<key>\n${read('tom.key').toString().trim()}\n</key>`);
    expect(stdout).not.toContain('PRIVATE KEY');
  });

  it('replaces those that a configuration already has', () => {
    const old = `${configuration}<cert>\nOLD\n</cert>\n<key>\nOLD\n</key>\n`;
    const source = join(parent, 'client.ovpn');
    writeFileSync(source, old);
    expect(certificates(['--out', folder, '--client', 'tom', '--ovpn', source]).status).toBe(0);
    // By line: the three letters may stand in a certificate's Base64 by chance.
    expect(read('tom.ovpn').toString().split('\n')).not.toContain('OLD');
  });

  it.each([
    ['-', 'nonsense', 'stdin is not an OpenVPN client configuration'],
    ['-', 'remote <ca> '.repeat(200_000), 'stdin has more than 1048576 bytes'],
    [join(parent, 'nowhere.ovpn'), '', "can't be read"],
  ])('refuses %s', (source, input, words) => {
    const { status, stderr } = certificates(['--out', folder, '--client', 'zoe', '--ovpn', source], input);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
    expect(readdirSync(folder)).not.toContain('zoe.crt');
  });
});

it.each([
  [['--client', 'ca'], '--client must be'],
  [['--client', '../x'], '--client must be'],
  [['--days', '0'], '--days must be a whole number'],
  [['--server-name', 'x'], '--server-name must be'],
])('refuses %j with 2', (args, words) => {
  const { status, stderr } = certificates(['--out', join(parent, 'never'), ...args]);
  expect(status).toBe(2);
  expect(stderr).toContain(words);
});

it('says what to install if there is no openssl', () => {
  const command = [
    join(repository, 'dist/livectl.mjs'),
    'vpn',
    'certificates',
    '--out',
    join(parent, 'none'),
  ];
  const { status, stderr } = spawnSync(process.execPath, command, {
    env: { PATH: parent },
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toContain('openssl is not on the PATH');
});
