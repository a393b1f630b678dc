// The wrapper's own calls of AWS with TLS: whose certificates it takes.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { toItem } from '../../../protocol/directory.ts';
import { clientItem } from '../../../protocol/test/directory-table.ts';
import { usePythonFunctions } from './harness/python-functions.ts';

const functions = usePythonFunctions(undefined);

const code = `
def handler(event, context):
    return {"deployed": event}
`;

let folder: string;
let server: Server;
/** Resolves with the first request. */
let called: Promise<void>;
/** Requests by the service that they are for. */
let calls: string[];

/** A certificate of its own for `localhost`, and its text. */
function certificate(name: string): string {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const { status, stderr } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
  ]);
  expect(status, String(stderr)).toBe(0);
  return readFileSync(cert, 'utf8');
}

beforeEach(async () => {
  folder = functions.folder({});
  calls = [];
  let reportCall: () => void = () => undefined;
  called = new Promise((resolve) => {
    reportCall = resolve;
  });
  certificate('server');
  const [key, cert] = ['key', 'pem'].map((ending) => readFileSync(join(folder, `server.${ending}`)));
  server = createServer({ key, cert }, (request, response) => {
    request.resume();
    const isTable = request.headers['x-amz-target'] !== undefined;
    calls.push(isTable ? 'table' : 'lambda');
    reportCall();
    response.end(
      isTable
        ? JSON.stringify({ Items: [toItem(clientItem({ leaseUntil: Date.now() + 60_000 }))] })
        : '"local"',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
});

async function start(environment: Record<string, string>) {
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return functions.ready(code, {
    environment: { ...environment, AWS_ENDPOINT_URL_DYNAMODB: url, AWS_ENDPOINT_URL_LAMBDA: url },
  });
}

const bundle = (text: string) => {
  const file = join(folder, 'bundle.crt');
  writeFileSync(file, text);
  return file;
};

it.each([
  ['one that AWS_CA_BUNDLE names', () => ({ AWS_CA_BUNDLE: join(folder, 'server.pem') })],
  [
    'Amazon’s own of the system’s',
    () => ({
      SSL_CERT_FILE: bundle(
        `# Another\nbroken\n# Amazon Root CA 1\n${readFileSync(join(folder, 'server.pem'))}`,
      ),
    }),
  ],
  [
    'any other of the system’s, after Amazon’s own did not do',
    () => ({
      SSL_CERT_FILE: bundle(
        `# Amazon Root CA 1\n${certificate('amazon')}\n# Another\n${readFileSync(join(folder, 'server.pem'))}`,
      ),
    }),
  ],
])('takes %s', async (_what, environment) => {
  const { api, instance } = await start({ SSL_CERT_DIR: '', ...environment() });
  await called;
  const { body } = await api.invoke({ id: 'a', event: '1' });
  // On a busy machine a connection may take longer than an invocation waits for it.
  expect(['"local"', '{"deployed":1}']).toContain(body.toString().replaceAll(' ', ''));
  expect(JSON.stringify(instance.ownLines)).not.toMatch(/certificate|directory/i);
});

it('refuses one that no authority has signed: the deployed code answers', async () => {
  const environment = { SSL_CERT_DIR: '', SSL_CERT_FILE: bundle(certificate('amazon')) };
  const { api, instance } = await start(environment);
  await instance.untilOutput('CERTIFICATE_VERIFY_FAILED');
  const { body } = await api.invoke({ id: 'a', event: '1' });
  expect(body.toString().replaceAll(' ', '')).toBe('{"deployed":1}');
  expect(calls).toEqual([]);
});
