// [2] The relay's HTTP side: `@connections/{id}`, with which either end sends to the other.
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../../protocol/clock.ts';
import { refusalOf, relayArn, relayStage } from '../aws-api/access.ts';
import { relayLimits } from '../aws-api/aws-limits.ts';
import { type Answer, jsonAnswer, readBody } from '../aws-api/loopback-server.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { RelayFault, RelayPost } from '../cloud.ts';
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

  /** The answer, or undefined if a fault dropped the caller. */
  async answer(request: IncomingMessage): Promise<Answer | undefined> {
    const { method = '', url = '', headers } = request;
    const body = await readBody(request, relayLimits.messageBytes);
    if (!body) return refusal(413, 'PayloadTooLargeException', 'Payload too large');
    const verified = this.#verifier.verify({ method, url, headers }, 'execute-api', body);
    if (!verified.ok || !['GET', 'POST', 'DELETE'].includes(method)) {
      return refusal(403, 'ForbiddenException', 'Forbidden');
    }
    const id = idOf(url);
    const resource = relayArn(`${method}/@connections/${id ?? ''}`);
    const denied = refusalOf(verified.principal, 'execute-api:ManageConnections', resource);
    if (denied) return jsonAnswer(403, { Message: denied }, answerHeaders('AccessDeniedException'));
    if (id === undefined || !connectionIdPattern.test(id)) {
      return refusal(400, 'BadRequestException', `Invalid connectionId: ${id ?? ''}`);
    }
    const connection = this.#relay.find(id);
    if (!connection) return gone();
    if (method === 'GET') return jsonAnswer(200, describe(connection), answerHeaders());
    if (method === 'POST') return this.#post(connection, body, request.socket);
    connection.close(1000, 'Connection Closed Normally');
    return { status: 204, headers: answerHeaders(), body: '' };
  }

  async #post(connection: Connection, body: Buffer, caller: Duplex): Promise<Answer | undefined> {
    // A text frame cannot carry bytes that are not UTF-8: the receiver would have to fail the connection.
    if (!isUtf8(body)) return refusal(400, 'BadRequestException', 'Invalid UTF-8 in the message');
    this.#posts += 1;
    const fault = this.#faults?.({ connectionId: connection.id, number: this.#posts, size: body.length });
    if (!fault) return deliver(connection, body);
    if (fault.delayMs !== undefined) {
      await new Promise<void>((resolve) =>
        this.#clock.after(fault.delayMs ?? 0, resolve, { background: true }),
      );
    }
    if (fault.status !== undefined) return injected(fault.status);
    if (fault.disconnect) {
      connection.terminate();
      return gone();
    }
    if (fault.drop !== undefined) {
      if (fault.drop === 'after') deliver(connection, body);
      caller.destroy();
      return undefined;
    }
    if (fault.lateMs === undefined) return deliver(connection, body);
    this.#clock.after(fault.lateMs, () => deliver(connection, body), { background: true });
    return delivered();
  }
}

function deliver(connection: Connection, body: Buffer): Answer {
  if (!connection.isOpen) return gone();
  if (connection.isFull) return refusal(429, 'LimitExceededException', 'The receiver is too slow');
  connection.deliver(body);
  return delivered();
}

function delivered(): Answer {
  return { status: 200, headers: answerHeaders(), body: '' };
}

/** AWS's has no body. */
function gone(): Answer {
  return { status: 410, headers: answerHeaders('GoneException'), body: '' };
}

function injected(status: number): Answer {
  if (status === 429) return refusal(429, 'LimitExceededException', 'Rate exceeded');
  return refusal(status, 'InternalServerErrorException', 'Internal server error');
}

/** The id after `@connections/`, decoded; undefined if the encoding is invalid. */
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

function refusal(status: number, type: string, message: string): Answer {
  return jsonAnswer(status, { message }, answerHeaders(type));
}

function answerHeaders(errorType?: string): Record<string, string> {
  const headers: Record<string, string> = { 'x-amzn-RequestId': randomUUID() };
  if (errorType !== undefined) headers['x-amzn-ErrorType'] = errorType;
  return headers;
}
