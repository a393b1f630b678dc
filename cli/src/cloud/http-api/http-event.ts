// The HTTP API: a request as an event in payload format 2.0, byte for byte as API Gateway sends it.
import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { accountId, httpApiId } from '../aws-api/access.ts';
import type { Match } from './routes.ts';

/** AWS delivers these as text, and everything else, including forms and no content type at all, as base64. */
const textTypes = /^(text\/[^;]+|application\/(json|xml|javascript))\s*(;|$)/i;
/** Headers of this connection only. */
const hopHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A request as the front sees it. */
interface FrontRequest {
  readonly request: IncomingMessage;
  readonly match: Match;
  /** Set for a function URL, whose events differ in these. */
  readonly functionUrl?: {
    /** Path and query as the function sees them. */
    readonly url: string;
    readonly accountId: string;
    readonly authorizer?: object;
  };
  /** The caller, for a route with authorization. */
  readonly authorizer?: object | undefined;
  readonly body: Buffer;
  /** API Gateway's id, not Lambda's; for a function URL Lambda's. */
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly port: number;
}

/** Looks like API Gateway's, e.g. `JKJaXmPLvHcESHA=`. */
export function newApiRequestId(): string {
  return `${randomBytes(11).toString('base64url')}=`;
}

/** The event's JSON. */
export function httpEvent(front: FrontRequest): string {
  const { request, match, functionUrl, body, requestId, time, port } = front;
  const authorizer = functionUrl ? functionUrl.authorizer : front.authorizer;
  const [path, query] = splitUrl(functionUrl?.url ?? request.url ?? '/');
  const { headers, cookies } = readHeaders(request, port, time);
  const rawPath = functionUrl ? path : decodePath(path);
  const parameters = readQuery(query);
  const [domainName = ''] = (request.headers.host ?? '').split(':', 1);
  return JSON.stringify({
    version: '2.0',
    routeKey: match.routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(parameters ? { queryStringParameters: parameters } : {}),
    requestContext: {
      accountId: functionUrl?.accountId ?? accountId,
      apiId: functionUrl ? match.functionName : httpApiId,
      ...(authorizer ? { authorizer } : {}),
      domainName,
      domainPrefix: domainName.split('.', 1)[0],
      http: {
        method: request.method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: sourceIp(request),
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: match.routeKey,
      stage: '$default',
      time: commonLogTime(time),
      timeEpoch: time,
    },
    ...(Object.keys(match.pathParameters).length > 0 ? { pathParameters: match.pathParameters } : {}),
    ...bodyFields(body, request.headers['content-type']),
  });
}

export function splitUrl(url: string): [path: string, query: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function bodyFields(
  body: Buffer,
  contentType: string | undefined,
): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  // Text that isn't UTF-8 would lose bytes as a JSON string.
  const isText = contentType !== undefined && textTypes.test(contentType) && isUtf8(body);
  return isText
    ? { body: body.toString(), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true };
}

/** Lower-cased, repeated ones joined by commas; cookies separately; with those that API Gateway adds. */
function readHeaders(
  request: IncomingMessage,
  port: number,
  time: number,
): { headers: Record<string, string>; cookies: string[] } {
  const headers = new Map<string, string>();
  const cookies: string[] = [];
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    // Node keeps the bytes of a header as Latin-1 characters.
    const value = Buffer.from(rawHeaders[at + 1] ?? '', 'latin1').toString();
    if (hopHeaders.has(name)) continue;
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter((cookie) => cookie !== ''));
    else headers.set(name, headers.has(name) ? `${headers.get(name)},${value}` : value);
  }
  const forwardedFor = headers.get('x-forwarded-for');
  const ip = sourceIp(request);
  headers.set('x-forwarded-for', forwardedFor === undefined ? ip : `${forwardedFor}, ${ip}`);
  headers.set('x-forwarded-port', String(port));
  headers.set('x-forwarded-proto', 'http');
  if (!headers.has('x-amzn-trace-id')) {
    headers.set(
      'x-amzn-trace-id',
      `Root=1-${Math.floor(time / 1000).toString(16)}-${randomBytes(12).toString('hex')}`,
    );
  }
  if (!headers.has('content-length')) headers.set('content-length', '0');
  return { headers: Object.fromEntries([...headers].sort(([a], [b]) => (a < b ? -1 : 1))), cookies };
}

/** Decoded; repeated ones joined by commas; undefined if there are none. */
function readQuery(query: string): Record<string, string> | undefined {
  if (query === '') return undefined;
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    parameters.set(name, parameters.has(name) ? `${parameters.get(name)},${value}` : value);
  }
  return Object.fromEntries(parameters);
}

/** HTTP APIs send the path decoded, except for `%25`. */
function decodePath(path: string): string {
  return path
    .split(/(%25)/)
    .map((part) => {
      if (part === '%25') return part;
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    })
    .join('');
}

function sourceIp(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '127.0.0.1';
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** E.g. `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(8, 10)}/${months[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
