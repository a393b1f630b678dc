// HTTP plumbing of the embedded cloud: servers on 127.0.0.1, bounded bodies, answers as bytes.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';
import { ServerSockets } from '../../loopback/server-sockets.ts';

const empty = Buffer.alloc(0);
/** The connections of every server that {@link listen} was called for. */
const socketsOf = new WeakMap<Server, ServerSockets>();
const loopbackHost = /^(127\.0\.0\.1|\[::1\]|localhost|[a-z0-9_-]+\.localhost)(:\d+)?$/i;

/**
 * A server that keeps connections open long enough for any client's pool, and writes without delay. `maxHeaderSize` is
 * in bytes; Node's default is 16 KB.
 */
export function createLoopbackServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  options: { readonly maxHeaderSize?: number } = {},
): Server {
  return createServer({ noDelay: true, keepAliveTimeout: 120_000, ...options }, (request, response) => {
    // A foreign host name that resolves to this machine is a web page's DNS rebinding; API Gateway answers 403 as well.
    if (!loopbackHost.test(request.headers.host ?? '')) {
      request.resume();
      send(response, jsonAnswer(403, { message: 'Forbidden' }));
    } else {
      handle(request, response);
    }
  });
}

/** Binds 127.0.0.1 and returns the port; a used one is LD_PORT_IN_USE. */
export async function listen(server: Server, port: number): Promise<number> {
  socketsOf.set(server, new ServerSockets(server));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE' && cause.code !== 'EACCES') throw cause;
    const why = cause.code === 'EACCES' ? 'may not be used by this account' : 'is in use by another program';
    throw new LiveDebugError('LD_PORT_IN_USE', `Port ${port} of 127.0.0.1 ${why}`, {
      remedy: 'Pass another one with --port, or --port 0 for any free port.',
      cause,
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Stops listening, ends every connection and resolves when the server is closed, at most a second later. */
export async function closeServer(server: Server): Promise<void> {
  await socketsOf.get(server)?.close();
}

/**
 * The whole body, or undefined as soon as it is over `limit` bytes (the rest is then read and discarded, so that the caller
 * receives the answer). Never settles if the caller hangs up first: there is nobody to answer.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const announced = Number(
    request.headers['content-length'] ?? (request.headers['transfer-encoding'] ? -1 : 0),
  );
  if (announced === 0) {
    request.resume();
    return Promise.resolve(empty);
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = () => {
      request.removeAllListeners('data');
      request.removeAllListeners('end');
      request.resume();
      resolve(undefined);
    };
    if (announced > limit) return refuse();
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) return refuse();
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size)));
  });
}

/** What goes back for a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export function jsonAnswer(
  status: number,
  content: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(content),
  };
}

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
