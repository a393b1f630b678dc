// What tells a browser's request from a program's: any web page may send one to any port of this machine.
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a browser has sent it. Pages can set none of these headers and leave none out: `Origin` comes with everything
 * but plain GETs, `Sec-Fetch-*` with everything since 2023 at the latest, `Referer` with most of the rest. A program that
 * uses the `fetch` of Node sends a single one of them, `Sec-Fetch-Mode: cors`; a browser would add the page's `Origin`.
 */
export function isFromBrowser(headers: IncomingHttpHeaders): boolean {
  if (headers.origin !== undefined || headers.referer !== undefined) return true;
  const fetched = Object.keys(headers).filter((name) => name.startsWith('sec-'));
  const isOfNode = fetched.length === 1 && headers['sec-fetch-mode'] === 'cors';
  return fetched.length > 0 && !isOfNode;
}
