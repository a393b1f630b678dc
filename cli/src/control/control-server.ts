// Lets `trigger` and `invoke` on the same machine watch a running `serve`: its events as JSON lines, for holders of the
// token in its state file.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isFromBrowser } from '../loopback/browser.ts';
import { ServerSockets } from '../loopback/server-sockets.ts';
import type { SessionEvent } from '../session/session-event.ts';
import { jsonLine } from './json-line.ts';

/** A watcher with more unread bytes than this is disconnected: serving never waits for one. */
const maxUnsentBytes = 8 * 1024 * 1024;

const allowedHost = /^127\.0\.0\.1(:\d+)?$/;

export const eventsPath = '/events';

/** A running control server. */
export interface ControlServer {
  readonly url: string;
  readonly token: string;
  /** Sends an event to every watcher. */
  publish(event: SessionEvent): void;
  /** Ends every watcher's connection and frees the port. */
  close(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1. */
export async function startControlServer(): Promise<ControlServer> {
  const token = randomBytes(32).toString('base64url');
  const watchers = new Set<ServerResponse>();

  function watch(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    // The watcher publishes once it has these headers, so it misses nothing.
    response.flushHeaders();
    watchers.add(response);
    response.once('close', () => watchers.delete(response));
  }

  const server = createServer({ noDelay: true }, (request, response) => {
    request.resume();
    const status = refusal(request, token);
    if (status === undefined) return watch(response);
    response.writeHead(status, { 'Content-Length': 0 });
    response.end();
  });
  const sockets = new ServerSockets(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // The server alone must not keep the process alive.
  server.unref();
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    token,
    publish(event) {
      if (watchers.size === 0) return;
      const line = `${jsonLine(event)}\n`;
      for (const watcher of watchers) {
        if (watcher.writableLength > maxUnsentBytes) watcher.destroy();
        else watcher.write(line);
      }
    },
    close() {
      for (const watcher of watchers) watcher.end();
      return sockets.close(lastEventsMs);
    },
  };
}

/** How long a watcher may take to read the last events, in milliseconds. */
const lastEventsMs = 500;

/** The HTTP status of a refusal, or undefined. */
function refusal(request: IncomingMessage, token: string): number | undefined {
  const { authorization = '', host = '' } = request.headers;
  // A web page may call any local port, and may have its own domain resolve to this address.
  if (isFromBrowser(request.headers) || !allowedHost.test(host)) return 403;
  const given = Buffer.from(authorization);
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 401;
  if (request.url !== eventsPath) return 404;
  return request.method === 'GET' ? undefined : 405;
}
