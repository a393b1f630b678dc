// The inspector's server: what goes back for a request, and the headers that every answer has.
import type { ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** The codes of errors (docs/inspector-api.md). */
export type FailureCode =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'too_large'
  | 'timeout'
  | 'media_type'
  | 'internal'
  | 'not_available'
  | 'busy';

const statusOf: Readonly<Record<FailureCode, number>> = {
  invalid: 422,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  timeout: 408,
  conflict: 409,
  too_large: 413,
  media_type: 415,
  internal: 500,
  not_available: 501,
  busy: 503,
};

/** Nothing but the page's own files: no inline script or style, no other host, no frame around it. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Should a browser show anything else as a document, then without scripts and without an origin. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

export const securityHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': dataPolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

export function json(status: number, content: unknown): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify(content),
  };
}

export function failure(code: FailureCode, message: string, headers: Record<string, string> = {}): Answer {
  const { body, headers: own, status } = json(statusOf[code], { code, message });
  return { status, headers: { ...own, ...headers }, body };
}

/** `close`: the connection ends with it. */
export function send(response: ServerResponse, { body, headers, status }: Answer, close = false): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.writeHead(status, {
    ...securityHeaders,
    ...headers,
    ...(close ? { Connection: 'close' } : {}),
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
