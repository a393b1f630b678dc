// An HTTP event as a curl command: HTTP APIs, function URLs, REST APIs and load balancers.
import { longestArgument, obeyed, piped, shellWord } from './shell-text.ts';

/** Added by curl, or by what stands before the function, which will add them again. */
const leftOut = new Set([
  'host',
  'content-length',
  'connection',
  'via',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-amzn-trace-id',
  'x-amz-cf-id',
]);

/** Undefined for any other event, including those of authorizers and WebSocket APIs. */
export function curlCommand(
  event: unknown,
  functionName: string,
  functionUrl: string | undefined,
): string | undefined {
  const request = requestOf(event, functionName, functionUrl);
  if (request === undefined) return undefined;
  const { body, headers, method, url } = request;
  const words = ['curl'];
  // Without these, curl would replace [1-3] and {a,b}, and resolve `..`.
  if (/[[\]{}]/.test(url)) words.push('--globoff');
  if (/\/\.\.?(\/|\?|$)/.test(url)) words.push('--path-as-is');
  if (method === 'HEAD') words.push('--head');
  else if (method !== 'GET' || body !== undefined) words.push('-X', shellWord(method));
  words.push(shellWord(url));
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  for (const [name, value] of headers) {
    if (leftOut.has(name.toLowerCase())) continue;
    // The answer is then decoded, not written as it is.
    if (name.toLowerCase() === 'accept-encoding') words.push('--compressed');
    else words.push('-H', shellWord(value === '' ? `${name};` : `${name}: ${value}`));
  }
  if (body === undefined) return words.join(' ');
  // Otherwise curl says that it is a form.
  if (!names.has('content-type')) words.push('-H', shellWord('content-type:'));
  if (body.base64 !== undefined)
    return `printf %s ${shellWord(body.base64)} | base64 -d | ${words.join(' ')} --data-binary @-`;
  if (body.text.length > longestArgument || obeyed.test(body.text))
    return piped(body.text, `${words.join(' ')} --data-binary @-`);
  return `${words.join(' ')} --data-raw ${shellWord(body.text)}`;
}

type Pair = readonly [name: string, value: string];

interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly Pair[];
  readonly body: { readonly text: string; readonly base64: string | undefined } | undefined;
}

function requestOf(
  event: unknown,
  functionName: string,
  functionUrl: string | undefined,
): HttpRequest | undefined {
  const context = member(event, 'requestContext');
  if ((context === undefined || text(event, 'methodArn')) ?? text(event, 'routeArn')) return undefined;
  const http = member(context, 'http');
  const method = text(http, 'method') ?? text(event, 'httpMethod');
  if (method === undefined || !token.test(method)) return undefined;
  const headers = headersOf(event);
  const path = text(event, 'rawPath') ?? text(context, 'path') ?? text(event, 'path') ?? '/';
  const query = queryOf(event, member(context, 'elb') !== undefined);
  const isOfUrl = functionUrl !== undefined && text(context, 'apiId') === functionName;
  const base = isOfUrl ? functionUrl.replace(/\/$/, '') : originOf(context, headers);
  return {
    method,
    url: `${base}${percentEncoded(path.startsWith('/') ? path : `/${path}`)}${query}`,
    headers,
    body: bodyOf(event),
  };
}

/** As the caller named it: the local cloud's host has a port. */
function originOf(context: unknown, headers: readonly Pair[]): string {
  const header = (sought: string) => headers.find(([name]) => name.toLowerCase() === sought)?.[1];
  const host = [header('host'), text(context, 'domainName')].find(
    (name) => name !== undefined && /^[\w.-]+(:\d{1,5})?$/.test(name),
  );
  const scheme = header('x-forwarded-proto') === 'http' ? 'http' : 'https';
  return `${scheme}://${host ?? 'localhost'}`;
}

/** Names and values that HTTP allows; what it does not allow would be another header for curl, or a file's name. */
function headersOf(event: unknown): Pair[] {
  const many = member(event, 'multiValueHeaders');
  const cookies = texts(member(event, 'cookies'));
  const all = many === undefined ? pairs(member(event, 'headers')) : repeatedPairs(many);
  const cookie = cookies.length > 0 ? [['cookie', cookies.join('; ')] as const] : [];
  return [...all, ...cookie].flatMap(([name, value]) =>
    token.test(name) ? [[name, withoutControl(value).trim()] as const] : [],
  );
}

const token = /^[\w!#$%&'*+.^`|~-]+$/;

function withoutControl(value: string): string {
  return Array.from(value, (character) =>
    obeyed.test(character) || /[\n\t]/.test(character) ? ' ' : character,
  ).join('');
}

function queryOf(event: unknown, isEncoded: boolean): string {
  const raw = text(event, 'rawQueryString');
  if (raw !== undefined) return raw === '' ? '' : `?${percentEncoded(raw)}`;
  const many = member(event, 'multiValueQueryStringParameters');
  const all = many === undefined ? pairs(member(event, 'queryStringParameters')) : repeatedPairs(many);
  // Load balancers give names and values as they came, API Gateway decoded.
  const encode = isEncoded ? percentEncoded : encodeText;
  const parts = all.map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return parts.length > 0 ? `?${parts.join('&')}` : '';
}

/** Of a path or a query that may be encoded already: whatever a URL must not contain. */
function percentEncoded(value: string): string {
  return value
    .split(/([\w.~!$&'()*+,;=:@/?%[\]{}|-]+)/)
    .map((part, at) => (at % 2 === 1 ? part : encodeText(part)))
    .join('');
}

/** Unlike `encodeURIComponent` for half a surrogate pair as well. */
function encodeText(value: string): string {
  return encodeURIComponent(new TextDecoder().decode(new TextEncoder().encode(value)));
}

function bodyOf(event: unknown): HttpRequest['body'] {
  const body = text(event, 'body');
  if (body === undefined || body === '') return undefined;
  if (member(event, 'isBase64Encoded') !== true) return { text: body, base64: undefined };
  const base64 = body.replace(/[^\w+/=-]/g, '');
  const decoded = decodedText(base64);
  return { text: decoded ?? '', base64: decoded === undefined ? base64 : undefined };
}

/** Undefined for bytes that are not text. */
function decodedText(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return obeyed.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name] ?? undefined;
}

function text(value: unknown, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === 'string' ? found : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function pairs(value: unknown): Pair[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    typeof item === 'string' ? [[name, item] as const] : [],
  );
}

function repeatedPairs(value: unknown): Pair[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, items]) => texts(items).map((item) => [name, item] as const));
}
