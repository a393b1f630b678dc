// A server with the inspector's API and generated data: to work on the page, and to test it without waiting for invocations.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { InvocationSummary, LogLine, RecordedBody } from '../../src/recordings/recording.ts';
import { FakeHistory, type FakeRow } from './fake-history.ts';
import { addHostile } from './fake-hostile.ts';
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

/** What no inline script, no other host and no `innerHTML` gets past. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

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
  readonly state = new FakeState();
  readonly streams = new FakeStreams();
  /** What the page asked for, in order, e.g. `GET /api/v1/state`. */
  readonly requests: string[] = [];
  /** How long a replay runs. */
  replayMs = 40;
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
    if (options.hostile ?? true) addHostile(this.history, end);
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
    const row = this.history.add(this.history.make(new Date(), given));
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
    response.setHeader('Content-Security-Policy', contentSecurityPolicy);
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
    if (part === 'export') return text(response, exported(row, query.get('as') ?? ''));
    const body = part === 'event' ? row.event() : part === 'result' ? row.result() : undefined;
    if (body === undefined) return json(response, 404, { code: 'not_found', message: `no ${part}` });
    bytes(response, body);
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
    const replayed = this.history.make(new Date(), { function: name, trigger, source, status: 'ok' });
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

/** The recorded result with what an edit of the code would change, so that there is something to compare. */
function changed(of: FakeRow, event: string): unknown {
  const recorded = Buffer.from(of.result()?.bytes ?? []).toString('utf8');
  const before: unknown = isJson(recorded) ? JSON.parse(recorded) : recorded;
  const isObject = typeof before === 'object' && before !== null && !Array.isArray(before);
  return { ...(isObject ? before : { before }), replayed: true, eventBytes: Buffer.byteLength(event) };
}

function running({
  code_ms: _,
  init_ms: __,
  wait_ms: ___,
  error: ____,
  http_status: _____,
  ...rest
}: InvocationSummary) {
  return { ...rest, status: 'running' as const, ms: 0, result_bytes: 0 };
}

function searchable(summary: InvocationSummary): string {
  const { id, function: name, trigger, error } = summary;
  return [id, name, trigger, error?.name ?? '', error?.message ?? ''].join('\n').toLowerCase();
}

function exported(row: FakeRow, as: string): string {
  const event = Buffer.from(row.event().bytes).toString('utf8');
  if (as === 'event') return event;
  if (as === 'curl') return `curl 'http://127.0.0.1:3000/${row.summary.function}'\n`;
  if (as === 'invoke') return `livectl invoke ${row.summary.function} --local --event event.json\n`;
  return `# a ${as} test of ${row.summary.function}\n`;
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function text(response: ServerResponse, value: string): void {
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end(value);
}

function bytes(response: ServerResponse, { bytes, contentType, isCut }: RecordedBody): void {
  const isText = contentType === 'application/json' || contentType.startsWith('text/');
  response.setHeader('Content-Type', isText ? contentType : 'application/octet-stream');
  response.setHeader('Content-Disposition', 'attachment');
  if (isCut) response.setHeader('X-Cut', 'true');
  response.end(bytes);
}
