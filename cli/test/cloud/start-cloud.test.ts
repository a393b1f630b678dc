// The whole cloud: what it tells the serve command, its HTTP front in front of real instances, and its end.

import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { strToU8, zipSync } from 'fflate';
import { afterEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { builtRuntime } from '../worker/built-runtime.ts';
import { awsClient, closed, hello, nextMessage, opened, signedSocket } from './signing.ts';
import { deployed, invoke, isAlive, result, startTestCloud, type TestCloud } from './test-cloud.ts';

const runtime = builtRuntime();
let started: TestCloud | undefined;

afterEach(async () => {
  await started?.close();
  started = undefined;
});

async function start(options: Parameters<typeof startTestCloud>[1] = {}) {
  started = await startTestCloud(runtime.file, options);
  return started.cloud;
}

test('reports the address of everything, on 127.0.0.1 only', async () => {
  const functions = [
    deployed('hello'),
    deployed('users', { triggers: { http: { path: '/users/{id}', method: 'GET' } } }),
    deployed('bare', { triggers: { http: { method: 'POST' } } }),
  ];
  const cloud = await start({ functions });
  expect(cloud.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect([...cloud.functionUrls]).toEqual([
    ['hello', `${cloud.url}/hello`],
    ['users', `${cloud.url}/users/id`],
    ['bare', `${cloud.url}/bare`],
  ]);
  expect(cloud).toMatchObject({
    region: 'us-east-1',
    tableName: 'live-debug-test',
    relayUrl: `${cloud.endpointUrl}/live`,
    directoryUrl: cloud.endpointUrl,
  });
});

test('an HTTP request goes through a real instance and back', async () => {
  const cloud = await start();
  const response = await fetch(`${cloud.url}/hello/a?b=1`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: 'ä',
  });
  expect([response.status, response.headers.get('x-path'), await response.text()]).toEqual([
    200,
    '/hello/a',
    'ä',
  ]);
});

test('200 requests at once are all answered', async () => {
  const cloud = await start({ maxInstances: 4 });
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const response = await fetch(`${cloud.url}/hello/${index}`);
      return [response.status, response.headers.get('x-path')];
    }),
  );
  expect(answers).toEqual(Array.from({ length: 200 }, (_, index) => [200, `/hello/${index}`]));
});

describe('the developer', () => {
  test('may connect, post and write the directory', async () => {
    const cloud = await start();
    const credentials = cloud.developerCredentials;
    const socket = await opened(await signedSocket(cloud.relayUrl, { credentials }));
    const id = await hello(socket);
    const message = nextMessage(socket);
    const posted = await awsClient(credentials, 'execute-api').fetch(
      `${cloud.relayUrl}/@connections/${encodeURIComponent(id)}`,
      { method: 'POST', body: 'to myself' },
    );
    expect(posted.status).toBe(200);
    expect((await message).text).toBe('to myself');
    const dynamodb = new DynamoDBClient({ region: cloud.region, endpoint: cloud.directoryUrl, credentials });
    const Key = { stage: { S: 'test' }, item: { S: 'client#*' } };
    await dynamodb.send(
      new PutItemCommand({ TableName: cloud.tableName, Item: { ...Key, connectionId: { S: id } } }),
    );
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: cloud.tableName, Key }));
    expect(Item?.connectionId).toEqual({ S: id });
    dynamodb.destroy();
    socket.terminate();
  });

  test('has other keys in every cloud', async () => {
    const first = await start();
    const other = await startTestCloud(runtime.file);
    const { credentials } = { credentials: first.developerCredentials };
    expect(other.cloud.developerCredentials.secretAccessKey).not.toBe(credentials.secretAccessKey);
    await expect(opened(await signedSocket(other.cloud.relayUrl, { credentials }))).rejects.toThrow('403');
    await other.close();
  });
});

describe('what goes wrong at the start', () => {
  test('a port in use is named, with the way out, and nothing stays behind', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({
      code: 'LD_PORT_IN_USE',
      message: `Port ${port} of 127.0.0.1 is in use by another program`,
      remedy: expect.stringContaining('--port 0'),
    });
    await new Promise((resolve) => other.close(resolve));
    expect((await start({ port })).url).toBe(`http://127.0.0.1:${port}`);
  });

  test('routes that clash are refused before anything is opened', async () => {
    const triggers = { http: { path: '/same', method: 'GET' as const } };
    await expect(
      start({ functions: [deployed('a', { triggers }), deployed('b', { triggers })] }),
    ).rejects.toMatchObject({
      code: 'LD_CONFIG',
      message: 'a and b both answer GET /same',
    });
  });

  test('a zip with an entry outside of itself is refused', async () => {
    const stubZip = zipSync({ '../outside.mjs': strToU8('') });
    await expect(start({ stubZip })).rejects.toMatchObject({ code: 'LD_INTERNAL' });
  });
});

test('close ends sockets, servers and processes, also with callers on the line', async () => {
  const cloud = await start();
  const { pid } = await result(invoke(cloud, {}));
  const socket: WebSocket = await opened(
    await signedSocket(cloud.relayUrl, { credentials: cloud.developerCredentials }),
  );
  const kept = await fetch(`${cloud.url}/hello`);
  await kept.text();
  const goodbye = closed(socket);
  await cloud.close();
  await goodbye;
  expect(isAlive(pid)).toBe(false);
  for (const url of [cloud.url, cloud.endpointUrl]) {
    const attempt = connect(Number(new URL(url).port), '127.0.0.1');
    await expect(
      new Promise((resolve, reject) => {
        attempt.once('connect', resolve);
        attempt.once('error', reject);
      }),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
});
