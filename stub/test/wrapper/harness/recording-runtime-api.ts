// Lambda's Runtime API for tests: hands out invocations, and keeps every request of the runtime as it came.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of the runtime. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  /** Name, value, name, value; without those between the two ends of a connection. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
  /** When its first bytes and when all of it were there, milliseconds since the start of the process. */
  readonly beganAt: number;
  readonly endedAt: number;
}

export interface GivenInvocation {
  readonly id: string;
  readonly event: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds until its deadline. */
  readonly timeoutMs?: number;
}

export const invokedArn = 'arn:aws:lambda:eu-west-1:123456789012:function:live-hello';
const prefix = '/2018-06-01/runtime';
const perConnection = new Set(['connection', 'keep-alive', 'expect']);

export class RecordingRuntimeApi {
  /** All requests but `next`, in the order in which they were whole. */
  readonly requests: Recorded[] = [];
  /** How many times `next` was asked. */
  nexts = 0;
  /** Pieces of the response that is on its way, as they come. */
  onPiece: (path: string, piece: Buffer) => void = () => undefined;
  /** The status of an answer's confirmation; default 202. */
  statusOf: (path: string) => number = () => 202;
  /** Confirmations of answers wait for it. */
  confirms: Promise<void> = Promise.resolve();
  /** Restores an instance from its snapshot, once it has asked for that. */
  restored: Promise<void> = Promise.resolve();
  readonly #server = createServer({ maxHeaderSize: 256 * 1024 }, (request, response) => {
    void this.#take(request, response);
  });
  readonly #invocations: GivenInvocation[] = [];
  readonly #waiting: ServerResponse[] = [];
  readonly #watchers = new Set<() => void>();

  async start(): Promise<this> {
    this.#server.keepAliveTimeout = 0;
    this.#server.requestTimeout = 0;
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The runtime waits for an invocation. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Hands an invocation to the runtime, now or when it asks for one. */
  give(invocation: GivenInvocation): void {
    this.#invocations.push(invocation);
    this.#handOut();
  }

  /** The answer or error to an invocation, once it is whole. */
  async answerTo(id: string): Promise<Recorded> {
    const isIts = ({ path }: Recorded) => path.startsWith(`${prefix}/invocation/${id}/`);
    await this.until(() => this.requests.some(isIts));
    return this.requests.find(isIts) as Recorded;
  }

  async invoke(invocation: GivenInvocation): Promise<Recorded> {
    this.give(invocation);
    return this.answerTo(invocation.id);
  }

  /** Resolves as soon as the condition holds; looked at after everything that happens here. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    if (method === 'GET' && path === `${prefix}/invocation/next`) {
      this.nexts += 1;
      request.resume();
      response.on('close', () => {
        const at = this.#waiting.indexOf(response);
        if (at >= 0) this.#waiting.splice(at, 1);
      });
      this.#waiting.push(response);
      this.#handOut();
      return this.#look();
    }
    const beganAt = performance.now();
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) {
        pieces.push(piece);
        this.onPiece(path, piece);
        this.#look();
      }
    } catch {
      // A process that ends half-way: no request.
      return;
    }
    const headers = request.rawHeaders.filter(
      (_, at) => !perConnection.has((request.rawHeaders[at - (at % 2)] ?? '').toLowerCase()),
    );
    const [body, trailers, endedAt] = [Buffer.concat(pieces), request.rawTrailers, performance.now()];
    this.requests.push({ method, path, headers, body, trailers, beganAt, endedAt });
    if (path === `${prefix}/restore/next`) {
      this.#look();
      await this.restored;
      response.writeHead(200, ['Content-Type', 'application/json', 'Content-Length', '2']).end('{}');
      return;
    }
    this.#look();
    if (/\/(response|error)$/.test(path)) await this.confirms;
    const status = path.startsWith(prefix) ? this.statusOf(path) : 200;
    const text = JSON.stringify({ status: 'OK' });
    const length = String(text.length);
    response.writeHead(status, [
      ...['Content-Type', 'application/json', 'X-Of-The-Api', path],
      ...['Content-Length', length],
    ]);
    response.end(text);
    this.#look();
  }

  #handOut(): void {
    const [response] = this.#waiting;
    const [invocation] = this.#invocations;
    if (response === undefined || invocation === undefined) return;
    this.#waiting.shift();
    this.#invocations.shift();
    const { event, headers = {}, id, timeoutMs = 10_000 } = invocation;
    const all: Record<string, string> = {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': id,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + timeoutMs),
      'Lambda-Runtime-Invoked-Function-Arn': invokedArn,
      'Lambda-Runtime-Trace-Id': `Root=1-${id};Sampled=0`,
      ...headers,
    };
    const body = Buffer.from(event as string);
    response.writeHead(200, [...Object.entries(all).flat(), 'Content-Length', String(body.length)]);
    response.end(body);
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
