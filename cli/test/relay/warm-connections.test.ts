// Connections to the relay that are kept open: reopened when they close, and used before that once it is known when.
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { HttpClient, keepAlive } from '../../../protocol/http-client.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import {
  doubtMs,
  fewest,
  firstPauseMs,
  most,
  openAhead,
  rememberMs,
  WarmConnections,
} from '../../src/relay/warm-connections.ts';

let clock: ManualClock;
let server: Server;
let http: HttpClient;
let warm: WarmConnections;
let open: Set<Socket>;
let connections: number;
let requests: { method: string; url: string; isSigned: boolean }[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  clock = new ManualClock();
  open = new Set();
  connections = 0;
  requests = [];
  answer = (response) => response.writeHead(403).end();
  server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, isSigned: headers.authorization !== undefined });
    answer(response);
  });
  // Node's own header `keep-alive` would tell.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    connections += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  use(new HttpClient({ clock }));
});

afterEach(async () => {
  warm.close();
  http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function use(client: HttpClient): void {
  http = client;
  warm = new WarmConnections({ http, url: base(), clock });
}

const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
const url = () => new URL(`${base()}/@connections/x`);
const post = () => http.send({ method: 'POST', url: url(), headers: {}, timeoutMs: 5000 });

/** This many are open and idle, after this many requests in total. */
async function idle(count: number, asked: number): Promise<void> {
  const state = () => [http.idle(url()), open.size, requests.length];
  await expect.poll(state, { interval: 2 }).toEqual([count, count, asked]);
}

/** The far end closes what is idle. */
function closeAll(): void {
  for (const socket of open) socket.end();
}

describe('connections to the relay', () => {
  it('are opened by requests that AWS does not charge for', async () => {
    warm.start();
    await idle(fewest, fewest);
    const request = { method: 'GET', url: '/live/@connections/keep-alive', isSigned: false };
    expect(requests).toEqual([request, request]);
    await post();
    expect(connections).toBe(fewest);
  });

  it('that were opened ahead are used, and reopened when they close', async () => {
    openAhead(http, base());
    await idle(fewest, fewest);
    warm.start();
    await post();
    expect(requests).toHaveLength(fewest + 1);
    expect(connections).toBe(fewest);
    clock.advance(60_000);
    closeAll();
    await idle(fewest, 2 * fewest + 1);
  });

  it('are reopened at once when they close, and from then on used before that', async () => {
    warm.start();
    await idle(2, 2);
    clock.advance(60_000);
    closeAll();
    await idle(2, 4);
    await expect.poll(() => clock.pending).toEqual([54_000]);
    clock.advance(54_000);
    await idle(2, 6);
    expect(connections).toBe(4);
  });

  it('whose timeout was seen once are left alone longer, until it has been seen twice', async () => {
    /** The far end closes them after so many milliseconds; then they are used after others. */
    const close = async (ms: number, asked: number, useAfterMs: number) => {
      clock.advance(ms);
      closeAll();
      await idle(2, asked);
      await expect.poll(() => clock.pending).toEqual([useAfterMs]);
    };
    /** The next use, long after. */
    const useLate = async (asked: number) => {
      clock.jump(doubtMs + 1);
      clock.advance(0);
      await idle(2, asked);
    };
    warm.start();
    await idle(2, 2);
    // The far end is restarted, which says nothing of its patience.
    await close(3500, 4, 2500);
    await useLate(6);
    await close(60_000, 8, 54_000);
    await useLate(10);
    await close(60_000, 12, 54_000);
    await useLate(14);
    await expect.poll(() => clock.pending).toEqual([54_000]);
  });

  it('are used before the timeout that the far end announces', async () => {
    answer = (response) => response.writeHead(403, { 'keep-alive': 'timeout=20, max=100' }).end();
    warm.start();
    await idle(2, 2);
    await expect.poll(() => clock.pending).toEqual([18_000]);
  });

  it('that close at once, or cannot be opened, are retried after longer and longer pauses', async () => {
    answer = (response) => response.writeHead(403, { connection: 'close' }).end();
    warm.start();
    // Below the bound on a request, which is a timer too.
    for (let pause = firstPauseMs; pause < 10_000; pause *= 2) {
      const asked = requests.length;
      const isPaused = () => clock.pending.length === 1 && (clock.pending[0] ?? 0) <= pause;
      await expect.poll(isPaused, { interval: 2 }).toBe(true);
      const [ms = 0] = clock.pending;
      expect(ms).toBeGreaterThanOrEqual(pause / 2);
      clock.advance(ms);
      await expect.poll(() => requests.length, { interval: 2 }).toBe(asked + 2);
    }
  });

  it('that are cut as soon as they are idle are also retried after longer and longer pauses', async () => {
    answer = (response) => {
      response.writeHead(403).end();
      const { socket } = response;
      setTimeout(() => socket?.resetAndDestroy(), 5);
    };
    warm.start();
    for (let round = 1; round <= 3; round += 1) {
      const isPaused = () =>
        clock.pending.length === 1 && (clock.pending[0] ?? 0) <= firstPauseMs * 2 ** (round - 1);
      await expect.poll(isPaused, { interval: 2 }).toBe(true);
      // Once at once: a network that has just changed cuts what was open.
      expect(requests.length).toBeLessThanOrEqual((round + 1) * 2 * fewest);
      clock.advance(clock.pending[0] ?? 0);
    }
  });

  it('are as many as were used at once in the last 15 minutes, within a limit', async () => {
    warm.start();
    await idle(2, 2);
    await Promise.all(Array.from({ length: most + 3 }, post));
    clock.advance(60_000);
    closeAll();
    await idle(most, 2 + most + 3 + most);
    const before = requests.length;
    clock.jump(rememberMs + 60_000);
    closeAll();
    await idle(2, before + 2);
  });

  it('are replaced after this machine slept, even if the old ones do not answer', async () => {
    warm.start();
    await idle(2, 2);
    const before = [...open];
    const held: ServerResponse[] = [];
    const answered = answer;
    answer = (response) => void held.push(response);
    clock.advance(60_000);
    closeAll();
    await expect.poll(() => held.length).toBe(2);
    answer = answered;
    warm.renew();
    await expect.poll(() => http.idle(url())).toBe(2);
    expect(before.every((socket) => socket.closed)).toBe(true);
  });

  it('go through a proxy', async () => {
    let tunnels = 0;
    const proxy = createServer().on('connect', (request, socket: Socket) => {
      tunnels += 1;
      const { hostname, port } = new URL(`http://${request.url}`);
      const far = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(far).pipe(socket);
      });
      for (const each of [far, socket]) each.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const agent = new HttpsProxyAgent(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, keepAlive);
    onTestFinished(() => {
      agent.destroy();
      proxy.close();
    });
    use(new HttpClient({ clock, agentFor: () => agent }));
    warm.start();
    await idle(2, 2);
    await post();
    clock.advance(60_000);
    closeAll();
    await idle(2, 5);
    await post();
    expect(tunnels).toBe(4);
  });
});
