import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiClient } from '../src/api/client.ts';
import { LiveConnection } from '../src/state/connection.ts';
import { Rows } from '../src/state/rows.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Stream {
  readonly lastId: string | undefined;
  send(text: string): void;
  end(): void;
}

/** Answers as the API does; each request that it gets is kept. */
class Server {
  readonly requests: string[] = [];
  readonly streams: Stream[] = [];
  run = 'r1';
  /** What it answers with instead, by path. */
  failure: number | 'away' | undefined;
  pages: Record<string, { items: { key: string; status: string }[]; next?: string } | number> = {
    '': { items: [] },
  };

  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const path = String(input).replace('/api/v1/', '');
    this.requests.push(path.split('?')[0] ?? '');
    if (this.failure === 'away') throw new TypeError('fetch failed');
    if (this.failure !== undefined)
      return Response.json({ code: 'x', message: 'refused' }, { status: this.failure });
    if (path === 'state') return Response.json({ run: this.run });
    if (path.startsWith('invocations?')) {
      const page = this.pages[new URLSearchParams(path.slice(12)).get('before') ?? ''];
      return typeof page === 'number' ? new Response('', { status: page }) : Response.json(page);
    }
    return new Response(
      this.#stream(new Headers(init?.headers).get('last-event-id') ?? undefined, init?.signal),
    );
  };

  #stream(lastId: string | undefined, signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) => {
        signal?.addEventListener('abort', () => controller.error(signal.reason));
        this.streams.push({
          lastId,
          send: (text) => controller.enqueue(new TextEncoder().encode(text)),
          end: () => controller.close(),
        });
      },
    });
  }

  get stream(): Stream {
    const stream = this.streams.at(-1);
    if (!stream) throw new Error('No stream was opened.');
    return stream;
  }
}

function start() {
  const server = new Server();
  const rows = new Rows((publish) => publish());
  const others: [string, unknown][] = [];
  const live = new LiveConnection(new ApiClient(server.fetch), rows, (name, data) =>
    others.push([name, data]),
  );
  live.run();
  return { server, rows, live, others, keys: () => rows.value.items.map(({ key }) => key).join(' ') };
}

/** Lets everything happen that waits for nothing. */
const settle = () => vi.advanceTimersByTimeAsync(0);
const reset = 'id: r1-0\nevent: reset\ndata: {}\n\n';
const invocation = (key: string, id: string, status = 'ok') =>
  `id: ${id}\nevent: invocation\ndata: ${JSON.stringify({ key, status })}\n\n`;

describe('the connection', () => {
  it('loads the list page by page when the stream says so, and keeps it up to date', async () => {
    const { server, live, keys, others } = start();
    server.pages = {
      '': {
        items: [
          { key: 'k9', status: 'ok' },
          { key: 'k8', status: 'running' },
        ],
        next: 'k8',
      },
      k8: { items: [{ key: 'k7', status: 'ok' }] },
    };
    await settle();
    expect([live.connection.value.state, live.isLoaded.value]).toEqual(['live', false]);
    const notice = 'event: notice\ndata: {"message":"hi"}\n\n';
    server.stream.send(`${reset}${invocation('k8', 'r1-1')}${notice}`);
    await settle();
    expect(keys()).toBe('k9 k8 k7');
    expect(others).toEqual([['notice', { message: 'hi' }]]);
    server.stream.send(invocation('k99', 'r1-2'));
    await settle();
    expect(keys()).toBe('k99 k9 k8 k7');
  });

  it('resumes after the last message when it was lost, without loading the list again', async () => {
    const { server, live } = start();
    await settle();
    server.stream.send(reset + invocation('k1', 'r1-5'));
    await settle();
    server.stream.end();
    await settle();
    expect(live.connection.value.state).toBe('lost');
    await vi.advanceTimersByTimeAsync(400);
    expect([live.connection.value.state, server.stream.lastId]).toEqual(['live', 'r1-5']);
    expect(server.requests.filter((path) => path === 'invocations')).toHaveLength(1);
  });

  it('starts anew with another run of serve, and drops what that does not have', async () => {
    const { server, keys } = start();
    server.pages = {
      '': {
        items: [
          { key: 'k2', status: 'ok' },
          { key: 'k1', status: 'running' },
        ],
      },
    };
    await settle();
    server.stream.send(reset);
    await settle();
    expect(keys()).toBe('k2 k1');
    server.failure = 'away';
    server.stream.end();
    await vi.advanceTimersByTimeAsync(20_000);
    const attempts = server.requests.filter((path) => path === 'state').length;
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(20);
    server.failure = undefined;
    server.run = 'r2';
    server.pages = { '': { items: [{ key: 'k2', status: 'ok' }] } };
    await vi.advanceTimersByTimeAsync(7000);
    expect(server.stream.lastId).toBeUndefined();
    server.stream.send(invocation('k3', 'r2-1') + reset + invocation('k4', 'r2-2'));
    await settle();
    expect(keys()).toBe('k4 k2');
  });

  it('says that it has no access, and goes on once it has', async () => {
    const { server, live } = start();
    server.failure = 401;
    await vi.advanceTimersByTimeAsync(5000);
    expect(live.connection.value).toEqual({ state: 'refused', message: 'refused' });
    server.failure = undefined;
    await vi.advanceTimersByTimeAsync(3000);
    expect(live.connection.value.state).toBe('live');
  });

  it('says why it is refused for another reason', async () => {
    const { server, live } = start();
    server.failure = 503;
    await settle();
    expect(live.connection.value).toEqual({ state: 'lost', message: 'refused' });
  });

  it('that is silent for too long is opened again', async () => {
    const { server } = start();
    await settle();
    for (let beats = 0; beats < 4; beats++) {
      await vi.advanceTimersByTimeAsync(15_000);
      server.stream.send(':\n\n');
    }
    expect(server.streams).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(42_000);
    expect(server.streams).toHaveLength(2);
  });

  it('asks for a list again that could not be loaded', async () => {
    const { server, keys } = start();
    server.pages = { '': 500 };
    await settle();
    server.stream.send(reset);
    await settle();
    server.pages = { '': { items: [{ key: 'k1', status: 'ok' }] } };
    await vi.advanceTimersByTimeAsync(400);
    expect(keys()).toBe('k1');
  });

  it('of a page that nobody sees is given back, and resumed when it is seen', async () => {
    const { server, live } = start();
    await settle();
    server.stream.send(invocation('k1', 'r1-1'));
    live.setHidden(true);
    await vi.advanceTimersByTimeAsync(30_000);
    live.setHidden(false);
    live.setHidden(true);
    server.stream.send(':\n\n');
    await vi.advanceTimersByTimeAsync(35_000);
    expect([server.streams.length, live.connection.value.state]).toEqual([1, 'live']);
    server.stream.send(':\n\n');
    await vi.advanceTimersByTimeAsync(600_000);
    expect([server.streams.length, live.connection.value.state]).toEqual([1, 'connecting']);
    live.setHidden(false);
    await settle();
    expect([server.streams.length, server.stream.lastId]).toEqual([2, 'r1-1']);
  });
});
