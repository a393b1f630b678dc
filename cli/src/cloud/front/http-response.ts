// The HTTP front: a function's answer, in payload format 2.0, as an HTTP response.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as v from 'valibot';
import type { Outcome } from '../../worker/invocation.ts';

export interface FrontResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Uint8Array | string;
}

/** Of the connection between API Gateway and its caller, not of the function's. */
const notPassedOn = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const scalar = v.union([v.string(), v.number(), v.boolean()]);
const withStatus = v.object({
  statusCode: v.union([
    v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
    v.pipe(v.string(), v.regex(/^[2-5]\d\d$/), v.transform(Number)),
  ]),
  headers: v.nullish(
    v.custom<Readonly<Record<string, unknown>>>((input) => typeof input === 'object'),
    {},
  ),
  cookies: v.nullish(v.array(v.string()), []),
  body: v.nullish(v.string(), ''),
  isBase64Encoded: v.nullish(v.boolean(), false),
});

/** API Gateway's own answers, e.g. `{"message":"Not Found"}`. */
export function messageResponse(status: number, message: string): FrontResponse {
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ message }) };
}

/** Where API Gateway and function URLs differ. */
export interface ResponseRules {
  /** Of an answer with a status and without a content type. */
  readonly contentType: string;
  /** For function errors and malformed answers alike. */
  readonly failure: FrontResponse;
}

const httpApiRules: ResponseRules = {
  contentType: 'text/plain; charset=utf-8',
  failure: messageResponse(500, 'Internal Server Error'),
};

/** Never throws: what can't be an HTTP response becomes the rules' failure. */
export function httpResponse(outcome: Outcome, rules = httpApiRules): FrontResponse {
  if (!outcome.ok) return rules.failure;
  const text = Buffer.from(outcome.body.buffer, outcome.body.byteOffset, outcome.body.byteLength);
  let answer: unknown;
  try {
    answer = JSON.parse(text.toString());
  } catch {
    return rules.failure;
  }
  if (!hasStatusCode(answer)) return inferred(answer, text);
  const parsed = v.safeParse(withStatus, answer);
  if (!parsed.success) return rules.failure;
  const { statusCode, cookies, body, isBase64Encoded } = parsed.output;
  const headers = passableHeaders(parsed.output.headers, cookies);
  if (!headers) return rules.failure;
  headers['content-type'] ??= rules.contentType;
  return { status: statusCode, headers, body: isBase64Encoded ? Buffer.from(body, 'base64') : body };
}

function hasStatusCode(answer: unknown): boolean {
  return (
    typeof answer === 'object' && answer !== null && 'statusCode' in answer && answer.statusCode !== null
  );
}

/** Without a status code the whole answer is the body; a string without its quotes. */
function inferred(answer: unknown, text: Buffer): FrontResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: typeof answer === 'string' ? answer : text,
  };
}

/** Those that a function may set, in lower case, with its cookies; undefined where one of them can't be a header. */
export function passableHeaders(
  given: Readonly<Record<string, unknown>>,
  cookies: readonly string[],
): Record<string, string | string[]> | undefined {
  const headers: Record<string, string | string[]> = {};
  for (const [name, raw] of Object.entries(given)) {
    if (raw === null) continue;
    const value = v.safeParse(scalar, raw);
    const text = value.success ? headerText(name, String(value.output)) : undefined;
    if (text === undefined) return undefined;
    if (!notPassedOn.has(name.toLowerCase())) headers[name.toLowerCase()] = text;
  }
  const setCookies = cookies.map((cookie) => headerText('set-cookie', cookie));
  if (!setCookies.every((cookie) => cookie !== undefined)) return undefined;
  if (setCookies.length > 0) headers['set-cookie'] = setCookies;
  return headers;
}

/** UTF-8 bytes as the Latin-1 characters that Node writes as they are; undefined for what HTTP forbids. */
function headerText(name: string, value: string): string | undefined {
  const text = Buffer.from(value).toString('latin1');
  try {
    validateHeaderName(name);
    validateHeaderValue(name, text);
    return text;
  } catch {
    return undefined;
  }
}
