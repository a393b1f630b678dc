// One HTTP request on one connection, for the client that may have to make another beside it.
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
   * Whether the request may go out twice where its kept-alive connection is cut or silent: default true, as for a chunk,
   * which its receiver takes once. False for what must not happen twice.
   */
  readonly repeatable?: boolean;
  /** Milliseconds until the request is given up with `ETIMEDOUT`, counted from the call. */
  readonly timeoutMs: number;
  /** Ends the request at once; it rejects then. */
  readonly signal?: AbortSignal | undefined;
  /** Called when it may be on the way, however it ends: its connection is open. Again for each further connection. */
  readonly onLeave?: (() => void) | undefined;
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

interface HttpAttemptOptions {
  readonly request: HttpRequest;
  readonly body: Buffer | undefined;
  readonly agent: http.Agent;
  /** It has its connection: a new one, or one used before. */
  readonly onSocket: (socket: Socket, isNew: boolean) => void;
  /** The last of the body has been handed to the system, or the first of the answer is there. */
  readonly onProgress: () => void;
}

/** Opens its connection at once, and sends nothing before `go`. */
export class HttpAttempt {
  /** Rejects with the network's error, a {@link CutOffError}, or what it was ended with. */
  readonly response: Promise<HttpResponse>;
  /** Its connection has been used before. */
  readonly reused: boolean;
  /** The answer has begun. */
  begun = false;
  readonly #outgoing: http.ClientRequest;
  readonly #body: Buffer | undefined;
  readonly #onLeave: (() => void) | undefined;
  #isSent = false;
  #reject: (error: Error) => void = () => undefined;

  /** `onOpen`: its connection can take the request. */
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
    // One that is ended beside the one that was answered fails for nobody.
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

  /** Ends it and its connection, which makes no difference once it has been answered. */
  end(error: Error): void {
    // Rejected first: what the destroyed socket reports next may look like a reset, and that is tried again.
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

/** Whether the connection was cut (reset, broken pipe, closed early), as against refused, unresolved or timed out. */
export function isReset(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}
