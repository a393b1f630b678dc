// One HTTP request on one connection, for a client that may start another one beside it.
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /**
   * Whether the request may be sent twice if its kept-alive connection is cut or silent. Default: true, as for a chunk, which
   * its receiver accepts once. Set false for requests that must not run twice.
   */
  readonly repeatable?: boolean;
  /** Milliseconds from the call until the request fails with `ETIMEDOUT`. */
  readonly timeoutMs: number;
  /** Aborts the request at once; it then rejects. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a connection is open and the request may have left, however it ends; once per connection. */
  readonly onLeave?: (() => void) | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The connection was cut after the answer had begun. */
export class CutOffError extends Error {
  /** The code of any cut connection, see {@link isReset}. */
  readonly code = 'ECONNRESET';
  /** The part of the answer that arrived. */
  readonly begun: HttpResponse;

  constructor(host: string, begun: HttpResponse) {
    super(`the answer of ${host} was cut off after ${begun.body.length} bytes`);
    this.begun = begun;
  }
}

/** Larger answers than this are refused: the directory's items are at most 400 KB, a function's result 6 MB. */
const maxResponseBytes = 16 * 1024 * 1024;

interface HttpAttemptOptions {
  readonly request: HttpRequest;
  readonly body: Buffer | undefined;
  readonly agent: http.Agent;
  /** A connection was assigned: a new one, or a reused one. */
  readonly onSocket: (socket: Socket, isNew: boolean) => void;
  /** The last of the body was handed to the system, or the answer has begun. */
  readonly onProgress: () => void;
}

/** Opens its connection at once; sends nothing before `go`. */
export class HttpAttempt {
  /** Rejects with the network's error, a {@link CutOffError}, or the error passed to `end`. */
  readonly response: Promise<HttpResponse>;
  /** Its connection was used before. */
  readonly reused: boolean;
  /** The answer has begun. */
  begun = false;
  readonly #outgoing: http.ClientRequest;
  readonly #body: Buffer | undefined;
  readonly #onLeave: (() => void) | undefined;
  #isSent = false;
  #reject: (error: Error) => void = () => undefined;

  /** `onOpen` is called when the connection can take the request. */
  constructor({ agent, body, onProgress, onSocket, request }: HttpAttemptOptions, onOpen?: () => void) {
    const { headers, method, signal, url } = request;
    this.#body = body;
    this.#onLeave = request.onLeave;
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      agent,
      ...(signal ? { signal } : {}),
      headers: { ...headers, 'content-length': String(body?.length ?? 0) },
    });
    this.#outgoing = outgoing;
    this.reused = outgoing.reusedSocket;
    outgoing.once('socket', (socket) => {
      onSocket(socket, !this.reused);
      if (onOpen) whenOpen(socket, onOpen);
    });
    outgoing.once('finish', onProgress);
    this.response = new Promise<HttpResponse>((resolve, reject) => {
      this.#reject = reject;
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        this.begun = true;
        onProgress();
        const parts: Buffer[] = [];
        let length = 0;
        incoming.on('data', (part: Buffer) => {
          length += part.length;
          if (length <= maxResponseBytes) parts.push(part);
          else this.end(new Error(`an answer over ${maxResponseBytes} bytes from ${url.host}`));
        });
        const come = (): HttpResponse => ({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(parts),
        });
        incoming.on('error', (error) => reject(isReset(error) ? new CutOffError(url.host, come()) : error));
        incoming.on('end', () => resolve(come()));
      });
    });
    // An attempt that lost against another one rejects without a listener.
    this.response.catch(() => undefined);
  }

  /** Sends the request, once. */
  go(): void {
    if (this.#isSent) return;
    this.#isSent = true;
    const { socket } = this.#outgoing;
    const onLeave = this.#onLeave;
    if (onLeave && socket) whenOpen(socket, onLeave);
    else if (onLeave) this.#outgoing.once('socket', (own) => whenOpen(own, onLeave));
    this.#outgoing.end(this.#body);
  }

  /** Ends the attempt and its connection; no effect once it has been answered. */
  end(error: Error): void {
    // Reject first: the destroyed socket's next error may look like a reset, which would be retried.
    this.#reject(error);
    this.#outgoing.destroy(error);
  }
}

function whenOpen(socket: Socket, onOpen: () => void): void {
  const { secureConnecting } = socket as TLSSocket & { secureConnecting?: boolean };
  if (secureConnecting) socket.once('secureConnect', onOpen);
  else if (socket.connecting) socket.once('connect', onOpen);
  else onOpen();
}

/** Whether the connection was cut (reset, broken pipe, closed early), rather than refused, unresolved or timed out. */
export function isReset(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}
