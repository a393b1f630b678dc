// The embedded cloud's HTTP/2 port, without TLS, which some AWS SDKs use for Kinesis: passes requests on to the endpoint, which
// speaks HTTP/1.1. If a signature covers `:authority`, it is checked against the host's name.
import { request as httpRequest } from 'node:http';
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { ServerSockets } from '../../loopback/server-sockets.ts';

/** The first bytes of an HTTP/2 client with prior knowledge (RFC 9113, section 3.4). */
const preface = Buffer.from('PRI * HTTP/2');
/** Headers that are not valid in HTTP/1.1's requests, or are for the connection only. */
const ofHttp2 = /^(:.*|connection|keep-alive|transfer-encoding|http2-settings)$/;
/** Long enough for SDKs' pools: as long as the endpoint keeps its connections. */
const idleMs = 120_000;

export interface Http2Gateway {
  /** Speaks both versions of HTTP. */
  readonly url: string;
  /** Closes every connection and frees the port, within a second or two. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1; requests go to `endpointPort`. */
export async function startHttp2Gateway(endpointPort: number): Promise<Http2Gateway> {
  /** Our connections to the endpoint and to the server below. */
  const upstream = new Set<Socket>();
  const http2 = createHttp2Server();
  http2.on('stream', (stream, headers) => forward(stream, headers, endpointPort));
  // A client that breaks the protocol loses its connection and nothing else.
  http2.on('sessionError', () => {});
  // Such a connection may stay open without a session, so its socket must be closed.
  const http2Sockets = new ServerSockets(http2);
  const http2Port = await listen(http2);

  const front = createServer((client) => {
    client.once('data', (first: Buffer) => {
      const isHttp2 = first.subarray(0, preface.length).equals(preface.subarray(0, first.length));
      const server = connect(isHttp2 ? http2Port : endpointPort, '127.0.0.1');
      limit(server);
      upstream.add(server);
      server.write(first);
      client.pipe(server).pipe(client);
      client.once('close', () => server.destroy());
      server.once('close', () => {
        upstream.delete(server);
        client.destroy();
      });
    });
  });
  const clients = new ServerSockets(front, limit);
  const url = `http://127.0.0.1:${await listen(front)}`;
  return {
    url,
    async close() {
      const closed = [clients.close(), http2Sockets.close()];
      for (const socket of upstream) socket.destroy();
      await Promise.all(closed);
    },
  };
}

function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, port: number): void {
  const kept = Object.entries(headers).filter(([name, value]) => !ofHttp2.test(name) && value !== undefined);
  const host = headers.host ?? headers[':authority'] ?? '';
  const request = httpRequest(
    {
      host: '127.0.0.1',
      port,
      agent: false,
      method: headers[':method'] ?? 'GET',
      path: headers[':path'] ?? '/',
      headers: { ...Object.fromEntries(kept), host },
    },
    (response) => {
      if (stream.destroyed) return void response.destroy();
      const answered = Object.entries(response.headers).filter(([name]) => !ofHttp2.test(name));
      stream.respond({ ':status': response.statusCode ?? 500, ...Object.fromEntries(answered) });
      response.pipe(stream);
    },
  );
  // If either side goes away, the other one ends.
  request.on('error', () => stream.destroy());
  stream.on('error', () => request.destroy());
  stream.on('close', () => request.destroy());
  stream.pipe(request);
}

function limit(socket: Socket): void {
  socket.setNoDelay(true);
  socket.setTimeout(idleMs, () => socket.destroy());
  // Its end is handled in `close`.
  socket.on('error', () => {});
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
