// A server with the inspector's API and generated data: to work on the page, and to test it without waiting for invocations.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pagePolicy } from '../../src/inspector/answers.ts';
import type { InvocationSummary, LogLine } from '../../src/recordings/recording.ts';
import {
  bodyOf,
  changed,
  exported,
  isJson,
  json,
  plainText,
  recordedBytes,
  running,
  searchable,
} from './fake-answers.ts';
import { FakeHistory, type FakeRow } from './fake-history.ts';
import { addHostile, type OddName } from './fake-hostile.ts';
import { FakeState } from './fake-state.ts';
import { FakeStreams } from './fake-streams.ts';

export interface FakeServeOptions {
  /** Holds index.html, app.js and app.css. */
  readonly page: string;
  readonly rows?: number;
  /** When the newest of the generated rows began; default: now. */
  readonly end?: Date;
  readonly seed?: number;
  /** Adds the rows of fake-hostile.ts. */
  readonly hostile?: boolean;
  readonly port?: number;
  /** The link works once, as that of `serve`; otherwise it works always. */
  readonly once?: boolean;
}

const files: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/index.html': ['index.html', 'text/html; charset=utf-8'],
  '/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/app.css': ['app.css', 'text/css; charset=utf-8'],
};

type Asked = Readonly<{
  path: string;
  query: URLSearchParams;
  request: IncomingMessage;
  response: ServerResponse;
}>;

export class FakeServe {
  readonly history: FakeHistory;
  /** Rows of fake-hostile.ts, if they were asked for. */
  readonly odd: Readonly<Record<OddName, FakeRow>> | undefined;
  readonly state = new FakeState();
  readonly streams = new FakeStreams();
  /** What the page asked for, in order, e.g. `GET /api/v1/state`. */
  readonly requests: string[] = [];
  /** When invocations begin. */
  now: () => Date = () => new Date();
  /** How long a replay runs. */
  replayMs = 40;
  /** Refuses replays, as when a function does not build. */
  replayRefusal: string | undefined;
  readonly #options: FakeServeOptions;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #token = randomBytes(16).toString('hex');
  readonly #secret = randomBytes(16).toString('hex');
  #used = false;
  #port = 0;

  private constructor(options: FakeServeOptions) {
    this.#options = options;
    const end = options.end ?? new Date();
    this.history = new FakeHistory(options.seed ?? 1, options.rows ?? 10_000, end);
    this.odd = (options.hostile ?? true) ? addHostile(this.history, end) : undefined;
    this.state.count(this.history.rows.map(({ summary }) => summary));
    this.state.onChange = () => this.streams.send('state', this.state.snapshot());
  }

  static async start(options: FakeServeOptions): Promise<FakeServe> {
    const serve = new FakeServe(options);
    serve.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(serve.#server, 'listening');
    serve.#port = (serve.#server.address() as AddressInfo).port;
    return serve;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  url(): string {
    return `${this.origin}/?token=${this.#token}`;
  }

  /** An invocation begins; `end` with its row ends it. */
  begin(given: Partial<InvocationSummary> = {}): FakeRow {
    const row = this.history.add(this.history.make(this.now(), given));
    const ended = row.summary;
    row.summary = running(ended);
    this.#changed(row);
    const { lines } = row.detail();
    for (const line of lines) this.streams.send('line', { key: ended.key, ...line });
    this.#ends.set(ended.key, ended);
    return row;
  }

  readonly #ends = new Map<string, InvocationSummary>();

  end(row: FakeRow): void {
    row.summary = this.#ends.get(row.summary.key) ?? row.summary;
    this.#ends.delete(row.summary.key);
    this.state.count([row.summary]);
    this.#changed(row);
  }

  invoke(given: Partial<InvocationSummary> = {}): FakeRow {
    const row = this.begin(given);
    this.end(row);
    return row;
  }

  line(row: FakeRow, line: LogLine): void {
    this.streams.send('line', { key: row.summary.key, ...line });
  }

  async close(): Promise<void> {
    this.streams.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** On the same port, as `serve` does when it is started again; the cookie stays valid. */
  async listenAgain(): Promise<void> {
    this.state.restarted();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  #changed(row: FakeRow): void {
    this.streams.send('invocation', row.summary);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', this.origin);
    this.requests.push(`${request.method} ${path}`);
    response.setHeader('Content-Security-Policy', pagePolicy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cache-Control', 'no-store');
    try {
      if (query.has('token')) return this.#letIn(query.get('token') ?? '', response);
      if (!(request.headers.cookie ?? '').includes(`${this.#cookie}=${this.#secret}`))
        return json(response, 401, { code: 'unauthorized', message: 'open the link that was printed' });
      if (!path.startsWith('/api/v1/')) return await this.#file(path, response);
      await this.#api({ path: path.slice('/api/v1'.length), query, request, response });
    } catch (error) {
      json(response, 500, { code: 'internal', message: String(error) });
    }
  }

  get #cookie(): string {
    return `livectl-${this.#port}`;
  }

  #letIn(token: string, response: ServerResponse): void {
    if (token !== this.#token || (this.#used && this.#options.once))
      return json(response, 403, { code: 'forbidden', message: 'this link was used already' });
    this.#used = true;
    const cookie = `${this.#cookie}=${this.#secret}; HttpOnly; SameSite=Strict; Path=/`;
    response.writeHead(303, { Location: '/', 'Set-Cookie': cookie }).end();
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    const file = files[path];
    if (file === undefined) return json(response, 404, { code: 'not_found', message: `no ${path}` });
    response.setHeader('Content-Type', file[1]);
    response.end(await readFile(join(this.#options.page, file[0])));
  }

  async #api({ path, query, request, response }: Asked): Promise<void> {
    if (path === '/state') return json(response, 200, this.state.snapshot());
    if (path === '/events') return this.streams.open(request, response);
    if (path === '/invocations') return json(response, 200, this.#list(query));
    if (path === '/replays' && request.method === 'POST') return this.#replay(request, response);
    const [, list, key = '', part] = path.split('/');
    const row = list === 'invocations' ? this.history.find(key) : undefined;
    if (row === undefined) return json(response, 404, { code: 'not_found', message: `no ${path}` });
    if (part === undefined) return json(response, 200, { ...row.summary, ...row.detail() });
    if (part === 'export') {
      const made = exported(row, query.get('as') ?? '');
      if (!made.ok) return json(response, 409, { code: 'conflict', message: made.reason });
      return plainText(response, made.text);
    }
    const body = part === 'event' ? row.event() : part === 'result' ? row.result() : undefined;
    if (body === undefined) return json(response, 404, { code: 'not_found', message: `no ${part}` });
    recordedBytes(response, body);
  }

  #list(query: URLSearchParams): { items: InvocationSummary[]; next?: string } {
    const asked = (name: string) => query.get(name) || undefined;
    const limit = Math.min(Number(asked('limit') ?? 100), 1000);
    const before = asked('before');
    const words = asked('text')?.toLowerCase();
    const found: InvocationSummary[] = [];
    for (const { summary } of this.history.rows.toReversed()) {
      if (before !== undefined && summary.key >= before) continue;
      if (asked('function') !== undefined && summary.function !== asked('function')) continue;
      if (asked('status') !== undefined && summary.status !== asked('status')) continue;
      if (asked('source') !== undefined && summary.source !== asked('source')) continue;
      if (asked('since') !== undefined && summary.at < String(asked('since'))) continue;
      if (asked('until') !== undefined && summary.at >= String(asked('until'))) continue;
      if (words !== undefined && !searchable(summary).includes(words)) continue;
      found.push(summary);
      if (found.length > limit) break;
    }
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return found.length > limit && last !== undefined ? { items, next: last.key } : { items };
  }

  async #replay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = JSON.parse(await bodyOf(request)) as { of: string; event?: string };
    const of = this.history.find(asked.of);
    if (of === undefined) return json(response, 404, { code: 'not_found', message: `no ${asked.of}` });
    if (!this.state.serves(of.summary.function))
      return json(response, 409, { code: 'conflict', message: `${of.summary.function} is not served` });
    if (this.replayRefusal !== undefined)
      return json(response, 409, { code: 'conflict', message: this.replayRefusal });
    if (of.summary.event_cut && asked.event === undefined)
      return json(response, 422, {
        code: 'invalid',
        message: 'only the start of the event was recorded',
      });
    const event = asked.event ?? Buffer.from(of.event().bytes).toString('utf8');
    if (asked.event !== undefined && !isJson(asked.event))
      return json(response, 422, { code: 'invalid', message: 'the event is not JSON' });
    const { function: name, trigger, source } = of.summary;
    const isEdited = asked.event !== undefined;
    const replayed = this.history.make(this.now(), { function: name, trigger, source, status: 'ok' });
    const result = Buffer.from(JSON.stringify(changed(of, event)));
    const row = this.history.add({
      ...replayed,
      event: () => ({ bytes: Buffer.from(event), contentType: 'application/json', isCut: false }),
      result: () => ({ bytes: result, contentType: 'application/json', isCut: false }),
    });
    const { observed: _, answered_by: __, ...own } = replayed.summary;
    const ended: InvocationSummary = {
      ...own,
      replay_of: asked.of,
      ...(isEdited ? { edited: true as const } : {}),
      event_bytes: Buffer.byteLength(event),
      result_bytes: result.length,
    };
    row.summary = running(ended);
    this.#changed(row);
    await new Promise((resolve) => setTimeout(resolve, this.replayMs));
    row.summary = ended;
    this.state.count([ended]);
    this.#changed(row);
    json(response, 201, ended);
  }
}
