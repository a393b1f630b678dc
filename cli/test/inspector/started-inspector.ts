// An inspector on a real port with recordings in memory, and requests to it, header by header.
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import { type Inspector, type InspectorOptions, startInspector } from '../../src/inspector/inspector.ts';
import { type ServeFacts, ServeStatus } from '../../src/inspector/serve-status.ts';
import { MemoryRecordings } from './memory-recordings.ts';

export const token = 'program-token';

export const facts: ServeFacts = {
  livectl: '1.2.3',
  run: 'run-1',
  stage: 'dev-tom',
  place: 'stage',
  root: '/home/tom/shop',
  recording: true,
  observing: false,
  max_workers: 10,
  functions: [
    {
      name: 'orders',
      url: undefined,
      mode: 'replace',
      fallback: { kind: 'none' },
      triggers: [],
      runtime: 'nodejs22.x',
      handler: 'orders.handler',
      sources: [{ source: 'http', name: 'POST /orders' }],
    },
  ],
  editor: { name: 'Zed', url: 'zed://file/{file}:{line}:{column}' },
  since: '2026-01-02T03:04:05.678Z',
};

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  json(): unknown;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** Ends by `close`, which a test's cleanup calls. */
export class StartedInspector {
  readonly recordings: MemoryRecordings;
  readonly status: ServeStatus;
  readonly inspector: Inspector;
  readonly port: number;
  readonly #sockets: Socket[] = [];

  private constructor(recordings: MemoryRecordings, status: ServeStatus, inspector: Inspector) {
    this.recordings = recordings;
    this.status = status;
    this.inspector = inspector;
    this.port = Number(new URL(inspector.address).port);
  }

  static async start(options: Partial<InspectorOptions> & { clock?: Clock } = {}): Promise<StartedInspector> {
    const recordings = new MemoryRecordings();
    const status = new ServeStatus(facts);
    const page = async () =>
      new Map([
        ['/', { contentType: 'text/html; charset=utf-8', bytes: Buffer.from('<title>the page</title>') }],
        ['/app.js', { contentType: 'text/javascript; charset=utf-8', bytes: Buffer.from('start();') }],
      ]);
    const inspector = await startInspector({
      recordings,
      status,
      token,
      page,
      clock: systemClock,
      ...options,
    });
    return new StartedInspector(recordings, status, inspector);
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.inspector.close();
  }

  /** Whoever it is that asks, with exactly these headers. */
  async ask(path: string, { body, headers = {}, method = 'GET' }: Ask = {}): Promise<Reply> {
    const response = await this.open(path, { headers, method, ...(body === undefined ? {} : { body }) });
    const got = await text(response);
    const { headers: answered, statusCode = 0 } = response;
    return { status: statusCode, headers: answered, body: got, json: () => JSON.parse(got) };
  }

  /** A program, by the token. */
  program(path: string, { headers = {}, ...rest }: Ask = {}): Promise<Reply> {
    return this.ask(path, { headers: { authorization: `Bearer ${token}`, ...headers }, ...rest });
  }

  post(path: string, content: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const body = typeof content === 'string' ? content : JSON.stringify(content);
    return this.program(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  }

  /** The response once its headers are there. */
  open(path: string, { body, headers = {}, method = 'GET' }: Ask = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: this.port, path, method, headers, agent: false },
        resolve,
      );
      outgoing.on('error', reject).end(body);
    });
  }

  /** The `name=value` of the cookie that a new link gives. */
  async cookie(): Promise<string> {
    const { searchParams } = new URL(this.inspector.url());
    const { headers } = await this.ask(`/?token=${searchParams.get('token')}`);
    return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  }

  /** A bare connection; ended by `close`. */
  connection(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => resolve(socket.resume()));
      socket.on('error', reject);
      this.#sockets.push(socket);
    });
  }
}

export interface Message {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Reads messages one after the other; comments are skipped. */
export async function* messages(response: IncomingMessage): AsyncGenerator<Message> {
  let rest = '';
  for await (const piece of response.setEncoding('utf8')) {
    rest += piece;
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (part.startsWith(':')) continue;
      const fields = Object.fromEntries(
        part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      yield { id: fields.id ?? '', event: fields.event ?? '', data: JSON.parse(fields.data ?? '') };
    }
  }
}

/** The next message of that name. */
export async function next(from: AsyncGenerator<Message>, event: string): Promise<Message> {
  for (;;) {
    const { done, value } = await from.next();
    if (done) throw new Error(`the stream ended before ${event}`);
    if (value.event === event) return value;
  }
}
