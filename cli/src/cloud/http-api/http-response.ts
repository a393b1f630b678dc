// The HTTP API: a function's answer, in payload format 2.0, as an HTTP response.

import type { Outcome } from '../../worker/contract.ts';
import {
  type HttpAnswer,
  type HttpFrontKind,
  latin1Of,
  readHttpAnswer,
} from '../../worker/runtime-api/http-answer.ts';

export interface FrontResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Uint8Array | string;
}

/** Headers of the connection between API Gateway and its caller, not of the function. */
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

/** API Gateway's own answers, e.g. `{"message":"Not Found"}`. */
export function messageResponse(status: number, message: string): FrontResponse {
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ message }) };
}

/** The differences between API Gateway and function URLs. */
export interface ResponseRules {
  readonly front: HttpFrontKind;
  /** For an answer with a status but no content type. */
  readonly contentType: string;
  /** For function errors and malformed answers alike. */
  readonly failure: FrontResponse;
}

const httpApiRules: ResponseRules = {
  front: 'http_api',
  contentType: 'text/plain; charset=utf-8',
  failure: messageResponse(500, 'Internal Server Error'),
};

/** Never throws: an answer that cannot become a response becomes the rules' failure. */
export function httpResponse(outcome: Outcome, rules = httpApiRules): FrontResponse {
  if (!outcome.ok) return rules.failure;
  const read = readHttpAnswer(outcome.body, rules.front);
  // Lambda's own answers are JSON.
  if (read.kind === 'fault' || read.kind === 'text') return rules.failure;
  if (read.kind === 'inferred') return inferred(read.value, outcome.body);
  const { statusCode, body, isBase64Encoded } = read.answer;
  const headers = responseHeaders(read.answer);
  headers['content-type'] ??= rules.contentType;
  return { status: statusCode, headers, body: isBase64Encoded ? Buffer.from(body, 'base64') : body };
}

/** Without a status code the whole answer is the body; a string loses its quotes. */
function inferred(answer: unknown, bytes: Uint8Array): FrontResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: typeof answer === 'string' ? answer : bytes,
  };
}

/** The headers that a function may set, in lower case, and its cookies, as bytes that Node writes unchanged. */
export function responseHeaders({
  cookies,
  headers: given,
}: Pick<HttpAnswer, 'cookies' | 'headers'>): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, text] of Object.entries(given)) {
    const lower = name.toLowerCase();
    if (!notPassedOn.has(lower)) headers[lower] = latin1Of(text);
  }
  if (cookies.length > 0) headers['set-cookie'] = cookies.map(latin1Of);
  return headers;
}
