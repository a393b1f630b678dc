// The ARN of the principal that serves, from STS: AWS answers in JSON, emulators in XML; no answer must not stop serving.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { askCaller, callerArn } from '../../src/aws/caller-arn.ts';

const arn = 'arn:aws:sts::123456789012:assumed-role/dev/ada';
const identity = {
  region: 'eu-west-1',
  credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
};
let answer: string;
let status = 200;
let asked: string;
let http: HttpClient;

const server = createServer((request, response) => {
  asked = String(request.headers.authorization);
  request.resume().on('end', () => response.writeHead(status).end(answer));
});

beforeEach(async () => {
  status = 200;
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

const inXml = (code: string) =>
  `<ErrorResponse><Error><Code>${code}</Code><Message>it is so</Message></Error></ErrorResponse>`;
const inJson = (code: string) => JSON.stringify({ Error: { Code: code, Message: 'it is so' } });

test.each([
  ['ExpiredToken', inXml, 'LD_CREDENTIALS'],
  ['ExpiredTokenException', inJson, 'LD_CREDENTIALS'],
  ['InvalidClientTokenId', inXml, 'LD_CREDENTIALS'],
  ['UnrecognizedClientException', inJson, 'LD_CREDENTIALS'],
  ['SignatureDoesNotMatch', inXml, 'LD_CREDENTIALS'],
  ['RequestTimeTooSkewed', inXml, 'LD_CLOCK'],
  ['InternalFailure', inXml, 'LD_AWS'],
])('%s is reported', async (type, form, code) => {
  [status, answer] = [403, form(type)];
  const refusal = askCaller({ identity, http, clock: systemClock });
  await expect(refusal).rejects.toMatchObject({ code, message: expect.stringContaining('it is so') });
  expect(await callerArn(identity, http, systemClock)).toBeUndefined();
});
