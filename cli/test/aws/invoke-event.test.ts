// What Lambda's refusals of an asynchronous invocation mean to the person at the terminal.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { testCredentials } from '../../../protocol/test/directory-table.ts';
import { invokeEvent } from '../../src/aws/invoke-event.ts';

let server: Server;
let http: HttpClient;
let answer: { readonly status: number; readonly type?: string; readonly body?: string; readonly cut?: true };
let requests: { readonly url: string; readonly type: unknown; readonly body: string }[];

beforeEach(async () => {
  requests = [];
  http = new HttpClient();
  server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    requests.push({ url: request.url ?? '', type: request.headers['x-amz-invocation-type'], body });
    if (answer.cut) return void request.socket.destroy();
    if (answer.type) response.setHeader('x-amzn-errortype', answer.type);
    response.writeHead(answer.status).end(answer.body ?? '');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  http.close();
  server.close();
  await once(server, 'close');
});

const invoke = () =>
  invokeEvent({
    functionName: 'live-debug-dev-tunnel',
    payload: { tunnel: 'id' },
    region: 'eu-west-1',
    credentials: () => testCredentials,
    http,
    clock: systemClock,
    remedies: { denied: 'attach the policy', missing: 'apply the module' },
  });

test('is accepted', async () => {
  answer = { status: 202 };
  await invoke();
  expect(requests).toEqual([
    {
      url: '/2015-03-31/functions/live-debug-dev-tunnel/invocations',
      type: 'Event',
      body: '{"tunnel":"id"}',
    },
  ]);
});

test.each([
  [403, 'AccessDeniedException', 'LD_PERMISSION', 'attach the policy'],
  [403, 'ExpiredTokenException', 'LD_CREDENTIALS', 'aws sso login'],
  [404, 'ResourceNotFoundException:http://internal', 'LD_STAGE', 'apply the module'],
  [429, 'TooManyRequestsException', 'LD_AWS', 'reserved concurrency'],
  [502, 'EC2ThrottledException', 'LD_AWS', 'try again'],
  [400, 'InvalidParameterValueException', 'LD_AWS', 'fix what the message names'],
] as const)('%d %s becomes %s', async (status, type, code, remedy) => {
  answer = { status, type, body: JSON.stringify({ Message: 'why it was refused' }) };
  await expect(invoke()).rejects.toMatchObject({
    code,
    message: expect.stringContaining('why it was refused'),
    remedy: expect.stringContaining(remedy),
  });
  expect(requests).toHaveLength(1);
});

test('a connection that is cut is not tried again: the function would run twice', async () => {
  answer = { status: 0, cut: true };
  await expect(invoke()).rejects.toMatchObject({
    code: 'LD_AWS',
    remedy: expect.stringContaining('HTTPS_PROXY'),
  });
  expect(requests).toHaveLength(1);
});
