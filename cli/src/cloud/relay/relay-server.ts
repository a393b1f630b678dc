// [2] The relay's WebSocket side: accepts signed clients and answers the two MOCK routes, `hello` and `$default`.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../../../protocol/clock.ts';
import { parseJson } from '../../../../protocol/json.ts';
import { refusalOf, relayArn, relayStage } from '../aws-api/access.ts';
import { relayLimits } from '../aws-api/aws-limits.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import { Connection } from './connection.ts';

const noBody = Buffer.alloc(0);

/** All open connections, and their handshakes. */
export class Relay {
  readonly #verifier: SigV4Verifier;
  readonly #clock: Clock;
  readonly #connections = new Map<string, Connection>();
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // API Gateway's negotiation of it is faulty, so clients disable it; docs/platform-notes.md.
    perMessageDeflate: false,
    maxPayload: relayLimits.messageBytes,
  });

  constructor(verifier: SigV4Verifier, clock: Clock) {
    this.#verifier = verifier;
    this.#clock = clock;
  }

  /** The connection with this id, while it is open. */
  find(id: string): Connection | undefined {
    const connection = this.#connections.get(id);
    return connection?.isOpen ? connection : undefined;
  }

  /** Handles a server's `upgrade` event. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== `/${relayStage}` || !this.#mayConnect(request)) {
      refuseUpgrade(socket);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection({
        webSocket,
        socket,
        clock: this.#clock,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: request.headers['user-agent'],
        onMessage: answerRoute,
        onClose: ({ id }) => this.#connections.delete(id),
      });
      this.#connections.set(connection.id, connection);
    });
  }

  /** Ends every connection. */
  close(): void {
    for (const connection of this.#connections.values()) connection.terminate();
    this.#webSockets.close();
  }

  #mayConnect(request: IncomingMessage): boolean {
    const { method = 'GET', url = '/', headers } = request;
    const verified = this.#verifier.verify({ method, url, headers }, 'execute-api', noBody);
    return (
      verified.ok && refusalOf(verified.principal, 'execute-api:Invoke', relayArn('$connect')) === undefined
    );
  }
}

/** Selects the route by `$request.body.action`; text that is not JSON goes to `$default` as well. */
function answerRoute(text: string, connection: Connection): string {
  return actionOf(text) === 'hello' ? JSON.stringify({ connectionId: connection.id }) : '{"pong":true}';
}

function actionOf(text: string): unknown {
  const message = parseJson(text);
  return typeof message === 'object' && message !== null && 'action' in message ? message.action : undefined;
}

function refuseUpgrade(socket: Duplex): void {
  const body = '{"message":"Forbidden"}';
  // The other end may be gone already; then nothing is lost.
  socket.on('error', () => {});
  socket.end(
    [
      'HTTP/1.1 403 Forbidden',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'x-amzn-ErrorType: ForbiddenException',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
