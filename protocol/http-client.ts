// HTTP as both ends use it: kept-alive connections, a bound on every wait, a dead kept-alive socket retried at once.
import http from 'node:http';
import https from 'node:https';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /**
   * Whether the request may go out twice when its kept-alive connection is cut before an answer: default true. False
   * for what must not happen twice.
   */
  readonly repeatable?: boolean;
  /** Milliseconds until the request is given up with `ETIMEDOUT`, counted from the call. */
  readonly timeoutMs: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The connection was cut after the answer had begun. */
export class CutOffError extends Error {
  /** As of any connection that was cut, see {@link isReset}. */
  readonly code = 'ECONNRESET';
  /** What came of it. */
  readonly begun: HttpResponse;

  constructor(host: string, begun: HttpResponse) {
    super(`the answer of ${host} was cut off after ${begun.body.length} bytes`);
    this.begun = begun;
  }
}

/** Larger answers than this are refused: the directory's items are at most 400 KB, a function's result 6 MB. */
const maxResponseBytes = 16 * 1024 * 1024;

/** Sends requests over connections it keeps open. Close it to let the process end. */
export class HttpClient {
  readonly #agents: { readonly http: http.Agent; readonly https: https.Agent };

  readonly #agentFor: (url: URL) => http.Agent | undefined;

  /** `agentFor` names another agent for a URL, e.g. one that goes through a proxy; whoever made it closes it. */
  constructor(options: { readonly agentFor?: (url: URL) => http.Agent | undefined } = {}) {
    this.#agentFor = options.agentFor ?? (() => undefined);
    // The socket used last is the one most likely to be alive still.
    const keepAlive = { keepAlive: true, scheduling: 'lifo', maxFreeSockets: 16 } as const;
    this.#agents = { http: new http.Agent(keepAlive), https: new https.Agent(keepAlive) };
  }

  /** Rejects with the network's error, a {@link CutOffError}, or code `ETIMEDOUT`; any HTTP status is an answer. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const endsAt = performance.now() + request.timeoutMs;
    for (;;) {
      const attempt = this.#attempt(request, endsAt - performance.now());
      try {
        return await attempt.response;
      } catch (error) {
        // After a freeze or an idle spell the far end may have closed a socket we still keep. Nothing was
        // answered on it, so the same request goes out again; a fresh socket that fails is a real failure.
        if (request.repeatable === false || !attempt.reusedSocket() || !isReset(error)) throw error;
        // What closed one has most likely closed them all.
        this.#dropIdleSockets();
      }
    }
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  #dropIdleSockets(): void {
    for (const agent of Object.values(this.#agents)) {
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    }
  }

  #attempt(
    request: HttpRequest,
    boundMs: number,
  ): { response: Promise<HttpResponse>; reusedSocket: () => boolean } {
    const secure = request.url.protocol === 'https:';
    const body = request.body === undefined ? undefined : Buffer.from(request.body as Uint8Array);
    const outgoing = (secure ? https : http).request(request.url, {
      method: request.method,
      agent: this.#agentFor(request.url) ?? (secure ? this.#agents.https : this.#agents.http),
      headers: { ...request.headers, 'content-length': String(body?.length ?? 0) },
    });
    const response = new Promise<HttpResponse>((resolve, reject) => {
      // Rejected first: what the destroyed socket reports next may look like a reset, and that is tried again.
      const giveUp = (error: Error) => {
        clearTimeout(timer);
        reject(error);
        outgoing.destroy(error);
      };
      const timer = setTimeout(() => {
        const message = `no answer from ${request.url.host} within ${request.timeoutMs} ms`;
        giveUp(Object.assign(new Error(message), { code: 'ETIMEDOUT' }));
      }, boundMs);
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      outgoing.on('error', fail);
      outgoing.on('response', (incoming) => {
        const parts: Buffer[] = [];
        let length = 0;
        incoming.on('data', (part: Buffer) => {
          length += part.length;
          if (length <= maxResponseBytes) parts.push(part);
          else giveUp(new Error(`an answer over ${maxResponseBytes} bytes from ${request.url.host}`));
        });
        const come = (): HttpResponse => ({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(parts),
        });
        incoming.on('error', (error) =>
          fail(isReset(error) ? new CutOffError(request.url.host, come()) : error),
        );
        incoming.on('end', () => {
          clearTimeout(timer);
          resolve(come());
        });
      });
      outgoing.end(body);
    });
    return { response, reusedSocket: () => outgoing.reusedSocket };
  }
}

/** Whether the connection was cut (reset, broken pipe, closed early), as against refused, unresolved or timed out. */
export function isReset(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}
