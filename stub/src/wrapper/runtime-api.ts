// [1] Lambda's Runtime API as the proxy itself calls it: the next invocation, and the answer of one that was relayed.
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { LambdaStream } from '../incoming-parts.ts';
import { guarded } from './guarded.ts';

/** Of all headers of a message together, in bytes: a client context has up to 3,583 in base64, an X-Ray cause 64 KB. */
export const maxHeaderSize = 256 * 1024;

const prefix = '/2018-06-01/runtime';
export const nextPath = `${prefix}/invocation/next`;
export const initErrorPath = `${prefix}/init/error`;

/** A whole answer of the Runtime API. */
export interface Whole {
  readonly message: IncomingMessage;
  readonly body: Buffer;
}

export class RuntimeApi {
  readonly host: string;
  readonly #hostname: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });

  /** `address`: its `host:port`. */
  constructor(address: string) {
    const { hostname, port } = new URL(`http://${address}`);
    this.host = address;
    this.#hostname = hostname;
    this.#port = Number(port || 80);
  }

  /** Begins a request; the caller ends it. */
  request(method: string, path: string, headers: readonly string[]): ClientRequest {
    return request({
      host: this.#hostname,
      port: this.#port,
      agent: this.#agent,
      method,
      path,
      headers: headers as string[],
      maxHeaderSize,
    });
  }

  /** Rejects with the connection's error. `onRequest` gets the request, and may destroy it early. */
  send(
    method: string,
    path: string,
    headers: readonly string[],
    body?: Uint8Array,
    onRequest: (request: ClientRequest) => void = () => undefined,
  ): Promise<Whole> {
    const outgoing = this.request(method, path, headers);
    onRequest(outgoing);
    const answer = answerOf(outgoing);
    outgoing.end(body);
    return answer;
  }

  /** Posts a whole answer, or an error's JSON. */
  post(path: string, body: Uint8Array, headers: readonly string[] = []): Promise<Whole> {
    const own = [
      'Host',
      this.host,
      'Content-Type',
      'application/json',
      'Content-Length',
      String(body.length),
    ];
    return this.send('POST', path, [...own, ...headers], body);
  }
}

/** Which invocation an answer is of. */
export interface AnsweredInvocation {
  readonly id: string;
  /**
   * Headers that its answer has of its own. Lambda compares the nonce of `next` with the answer's, so that a late answer is
   * not taken for that of a retry with the same id (aws-lambda-python-runtime-interface-client #214).
   */
  readonly echo: readonly string[];
}

export function answeredInvocation(id: string, next: IncomingMessage): AnsweredInvocation {
  const nonce = next.headers['lambda-runtime-invocation-id'];
  return { id, echo: typeof nonce === 'string' ? ['Lambda-Runtime-Invocation-Id', nonce] : [] };
}

/** Where an invocation's answer goes. */
export function answerPath(id: string, what: 'response' | 'error'): string {
  return `${prefix}/invocation/${encodeURIComponent(id)}/${what}`;
}

function answerOf(outgoing: ClientRequest): Promise<Whole> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (message) => {
      const pieces: Buffer[] = [];
      message.on('data', (piece: Buffer) => pieces.push(piece));
      const onEnd = () => resolve({ message, body: Buffer.concat(pieces) });
      const onFault = () => reject(new Error('a fault of the proxy'));
      message.on('end', guarded(onEnd, onFault));
      message.on('error', reject);
      message.on('aborted', () => reject(new Error('the Runtime API cut its answer off')));
    });
  });
}

/** A response that is streamed to Lambda as it comes; nothing is sent before its first byte. */
export class ResponsePost implements LambdaStream {
  readonly #api: RuntimeApi;
  readonly #path: string;
  readonly #echo: readonly string[];
  #contentType = 'application/octet-stream';
  #outgoing: ClientRequest | undefined;
  #answer: Promise<unknown> = Promise.resolve();

  constructor(api: RuntimeApi, { id, echo }: AnsweredInvocation) {
    this.#api = api;
    this.#path = answerPath(id, 'response');
    this.#echo = echo;
  }

  get hasBegun(): boolean {
    return this.#outgoing !== undefined;
  }

  setContentType(contentType: string): void {
    this.#contentType = contentType;
  }

  write(bytes: Uint8Array): boolean {
    return this.#begin().write(bytes);
  }

  end(bytes: Uint8Array): void {
    this.#begin().end(bytes);
  }

  once(event: 'drain', listener: () => void): unknown {
    return this.#begin().once(event, listener);
  }

  /** Ends a response that has begun with the function's error. `body` is the Runtime API's error JSON. */
  fail(errorType: string, body: Uint8Array): void {
    const outgoing = this.#begin();
    outgoing.addTrailers([
      ['Lambda-Runtime-Function-Error-Type', errorType],
      ['Lambda-Runtime-Function-Error-Body', Buffer.from(body).toString('base64')],
    ]);
    outgoing.end();
  }

  /** Resolves when Lambda has confirmed it. */
  async confirmed(): Promise<void> {
    await this.#answer;
  }

  #begin(): ClientRequest {
    if (this.#outgoing) return this.#outgoing;
    // It comes from outside: replace what would end a header.
    const contentType = this.#contentType.replace(/[^\t\x20-\x7e]/g, '?');
    this.#outgoing = this.#api.request('POST', this.#path, [
      ...['Host', this.#api.host],
      ...['Content-Type', contentType],
      ...['Lambda-Runtime-Function-Response-Mode', 'streaming'],
      ...['Trailer', 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body'],
      ...['Transfer-Encoding', 'chunked'],
      ...this.#echo,
    ]);
    this.#answer = answerOf(this.#outgoing);
    this.#answer.catch(() => undefined);
    this.#outgoing.flushHeaders();
    return this.#outgoing;
  }
}
