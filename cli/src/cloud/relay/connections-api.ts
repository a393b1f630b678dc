// [2] The relay's HTTP side: `@connections/{id}`, by which either end sends to the other.
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../../protocol/clock.ts';
import { refusalOf, relayArn, relayStage } from '../access.ts';
import { relayLimits } from '../aws-limits.ts';
import type { RelayFault, RelayPost } from '../cloud.ts';
import { readBody, respond, respondJson } from '../loopback-server.ts';
import type { SigV4Verifier } from '../sigv4-verify.ts';
import { type Connection, connectionIdPattern } from './connection.ts';
import type { Relay } from './relay-server.ts';

export const connectionsPath = `/${relayStage}/@connections/`;

/** Answers GET, POST and DELETE below `connectionsPath`. */
export class ConnectionsApi {
  readonly #relay: Relay;
  readonly #verifier: SigV4Verifier;
  readonly #clock: Clock;
  readonly #faults: ((post: RelayPost) => RelayFault | undefined) | undefined;
  #posts = 0;

  constructor(
    relay: Relay,
    verifier: SigV4Verifier,
    clock: Clock,
    faults: ((post: RelayPost) => RelayFault | undefined) | undefined,
  ) {
    this.#relay = relay;
    this.#verifier = verifier;
    this.#clock = clock;
    this.#faults = faults;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const body = await readBody(request, relayLimits.messageBytes);
    if (!body) return refuse(response, 413, 'PayloadTooLargeException', 'Payload too large');
    const verified = this.#verifier.verify({ method, url, headers }, 'execute-api', body);
    if (!verified.ok) return refuse(response, 403, 'ForbiddenException', 'Forbidden');
    const id = idOf(url);
    if (!['GET', 'POST', 'DELETE'].includes(method)) {
      return refuse(response, 403, 'ForbiddenException', 'Forbidden');
    }
    const resource = relayArn(`${method}/@connections/${id ?? ''}`);
    const refusal = refusalOf(verified.principal, 'execute-api:ManageConnections', resource);
    if (refusal) return respondJson(response, 403, { Message: refusal }, errorType('AccessDeniedException'));
    if (id === undefined || !connectionIdPattern.test(id)) {
      return refuse(response, 400, 'BadRequestException', `Invalid connectionId: ${id ?? ''}`);
    }
    const connection = this.#relay.find(id);
    if (!connection) return respond(response, 410, errorType('GoneException'), '');
    if (method === 'GET') return respondJson(response, 200, describe(connection));
    if (method === 'DELETE') {
      connection.close(1000, 'Connection Closed Normally');
      return respond(response, 204, {}, '');
    }
    this.#post(connection, body, request, response);
  }

  #post(connection: Connection, body: Buffer, request: IncomingMessage, response: ServerResponse): void {
    // Bytes that aren't UTF-8 can't travel in a text frame: the receiver would have to fail the connection.
    if (!isUtf8(body)) return refuse(response, 400, 'BadRequestException', 'Invalid UTF-8 in the message');
    this.#posts += 1;
    const fault = this.#faults?.({ connectionId: connection.id, number: this.#posts, size: body.length });
    if (!fault) return deliver(connection, body, response);
    this.#after(fault.delayMs, () => {
      if (fault.drop === 'before') return void request.socket.destroy();
      if (fault.status !== undefined) return respondFault(response, fault.status);
      if (fault.drop === 'after') {
        connection.deliver(body);
        return void request.socket.destroy();
      }
      if (fault.lateMs === undefined) return deliver(connection, body, response);
      respond(response, 200, {}, '');
      this.#after(fault.lateMs, () => {
        if (connection.isOpen) connection.deliver(body);
      });
    });
  }

  #after(ms: number | undefined, step: () => void): void {
    if (ms === undefined) step();
    else this.#clock.after(ms, step, { background: true });
  }
}

function deliver(connection: Connection, body: Buffer, response: ServerResponse): void {
  if (!connection.isOpen) return respond(response, 410, errorType('GoneException'), '');
  if (connection.isFull) return refuse(response, 429, 'LimitExceededException', 'The receiver is too slow');
  connection.deliver(body);
  respond(response, 200, errorType(undefined), '');
}

/** The id after `@connections/`, decoded; undefined where it isn't percent-encoding. */
function idOf(url: string): string | undefined {
  const [path = ''] = url.split('?', 1);
  try {
    return decodeURIComponent(path.slice(connectionsPath.length));
  } catch {
    return undefined;
  }
}

function describe(connection: Connection) {
  const { connectedAt, lastActiveAt, sourceIp, userAgent } = connection;
  return {
    connectedAt: new Date(connectedAt).toISOString(),
    identity: { sourceIp, ...(userAgent === undefined ? {} : { userAgent }) },
    lastActiveAt: new Date(lastActiveAt).toISOString(),
  };
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  respondJson(response, status, { message }, errorType(type));
}

function respondFault(response: ServerResponse, status: number): void {
  if (status === 429) return refuse(response, 429, 'LimitExceededException', 'Rate exceeded');
  refuse(response, status, 'InternalServerErrorException', 'Internal server error');
}

function errorType(type: string | undefined): Record<string, string> {
  const requestId = randomUUID();
  return type === undefined
    ? { 'x-amzn-RequestId': requestId }
    : { 'x-amzn-RequestId': requestId, 'x-amzn-ErrorType': type };
}
