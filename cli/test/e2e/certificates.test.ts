// A company's own certificate authority: NODE_EXTRA_CA_CERTS makes livectl trust it, without it the error says why not.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Livectl, project } from './livectl-process.ts';

const folder = project({});
let server: Server;

beforeAll(async () => {
  const key = join(folder.root, 'key.pem');
  const cert = join(folder.root, 'cert.pem');
  const { status, stderr } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
  ]);
  expect(status, String(stderr)).toBe(0);
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    request.resume();
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      '{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"not found"}',
    );
  });
  await once(server.listen(0), 'listening');
});

afterAll(() => {
  server.close();
  folder.remove();
});

async function status(env: Record<string, string>) {
  const livectl = new Livectl(['status', '--stage', 'dev', '--format', 'json'], {
    env: {
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: `https://localhost:${(server.address() as AddressInfo).port}`,
      ...env,
    },
  });
  await livectl.exited;
  const error = await livectl.event('error');
  await livectl.dispose();
  return error;
}

test('is trusted', async () => {
  const error = await status({ NODE_EXTRA_CA_CERTS: join(folder.root, 'cert.pem') });
  expect(error).toMatchObject({
    code: 'LD_STAGE',
    message: expect.stringContaining('live-debug-dev in eu-west-1'),
  });
});

test('is named as the trouble where it is not known', async () => {
  const error = await status({ NODE_EXTRA_CA_CERTS: '' });
  expect(error).toMatchObject({
    code: 'LD_DIRECTORY',
    message: expect.stringMatching(/self-signed certificate/),
  });
});
