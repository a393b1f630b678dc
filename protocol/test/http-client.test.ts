import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isReset } from '../http-attempt.ts';
import { answersWithinMs, HttpClient, hedgeAfterMs } from '../http-client.ts';
import { ManualClock } from './manual-clock.ts';

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
  it('is reused', async () => {
    for (const body of ['a', 'b', 'c']) expect((await send(body)).body.toString()).toBe(`got ${body}`);
    expect(sockets).toHaveLength(1);
  });

  it('that is dead is replaced at once by a fresh one, and so are all others', async () => {
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

  it('that is dead fails a request that must not be sent twice', async () => {
    await warm(1);
    answer = (request) => request.socket.resetAndDestroy();
    expect(isReset(await send('once', 5000, false).catch((error: unknown) => error))).toBe(true);
    expect(requests).toHaveLength(1);
  });

  it('is not replaced when it answers late: that is a timeout', async () => {
    await warm(1);
    answer = () => undefined;
    await expect(send('x', 30)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(requests).toHaveLength(1);
  });
});

/** Resolves when the server has so many requests that it was sent since `warm`. */
async function arrivals(count: number): Promise<void> {
  await expect.poll(() => requests.length, { interval: 2 }).toBe(count);
}

function closed(socket: Socket | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (socket?.closed) resolve();
    else socket?.once('close', () => resolve());
  });
}

describe('a kept-alive connection that is silent', () => {
  let clock: ManualClock;
  let stale: Set<Socket>;

  /** Leaves connections behind on which the server is silent from now on. */
  async function silence(count = 1): Promise<void> {
    await warm(count);
    stale = new Set(sockets);
    answer = (request, response, body) => {
      if (!stale.has(request.socket)) response.end(`got ${body.length}`);
    };
  }

  beforeEach(() => {
    clock = new ManualClock();
    client = new HttpClient({ clock });
  });

  it('gets a fresh one beside it after 1.5 s; the first answer counts and the silent one ends', async () => {
    await silence(3);
    const sent = send('x');
    await arrivals(1);
    clock.advance(hedgeAfterMs);
    expect(sockets).toHaveLength(3);
    clock.advance(1);
    expect((await sent).body.toString()).toBe('got 1');
    expect(requests).toHaveLength(2);
    expect(sockets).toHaveLength(4);
    for (const socket of stale) await closed(socket);
    expect(clock.pending).toEqual([]);
  });

  it('gets no second one if the answer comes before that, nor for a request that must not be repeated', async () => {
    await silence();
    const once = send('x', 5000, false).catch((error: Error) => error.message);
    await arrivals(1);
    clock.advance(5000);
    expect(await once).toMatch(/within 5000 ms$/);
    expect(requests).toHaveLength(1);
  });

  it('may take its time to send large bodies: 128 KB take 4 s on the slowest line', async () => {
    await silence();
    const sent = send('x'.repeat(128 * 1024), 60_000);
    await arrivals(1);
    clock.advance(8000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sockets).toHaveLength(1);
    clock.advance(3000);
    expect((await sent).body.toString()).toBe('got 131072');
  });

  it('must have been used before: a fresh one that is silent is a timeout', async () => {
    answer = () => undefined;
    const sent = send('x').catch((error: Error) => error.message);
    await arrivals(1);
    clock.advance(5000);
    expect(await sent).toMatch(/within 5000 ms$/);
    expect(sockets).toHaveLength(1);
  });

  describe('and was idle for half a minute', () => {
    const idle = () => clock.jump(30_001);

    beforeEach(() => {
      client = new HttpClient({ clock, doubtAfterMs: 30_000 });
    });

    it('is asked first, while a fresh one is opened', async () => {
      await warm(1);
      idle();
      const held: ServerResponse[] = [];
      answer = (_request, response) => void held.push(response);
      const sent = send('x');
      await expect.poll(() => sockets.length, { interval: 2 }).toBe(2);
      await arrivals(1);
      held[0]?.end('late');
      expect((await sent).body.toString()).toBe('late');
      expect(requests).toHaveLength(1);
      await closed(sockets[1]);
      expect(sockets[0]?.closed).toBe(false);
    });

    it('is waited for no longer than the relay takes to answer', async () => {
      await silence(2);
      idle();
      const sent = send('x');
      await clock.untilSet((ms) => ms <= answersWithinMs + 1);
      expect(requests.length).toBeLessThan(2);
      clock.advance(answersWithinMs + 1);
      expect((await sent).body.toString()).toBe('got 1');
      expect(sockets).toHaveLength(3);
      for (const socket of stale) await closed(socket);
    });

    it('and is found to be cut, costs no further handshake', async () => {
      await silence();
      answer = (request, response, body) => {
        if (stale.has(request.socket)) request.socket.resetAndDestroy();
        else response.end(`got ${body}`);
      };
      idle();
      expect((await send('x')).body.toString()).toBe('got x');
      expect(sockets).toHaveLength(2);
      expect(requests).toHaveLength(2);
    });

    it('is not used for a request that must not be repeated', async () => {
      await silence();
      idle();
      expect((await send('x', 5000, false)).body.toString()).toBe('got 1');
      expect(sockets).toHaveLength(2);
    });

    it('still answers if no fresh one can be opened', async () => {
      await warm(1);
      idle();
      const held: ServerResponse[] = [];
      answer = (_request, response) => void held.push(response);
      server.once('connection', (socket) => socket.destroy());
      const sent = send('x');
      await arrivals(1);
      await expect.poll(() => sockets[1]?.closed, { interval: 2 }).toBe(true);
      held[0]?.end('late');
      expect((await sent).body.toString()).toBe('late');
    });
  });
});

describe('an idle connection', () => {
  const url = () => new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

  it('ends after a while', async () => {
    client = new HttpClient({ idleMs: 30 });
    await send('x');
    expect(client.idle(url())).toBe(1);
    await closed(sockets[0]);
  });

  it('that the far end closes is reported with the time it was idle', async () => {
    const clock = new ManualClock();
    client = new HttpClient({ clock });
    await send('x');
    clock.advance(7000);
    const ended = new Promise((resolve) => {
      client.onIdleEnd = (_url, idleMs, inOrder) => resolve({ idleMs, inOrder });
    });
    sockets[0]?.end();
    expect(await ended).toEqual({ idleMs: 7000, inOrder: true });
    expect(client.idle(url())).toBe(0);
  });

  it('is kept for each request that ran at once', async () => {
    await warm(3);
    expect(client.takePeak(url())).toBe(3);
    await send('x');
    expect([client.takePeak(url()), client.takePeak(url()), client.idle(url())]).toEqual([1, 0, 3]);
  });

  it('is closed on demand, unless used since', async () => {
    await warm(2);
    const since = Date.now();
    await expect.poll(() => Date.now() > since).toBe(true);
    await send('x');
    client.dropIdle(url(), since);
    expect(client.idle(url())).toBe(1);
    client.dropIdle(url());
    expect(client.idle(url())).toBe(0);
  });
});

describe('a failure', () => {
  it('of a fresh connection is not retried', async () => {
    answer = (request) => request.socket.resetAndDestroy();
    const failure = await send('x').catch((error: unknown) => error);
    expect(isReset(failure)).toBe(true);
    expect(requests).toHaveLength(1);
  });

  it('by timeout names the host and the limit', async () => {
    answer = () => undefined;
    await expect(send('x', 20)).rejects.toThrow(/^no answer from 127\.0\.0\.1:\d+ within 20 ms$/);
  });

  it('by timeout also ends an answer that does not end', async () => {
    answer = (_request, response) => void response.write('and');
    await expect(send('x', 50)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('of a truncated answer is a failure, not a short answer', async () => {
    answer = (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    };
    const failure = await send('x').catch((error: unknown) => error);
    expect(isReset(failure)).toBe(true);
    expect(failure).toMatchObject({ begun: { status: 200, body: Buffer.from('half') } });
    expect(String(failure)).toMatch(/the answer of 127\.0\.0\.1:\d+ was cut off after 4 bytes$/);
  });

  it('because of an oversized answer is final, even on a connection used before', async () => {
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

  it('to connect is not mistaken for a reset', async () => {
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

it('is not any HTTP status: every status is an answer', async () => {
  answer = (_request, response) => response.writeHead(503, { 'x-why': 'busy' }).end('later');
  const { status, headers, body } = await send('');
  expect([status, headers['x-why'], body.toString()]).toEqual([503, 'busy', 'later']);
});
