// [5] The port a function's debugger attaches to. It stays the same while workers come and go behind it: for Node the
// inspector's HTTP and WebSocket, for Python the Debug Adapter Protocol of debugpy, passed through.
import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import process from 'node:process';
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';
import { isFromBrowser } from '../../loopback/browser.ts';
import { ServerSockets } from '../../loopback/server-sockets.ts';
import type { DebugTarget } from './debug-target.ts';

/** The two kinds of debuggers, named for the runtime. */
export type DebugKind = 'node' | 'python';

export interface DebugPort {
  readonly port: number;
  /** Of the inspector's WebSocket; undefined for Python. */
  readonly url: string | undefined;
  close(): Promise<void>;
}

/** A web page may have its own name point to this machine: as Node, names other than `localhost` are refused. */
const allowedHost = /^(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\])(:\d+)?$/i;

/** Listens on 127.0.0.1, port 0 for any free one. Rejects with LD_PORT_IN_USE. */
export async function openDebugPort(
  kind: DebugKind,
  functionName: string,
  wanted: number,
  target: DebugTarget,
): Promise<DebugPort> {
  // Without this id nobody can connect: a web page doesn't know it.
  const path = `/${randomUUID()}`;
  const server = kind === 'node' ? inspectorServer(functionName, path, target) : adapterServer(target);
  const sockets = new ServerSockets(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(functionName, wanted, cause)));
    server.listen(wanted, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: kind === 'node' ? `ws://127.0.0.1:${port}${path}` : undefined,
    close: () => sockets.close(),
  };
}

/** How every message of the Debug Adapter Protocol begins. */
const adapterGreeting = 'content-length:';

/**
 * Python: anyone who speaks the Debug Adapter Protocol is a debugger. A request of HTTP is not: debugpy would pass over its
 * first lines and take the body that a web page has posted for a message.
 */
function adapterServer(target: DebugTarget): Server {
  return createServer({ noDelay: true }, (client) => {
    client.on('error', () => client.destroy());
    client.once('readable', () => {
      const first: Buffer | null = client.read();
      const start = first?.toString('latin1', 0, adapterGreeting.length).toLowerCase() ?? '';
      if (first === null || !adapterGreeting.startsWith(start)) return void client.destroy();
      client.unshift(first);
      void target.connect(client, () => new Uint8Array(0));
    });
  });
}

/** Node: the list of targets is ours, so that its WebSocket URL holds over reloads. */
function inspectorServer(functionName: string, path: string, target: DebugTarget): Server {
  const server = createHttpServer((request, response) => {
    // A page could have its answer read by nobody, but has no business here.
    const isOfPage = isFromBrowser(request.headers) && request.headers['sec-fetch-site'] !== 'none';
    if (isOfPage || !allowedHost.test(request.headers.host ?? '')) return answer(response, 400, {});
    const [asked] = (request.url ?? '').split('?', 1);
    const id = path.slice(1);
    switch (asked) {
      case '/json':
      case '/json/list': {
        const webSocketDebuggerUrl = `ws://${request.headers.host}${path}`;
        const title = `${functionName} (livectl)`;
        return answer(response, 200, [
          { id, title, type: 'node', description: 'livectl', url: '', webSocketDebuggerUrl },
        ]);
      }
      case '/json/version':
        return answer(response, 200, { Browser: `node.js/${process.version}`, 'Protocol-Version': '1.1' });
      default:
        return answer(response, 404, {});
    }
  });
  server.on('upgrade', (request: IncomingMessage, client: Socket, head: Buffer) => {
    if (!allowedHost.test(request.headers.host ?? '') || request.url !== path) {
      client.on('error', () => client.destroy());
      client.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    void target.connect(client, (address) => {
      const lines = [`GET ${address.path} HTTP/1.1`];
      const { rawHeaders } = request;
      for (let at = 0; at < rawHeaders.length; at += 2)
        lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
      return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]);
    });
  });
  return server;
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=UTF-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-cache',
    Connection: 'close',
  });
  response.end(body);
}

function cannotListen(functionName: string, port: number, cause: Error): LiveDebugError {
  const taken = 'code' in cause && cause.code === 'EADDRINUSE';
  const why = taken ? 'is in use' : `can't be bound (${cause.message})`;
  return new LiveDebugError('LD_PORT_IN_USE', `port ${port} for the debugger of ${functionName} ${why}`, {
    remedy:
      'choose another first port with --inspect=PORT (0 takes free ones), or fewer functions with --function',
    cause,
  });
}
