// Tells a browser's request from a program's: any web page may send requests to any port of this machine.
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a browser has sent the request. Pages can neither set nor omit these headers: `Origin` is sent with everything but
 * plain GETs, `Sec-Fetch-*` with everything since 2023 at the latest, `Referer` with most others. Node's own `fetch` sends
 * only one of them, `Sec-Fetch-Mode: cors`, to which a browser would add the page's `Origin`.
 */
export function isFromBrowser(headers: IncomingHttpHeaders): boolean {
  if (headers.origin !== undefined || headers.referer !== undefined) return true;
  const fetched = Object.keys(headers).filter((name) => name.startsWith('sec-'));
  const isOfNode = fetched.length === 1 && headers['sec-fetch-mode'] === 'cors';
  return fetched.length > 0 && !isOfNode;
}
