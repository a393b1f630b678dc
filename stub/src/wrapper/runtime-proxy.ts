// [1] A proxy of the Runtime API on this machine: passes every request and answer on as it is, trailers included.
import {
  Agent,
  createServer,
  type IncomingMessage,
  type OutgoingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageHeaders, trailerPairs } from './message-headers.ts';

/** Of all headers of a message: a client context has 3,583 bytes in base64, an X-Ray cause 64 KB. */
const maxHeaderSize = 256 * 1024;

export class RuntimeProxy {
  readonly #host: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer({ maxHeaderSize }, (request, response) => this.#take(request, response));

  /** `runtimeApi`: `host:port` of the real one. */
  constructor(runtimeApi: string) {
    const { hostname, port } = new URL(`http://${runtimeApi}`);
    this.#host = hostname;
    this.#port = Number(port || 80);
    // `next` waits for as long as nobody invokes the function, and a frozen instance keeps its connections.
    this.#server.requestTimeout = 0;
    this.#server.headersTimeout = 0;
    this.#server.keepAliveTimeout = 0;
  }

  /** Listens on a free port of the loopback, and returns it. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  #take(incoming: IncomingMessage, response: ServerResponse): void {
    const outgoing = request({
      host: this.#host,
      port: this.#port,
      agent: this.#agent,
      method: incoming.method,
      path: incoming.url,
      headers: messageHeaders(incoming, `${this.#host}:${this.#port}`),
      maxHeaderSize,
    });
    // The client sees what it would see without the proxy: a connection that breaks.
    const fail = () => {
      outgoing.destroy();
      response.destroy();
    };
    outgoing.on('error', fail);
    outgoing.on('response', (answer) => {
      response.sendDate = false;
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, messageHeaders(answer));
      pass(answer, response, fail);
    });
    response.on('close', () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    pass(incoming, outgoing, fail);
  }
}

/** Passes the body and trailers of a message on, at the speed of whoever takes them. */
function pass(from: IncomingMessage, to: OutgoingMessage, onError: () => void): void {
  if (from.headers['transfer-encoding'] !== undefined) to.flushHeaders();
  from.on('data', (bytes: Buffer) => {
    if (to.write(bytes)) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
  from.on('end', () => {
    const trailers = trailerPairs(from);
    if (trailers.length > 0) to.addTrailers(trailers);
    to.end();
  });
  from.on('error', onError);
  from.on('aborted', onError);
}
