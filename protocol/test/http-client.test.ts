import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpClient, isReset } from '../http-client.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let client: HttpClient;
let answer: Answer;
/** Every connection the server has seen, and every request with the connection it came on. */
let sockets: Socket[];
let requests: Socket[];

beforeEach(async () => {
  client = new HttpClient();
  sockets = [];
  requests = [];
  answer = (_request, response, body) => response.end(`got ${body}`);
  server = createServer((request, response) => {
    requests.push(request.socket);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, response, Buffer.concat(parts).toString()));
  });
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function send(body: string, timeoutMs = 5000, repeatable = true) {
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path`);
  return client.send({ method: 'POST', url, headers: { 'x-a': 'b' }, body, timeoutMs, repeatable });
}

/** Leaves `count` kept-alive connections behind. */
async function warm(count: number): Promise<void> {
  const held: ServerResponse[] = [];
  const before = answer;
  await new Promise<void>((resolve, reject) => {
    answer = (_request, response) => {
      held.push(response);
      if (held.length === count) for (const each of held) each.end();
    };
    Promise.all(Array.from({ length: count }, () => send('warm'))).then(() => resolve(), reject);
  });
  answer = before;
  requests = [];
}

describe('a kept-alive connection', () => {
  it('is used again', async () => {
    for (const body of ['a', 'b', 'c']) expect((await send(body)).body.toString()).toBe(`got ${body}`);
    expect(sockets).toHaveLength(1);
  });

  it('found dead is replaced at once by a fresh one, and all its siblings with it', async () => {
    await warm(5);
    const stale = new Set(sockets);
    answer = (request, response, body) => {
      if (stale.has(request.socket)) request.socket.resetAndDestroy();
      else response.end(`got ${body}`);
    };
    expect((await send('once')).body.toString()).toBe('got once');
    expect(requests).toHaveLength(2);
    expect(sockets).toHaveLength(6);
    await send('again');
    expect(sockets).toHaveLength(6);
  });

  it('found dead is a failure for a request that must not go out twice', async () => {
    await warm(1);
    answer = (request) => request.socket.resetAndDestroy();
    expect(isReset(await send('once', 5000, false).catch((error: unknown) => error))).toBe(true);
    expect(requests).toHaveLength(1);
  });

  it('is not replaced when it answers late: that is a time-out', async () => {
    await warm(1);
    answer = () => undefined;
    await expect(send('x', 30)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(requests).toHaveLength(1);
  });
});

describe('a failure', () => {
  it('of a fresh connection is not tried again', async () => {
    answer = (request) => request.socket.resetAndDestroy();
    const failure = await send('x').catch((error: unknown) => error);
    expect(isReset(failure)).toBe(true);
    expect(requests).toHaveLength(1);
  });

  it('by time names the host and the bound', async () => {
    answer = () => undefined;
    await expect(send('x', 20)).rejects.toThrow(/^no answer from 127\.0\.0\.1:\d+ within 20 ms$/);
  });

  it('by time also ends an answer that does not end', async () => {
    answer = (_request, response) => void response.write('and');
    await expect(send('x', 50)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('of an answer cut short is a failure, not a short answer', async () => {
    answer = (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    };
    const failure = await send('x').catch((error: unknown) => error);
    expect(isReset(failure)).toBe(true);
    expect(failure).toMatchObject({ begun: { status: 200, body: Buffer.from('half') } });
    expect(String(failure)).toMatch(/the answer of 127\.0\.0\.1:\d+ was cut off after 4 bytes$/);
  });

  it('to refuse an oversized answer is final, also on a connection used before', async () => {
    await warm(1);
    answer = (_request, response) => {
      const part = Buffer.alloc(1024 * 1024);
      const more = () => {
        while (!response.destroyed) if (!response.write(part)) return;
      };
      response.on('drain', more);
      more();
    };
    await expect(send('x')).rejects.toThrow(/^an answer over 16777216 bytes from 127\.0\.0\.1:\d+$/);
    expect(requests).toHaveLength(1);
  });

  it('to find anybody is not taken for a reset', async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const url = new URL(`http://127.0.0.1:${port}/`);
    const failure = await client
      .send({ method: 'GET', url, headers: {}, timeoutMs: 5000 })
      .catch((error) => error);
    expect(failure.code).toBe('ECONNREFUSED');
    expect(isReset(failure)).toBe(false);
  });
});

it('treats every status as an answer', async () => {
  answer = (_request, response) => response.writeHead(503, { 'x-why': 'busy' }).end('later');
  const { status, headers, body } = await send('');
  expect([status, headers['x-why'], body.toString()]).toEqual([503, 'busy', 'later']);
});
