// [5] Who may call the Runtime API, and its short answers, worded as AWS's.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFromBrowser } from '../../loopback/browser.ts';

const allowedHost = /^(127\.0\.0\.1|localhost)(:\d+)?$/i;

/** Why a caller is refused, or undefined. `token` is the one that every call must carry, if there is one. */
export function refusalOf(request: IncomingMessage, token: Buffer | undefined): string | undefined {
  const { host, 'livectl-runtime-token': given } = request.headers;
  // A web page may call any local port, and may have its own domain resolve to this address.
  if (isFromBrowser(request.headers) || !allowedHost.test(host ?? '')) {
    return 'Only a runtime process on this machine may call the Runtime API';
  }
  if (token !== undefined && !sameToken(token, given))
    return 'The header Livectl-Runtime-Token is missing or wrong';
  return undefined;
}

function sameToken(token: Buffer, given: string | string[] | undefined): boolean {
  const bytes = Buffer.from(String(given));
  return bytes.length === token.length && timingSafeEqual(bytes, token);
}

export function accept(response: ServerResponse): void {
  response.writeHead(202, { 'Content-Type': 'application/json', 'Content-Length': 16 });
  response.end('{"status":"OK"}\n');
}

export function refuse(
  response: ServerResponse,
  status: number,
  errorType: string,
  errorMessage: string,
): void {
  const body = Buffer.from(`${JSON.stringify({ errorMessage, errorType })}\n`);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.end(body);
}

export function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': 19 });
  response.end('404 page not found\n');
}
