// The ARN of the principal that serves, from STS: AWS answers in JSON, emulators in XML; no answer must not stop serving.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { callerArn } from '../../src/aws/caller-arn.ts';

const arn = 'arn:aws:sts::123456789012:assumed-role/dev/ada';
const identity = {
  region: 'eu-west-1',
  credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
};
let answer: string;
let asked: string;
let http: HttpClient;

const server = createServer((request, response) => {
  asked = String(request.headers.authorization);
  request.resume().on('end', () => response.end(answer));
});

beforeEach(async () => {
  http = new HttpClient();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  ['JSON', JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: { Arn: arn } } }), arn],
  ['XML', `<R><GetCallerIdentityResult><Arn>${arn}</Arn></GetCallerIdentityResult></R>`, arn],
  ['something else', '{"no":"arn"}', undefined],
])('%s', async (_what, text, expected) => {
  answer = text;
  expect(await callerArn(identity, http, systemClock)).toBe(expected);
  expect(asked).toContain('/eu-west-1/sts/aws4_request');
});

test('without an answer', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
  expect(await callerArn(identity, http, systemClock)).toBeUndefined();
});
