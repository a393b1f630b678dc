// [5] The port that a function's debugger attaches to. It stays the same across workers: for Node the inspector's HTTP and
// WebSocket, for Python debugpy's Debug Adapter Protocol, passed through.
import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import process from 'node:process';
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';
import { isFromBrowser } from '../../loopback/browser.ts';
import { ServerSockets } from '../../loopback/server-sockets.ts';
import { attachAgain } from './attach-again.ts';
import type { DebugTarget } from './debug-target.ts';

/** The two kinds of debuggers, named for the runtime. */
export type DebugKind = 'node' | 'python';

export interface DebugPort {
  readonly port: number;
  /** URL of the inspector's WebSocket; undefined for Python. */
  readonly url: string | undefined;
  close(): Promise<void>;
}

/** A web page may have its own domain resolve to this machine, so names other than `localhost` are refused, as in Node. */
const allowedHost = /^(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\])(:\d+)?$/i;

/** Listens on 127.0.0.1; port 0 chooses a free one. Rejects with LD_PORT_IN_USE. */
export async function openDebugPort(
  kind: DebugKind,
  functionName: string,
  wanted: number,
  target: DebugTarget,
): Promise<DebugPort> {
  // A web page does not know this id, and cannot connect without it.
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

/** The beginning of every message of the Debug Adapter Protocol. */
const adapterGreeting = 'content-length:';

/**
 * Python: any client that speaks the Debug Adapter Protocol counts as a debugger, but not an HTTP client: debugpy would skip
 * its first lines and take the body posted by a web page for a message.
 */
function adapterServer(target: DebugTarget): Server {
  return createServer({ noDelay: true }, (client) => {
    client.on('error', () => client.destroy());
    client.once('readable', () => {
      const first: Buffer | null = client.read();
      const start = first?.toString('latin1', 0, adapterGreeting.length).toLowerCase() ?? '';
      if (first === null || !adapterGreeting.startsWith(start)) return void client.destroy();
      client.unshift(first);
      void target.connect(client, () => new Uint8Array(0), attachAgain());
    });
  });
}

/** Node: the list of targets is ours, so that its WebSocket URL stays valid across reloads. */
function inspectorServer(functionName: string, path: string, target: DebugTarget): Server {
  const server = createHttpServer((request, response) => {
    // A page could not read the answer, but is refused anyway.
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
