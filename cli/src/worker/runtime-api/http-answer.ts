// [5] What AWS's HTTP fronts accept of a function's answer, and the first thing that they refuse; shared by the local cloud,
// which responds accordingly, and the session, which reports it.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { parseJson } from '../../../../protocol/json.ts';

/** What turns the answer into an HTTP response: an HTTP API by its payload format, a REST API, or a function URL. */
export type HttpFrontKind = 'http_api' | 'http_api_1' | 'rest_api' | 'function_url';

/** The caller's status if the answer is refused. */
export const refusedStatus: Readonly<Record<HttpFrontKind, number>> = {
  http_api: 500,
  http_api_1: 500,
  rest_api: 502,
  function_url: 502,
};

/** A valid answer. */
export interface HttpAnswer {
  readonly statusCode: number;
  /** As the function wrote them, with values as text. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

type HttpReading =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  /** Without a status code the whole answer is the body; only for HTTP APIs in format 2.0 and function URLs. */
  | { readonly kind: 'inferred'; readonly value: unknown }
  /** Not JSON. */
  | { readonly kind: 'text' }
  /** Which field, what it must be, and what to do. */
  | { readonly kind: 'fault'; readonly fault: string };

type Fields = Readonly<Record<string, unknown>>;

/** A refusal by one of the checks below. */
class Fault extends Error {}

/**
 * Reads an answer as the front does. Never throws.
 *
 * Format 2.0: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html;
 * REST APIs, which know no other fields: localstack's tests of the Lambda proxy integration, validated on AWS.
 */
export function readHttpAnswer(body: Uint8Array, front: HttpFrontKind): HttpReading {
  const value = parseJson(body);
  if (value === undefined) return { kind: 'text' };
  const infers = front === 'http_api' || front === 'function_url';
  const hasStatus = isFields(value) && value.statusCode !== undefined && value.statusCode !== null;
  if (infers && !hasStatus) return { kind: 'inferred', value };
  try {
    return { kind: 'answer', answer: answerOf(value, front) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { kind: 'fault', fault: error.message };
  }
}

/** Headers and cookies of a streamed response as text, or what is wrong with them. Never throws. */
export function readHeaders(
  headers: unknown,
  cookies: unknown,
): Pick<HttpAnswer, 'headers' | 'cookies'> | { readonly fault: string } {
  try {
    return { headers: headersOf(headers, 'http_api'), cookies: cookiesOf(cookies) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { fault: error.message };
  }
}

function answerOf(value: unknown, front: HttpFrontKind): HttpAnswer {
  if (!isFields(value))
    throw new Fault(`the answer must be an object with a statusCode, not ${kindOf(value)}`);
  if (front === 'rest_api') checkKnownFields(value);
  const { body, cookies, headers, isBase64Encoded, multiValueHeaders, statusCode } = value;
  const isOld = front === 'rest_api' || front === 'http_api_1';
  // A REST API uses 200 if it is missing.
  const status = statusOf(front === 'rest_api' ? (statusCode ?? 200) : statusCode);
  const texts = headersOf(headers, front);
  if (isOld) checkMultiValueHeaders(multiValueHeaders, front);
  const cookieTexts = isOld ? [] : cookiesOf(cookies);
  if (!isNothing(body) && typeof body !== 'string') {
    throw new Fault(
      `body must be a string, not ${kindOf(body)}; encode it, e.g. with JSON.stringify or json.dumps`,
    );
  }
  if (!isNothing(isBase64Encoded) && typeof isBase64Encoded !== 'boolean')
    throw new Fault(`isBase64Encoded must be true or false, not ${kindOf(isBase64Encoded)}`);
  return {
    statusCode: status,
    headers: texts,
    cookies: cookieTexts,
    body: typeof body === 'string' ? body : '',
    isBase64Encoded: isBase64Encoded === true,
  };
}

function statusOf(value: unknown): number {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new Fault(`statusCode must be a whole number from 200 to 599, not ${kindOf(value)}`);
}

const restFields = ['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded'];

function checkKnownFields(value: Fields): void {
  const unknown = Object.keys(value).find((field) => !restFields.includes(field));
  if (unknown === undefined) return;
  const cookies =
    unknown === 'cookies' ? '; set cookies with multiValueHeaders["Set-Cookie"]' : '; remove it';
  throw new Fault(`${quoted(unknown)} is not a field of an answer to a REST API${cookies}`);
}

function headersOf(headers: unknown, front: HttpFrontKind): Record<string, string> {
  if (isNothing(headers)) return {};
  if (!isFields(headers))
    throw new Fault(`headers must be an object of names and values, not ${kindOf(headers)}`);
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === null) continue;
    texts[name] = headerText(`headers[${quoted(name)}]`, name, value, front);
  }
  return texts;
}

function checkMultiValueHeaders(headers: unknown, front: HttpFrontKind): void {
  if (isNothing(headers)) return;
  if (!isFields(headers))
    throw new Fault(`multiValueHeaders must be an object of names and arrays, not ${kindOf(headers)}`);
  for (const [name, values] of Object.entries(headers)) {
    const field = `multiValueHeaders[${quoted(name)}]`;
    if (!Array.isArray(values)) throw new Fault(`${field} must be an array, not ${kindOf(values)}`);
    for (const value of values) headerText(field, name, value, front);
  }
}

function cookiesOf(cookies: unknown): readonly string[] {
  if (isNothing(cookies)) return [];
  if (!Array.isArray(cookies))
    throw new Fault(`cookies must be an array of strings, not ${kindOf(cookies)}; write ["name=value"]`);
  return cookies.map((cookie: unknown, index) => {
    if (typeof cookie !== 'string')
      throw new Fault(`cookies[${index}] must be a string, not ${kindOf(cookie)}`);
    return headerText(`cookies[${index}]`, 'set-cookie', cookie, 'http_api');
  });
}

/** A header's value as text; all fronts but REST APIs accept numbers. */
function headerText(field: string, name: string, value: unknown, front: HttpFrontKind): string {
  const isText = typeof value === 'string' || typeof value === 'boolean';
  if (!isText && !(typeof value === 'number' && front !== 'rest_api')) {
    const several = Array.isArray(value) ? `; ${severalValues(front)}` : '';
    throw new Fault(`${field} must be a string, not ${kindOf(value)}${several}`);
  }
  const text = String(value);
  try {
    validateHeaderName(name);
  } catch {
    throw new Fault(`${field}: ${quoted(name)} is not a valid header name`);
  }
  try {
    validateHeaderValue(name, latin1Of(text));
  } catch {
    throw new Fault(`${field} must not have a line break or another control character`);
  }
  return text;
}

function severalValues(front: HttpFrontKind): string {
  return front === 'http_api' || front === 'function_url'
    ? 'join several values with commas, and set cookies with "cookies"'
    : 'give several values in multiValueHeaders';
}

/** UTF-8 bytes as the Latin-1 characters that Node writes unchanged. */
export function latin1Of(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Longer texts of a function are cut. */
const shownCharacters = 40;

function quoted(text: string): string {
  return JSON.stringify(text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text);
}

function kindOf(value: unknown): string {
  if (isNothing(value)) return 'missing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? quoted(value) : String(value);
}
