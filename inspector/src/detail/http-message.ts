// Inspector page: HTTP events and their answers as requests and responses: API Gateway's two formats, function URLs, load balancers.

export type Pair = readonly [name: string, value: string];

export interface HttpBody {
  /** As it was sent, base64 decoded. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly kind: string;
  readonly query: readonly Pair[];
  readonly headers: readonly Pair[];
  readonly cookies: readonly Pair[];
  readonly pathParameters: readonly Pair[];
  readonly sourceIp?: string;
  readonly body?: HttpBody;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: readonly Pair[];
  /** Values of Set-Cookie. */
  readonly cookies: readonly string[];
  readonly body?: HttpBody;
}

type Fields = Readonly<Record<string, unknown>>;

/** Undefined if the event is not one of HTTP. `event`: the parsed JSON. */
export function httpRequest(event: unknown): HttpRequest | undefined {
  if (!isFields(event) || !isFields(event.requestContext)) return undefined;
  const isV2 = event.version === '2.0' && isFields(event.requestContext.http);
  if (isV2) return requestV2(event, event.requestContext);
  return typeof event.httpMethod === 'string' ? requestV1(event, event.requestContext) : undefined;
}

function requestV2(event: Fields, context: Fields): HttpRequest {
  const http = isFields(context.http) ? context.http : {};
  const isUrl = textOf(context.domainName).includes('.lambda-url.');
  const headers = pairsOf(event.headers);
  const cookies = Array.isArray(event.cookies) ? event.cookies.map(textOf).join('; ') : '';
  return {
    method: textOf(http.method),
    path: textOf(event.rawPath),
    kind: isUrl ? 'function URL' : 'HTTP API',
    query: [...new URLSearchParams(textOf(event.rawQueryString))],
    headers,
    cookies: cookiePairs(cookies || headerOf(headers, 'cookie')),
    pathParameters: pairsOf(event.pathParameters),
    ...(typeof http.sourceIp === 'string' ? { sourceIp: http.sourceIp } : {}),
    ...bodyOf(event, headers),
  };
}

function requestV1(event: Fields, context: Fields): HttpRequest {
  const isBalancer = isFields(context.elb);
  const headers = pairsOf(event.multiValueHeaders ?? event.headers);
  const query = pairsOf(event.multiValueQueryStringParameters ?? event.queryStringParameters);
  const identity = isFields(context.identity) ? context.identity : {};
  return {
    method: textOf(event.httpMethod),
    path: textOf(event.path),
    kind: isBalancer ? 'load balancer' : 'REST API',
    // A load balancer leaves them encoded.
    query: isBalancer ? query.map(([name, value]) => [decoded(name), decoded(value)]) : query,
    headers,
    cookies: cookiePairs(headerOf(headers, 'cookie')),
    pathParameters: pairsOf(event.pathParameters),
    ...(typeof identity.sourceIp === 'string' ? { sourceIp: identity.sourceIp } : {}),
    ...bodyOf(event, headers),
  };
}

/** Undefined if it is not a response with a status. `result`: the parsed JSON. */
export function httpResponse(result: unknown): HttpResponse | undefined {
  if (!isFields(result)) return undefined;
  const status = Number(result.statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  const single = pairsOf(result.headers);
  const multi = pairsOf(result.multiValueHeaders);
  const replaced = new Set(multi.map(([name]) => name.toLowerCase()));
  const headers = [...single.filter(([name]) => !replaced.has(name.toLowerCase())), ...multi];
  const cookies = Array.isArray(result.cookies) ? result.cookies.map(textOf) : [];
  const isCookie = ([name]: Pair) => name.toLowerCase() === 'set-cookie';
  return {
    status,
    headers: headers.filter((pair) => !isCookie(pair)),
    cookies: [...cookies, ...headers.filter(isCookie).map(([, value]) => value)],
    ...bodyOf(result, headers),
  };
}

function bodyOf(message: Fields, headers: readonly Pair[]): { body?: HttpBody } {
  if (typeof message.body !== 'string' || message.body === '') return {};
  const bytes = message.isBase64Encoded === true ? fromBase64(message.body) : undefined;
  return {
    body: {
      bytes: bytes ?? new TextEncoder().encode(message.body),
      contentType: headerOf(headers, 'content-type'),
    },
  };
}

/** Undefined if it is not base64. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Fields of form text, or undefined if it is not form text. */
export function formPairs(text: string, contentType: string): readonly Pair[] | undefined {
  return contentType.startsWith('application/x-www-form-urlencoded')
    ? [...new URLSearchParams(text)]
    : undefined;
}

function headerOf(headers: readonly Pair[], wanted: string): string {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
}

function cookiePairs(text: string): Pair[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    });
}

/** A list of values has a pair for each. */
function pairsOf(value: unknown): Pair[] {
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    Array.isArray(one) ? one.map((each): Pair => [name, textOf(each)]) : [[name, textOf(one)] as const],
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
