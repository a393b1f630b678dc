// [1] Headers and trailers of the Runtime API's messages, unchanged in order, case and bytes.
import type { IncomingMessage } from 'node:http';

/** These apply to a single connection, and the proxy has one on each side. */
const hopByHop = new Set(['connection', 'keep-alive', 'expect', 'proxy-connection']);

/** Names and values in turn. `host`: for a request, replaces the proxy's own. */
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
  // Without a body, Node would announce chunks.
  if (!isSized && host !== undefined && message.method !== 'GET') headers.push('Content-Length', '0');
  return headers;
}

/** The trailers after a chunked body. */
export function trailerPairs({ rawTrailers }: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawTrailers.length; at += 2)
    pairs.push([rawTrailers[at] ?? '', rawTrailers[at + 1] ?? '']);
  return pairs;
}
