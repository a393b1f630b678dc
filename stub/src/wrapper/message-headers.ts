// [1] Headers and trailers of the Runtime API's messages as they came: order, case and bytes.
import type { IncomingMessage } from 'node:http';

/** Between two ends of a connection; the proxy has one connection on each side. */
const hopByHop = new Set(['connection', 'keep-alive', 'expect', 'proxy-connection']);

/** Name, value, name, value and so on. `host`: in place of the proxy's own, for a request. */
export function messageHeaders(message: IncomingMessage, host?: string): string[] {
  const headers: string[] = [];
  const { rawHeaders } = message;
  let isSized = false;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    const key = name.toLowerCase();
    if (hopByHop.has(key)) continue;
    if (key === 'content-length' || key === 'transfer-encoding') isSized = true;
    headers.push(name, key === 'host' && host !== undefined ? host : value);
  }
  // Node would announce chunks for a body that is none.
  if (!isSized && host !== undefined && message.method !== 'GET') headers.push('Content-Length', '0');
  return headers;
}

/** Those after a chunked body. */
export function trailerPairs({ rawTrailers }: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawTrailers.length; at += 2)
    pairs.push([rawTrailers[at] ?? '', rawTrailers[at + 1] ?? '']);
  return pairs;
}
