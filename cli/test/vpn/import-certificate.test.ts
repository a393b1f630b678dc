// `livectl vpn certificates --import`, the built file as a process, against an ACM that isn't ours: moto_server's.
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documented } from '../../../terraform/test/documented.ts';
import { Moto } from '../../../terraform/test/moto.ts';
import { missingTool } from '../../../terraform/test/terraform-cli.ts';
import { repository } from '../e2e/livectl-process.ts';

const documentedImport = documented('docs/vpn.md', 'livectl vpn certificates --client tom --import');
const parent = mkdtempSync(join(tmpdir(), 'vpn-import-'));
afterAll(() => rmSync(parent, { recursive: true }));

function certificates(env: Readonly<Record<string, string>>, args: readonly string[]) {
  const command = [join(repository, 'dist/livectl.mjs'), ...documentedImport, ...args];
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { PATH: process.env.PATH ?? '', HOME: parent, ...env }, timeout: 30_000 };
    execFile(process.execPath, command, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe.skipIf(missingTool('moto_server', 'python3') !== undefined)('--import', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await Moto.start();
  }, 130_000);
  afterAll(() => moto.stop());

  /** What ACM has of a certificate. */
  function imported(arn: string): { Certificate: string; CertificateChain: string } {
    const script = [
      'import json, sys, botocore.session',
      'acm = botocore.session.get_session().create_client("acm")',
      'found = acm.get_certificate(CertificateArn=sys.argv[1])',
      'print(json.dumps({name: found[name] for name in ("Certificate", "CertificateChain")}))',
    ].join('\n');
    const env = { ...process.env, ...moto.environment };
    return JSON.parse(execFileSync('python3', ['-c', script, arn], { env, encoding: 'utf8' })) as {
      Certificate: string;
      CertificateChain: string;
    };
  }

  it('imports the server’s certificate and its chain into ACM, and prints the ARN', async () => {
    const out = join(parent, 'vpn');
    const { code, stderr, stdout } = await certificates(moto.environment, ['--out', out, '--format', 'json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { certificate_arn: arn } = JSON.parse(stdout) as { certificate_arn: string };
    expect(arn).toMatch(/^arn:aws:acm:eu-west-1:\d{12}:certificate\//);
    const { Certificate, CertificateChain } = imported(arn);
    expect(Certificate.trim()).toBe(readFileSync(join(out, 'server.crt'), 'utf8').trim());
    // moto_server adds a certificate of Amazon's behind it.
    expect(CertificateChain).toContain(readFileSync(join(out, 'ca.crt'), 'utf8').trim());

    const again = await certificates(moto.environment, ['--out', out, '--region', 'eu-central-1']);
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/nothing to create: .* has everything[\s\S]*arn:aws:acm:eu-central-1:/);
    expect(again.stdout + again.stderr).not.toContain('PRIVATE KEY');
  });
});

it.each([
  [
    400,
    { __type: 'AccessDeniedException', message: 'User: tom may not acm:ImportCertificate' },
    2,
    'somebody who has it',
  ],
  [
    400,
    { __type: 'LimitExceededException', message: 'too many' },
    1,
    'ACM refused the certificate: 400 too many',
  ],
  [503, {}, 1, 'ACM refused the certificate: 503'],
])('a refusal (%i %j) is one clear error, without the key', async (status, body, code, words) => {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(status).end(JSON.stringify(body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const aws = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  const ended = await certificates(aws, ['--out', join(parent, `refused-${code}-${words.length}`)]);
  server.close();
  expect(ended.code).toBe(code);
  expect(ended.stderr).toContain(words);
  expect(ended.stderr).not.toContain('PRIVATE KEY');
});

it('creates nothing without a Region', async () => {
  const out = join(parent, 'never');
  const ended = await certificates({}, ['--out', out]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('no AWS Region is set');
  expect(() => readFileSync(join(out, 'ca.crt'))).toThrow();
});
