// The HTTP API: who may call functions without a signature. On AWS their URLs are public; on a developer's machine, strangers'
// web pages and other users could otherwise run the code in the working tree.
import type { IncomingMessage } from 'node:http';
import { peerOf } from '../../loopback/peer-user.ts';

interface CallerRules {
  /** From the function's `cors`: pages of these origins may call it, `*` for all. */
  readonly allowOrigins: readonly string[];
  /** Other users of this machine may call it. */
  readonly otherUsers: boolean;
}

/** Why a request is refused. */
type Refusal =
  /** `origin` is the page's, undefined if the browser does not send it. */
  | { readonly from: 'page'; readonly origin: string | undefined }
  | { readonly from: 'user' }
  /** Its connection was closed before its user was known, e.g. while this machine was asleep. */
  | { readonly from: 'gone' };

/** Undefined if the caller is allowed. */
export async function refusalOfCaller(
  request: IncomingMessage,
  rules: CallerRules,
): Promise<Refusal | undefined> {
  if (isForeignPage(request, rules.allowOrigins)) return { from: 'page', origin: request.headers.origin };
  if (rules.otherUsers) return undefined;
  const peer = await peerOf(request.socket);
  if (peer === 'gone') return { from: 'gone' };
  return peer === 'other' ? { from: 'user' } : undefined;
}

/**
 * Whether a page of another site has sent the request. Pages served by this machine, such as a front end's development server on
 * another port, may call, and so may allowed origins. A link or a redirect from anywhere may open a function's page, as after a
 * login.
 */
export function isForeignPage(
  { headers, method }: Pick<IncomingMessage, 'headers' | 'method'>,
  allowOrigins: readonly string[],
): boolean {
  const { origin } = headers;
  if (origin !== undefined) return !isOfThisMachine(origin) && !isAllowed(origin, allowOrigins);
  const site = headers['sec-fetch-site'];
  // `none`: typed, or from a bookmark. Only pages of this machine are on the same site.
  if (site === undefined || site === 'none' || site === 'same-origin' || site === 'same-site') return false;
  const opensPage = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return !(opensPage && (method === 'GET' || method === 'HEAD'));
}

function isAllowed(origin: string, allowOrigins: readonly string[]): boolean {
  return allowOrigins.some((allowed) => allowed === '*' || allowed.toLowerCase() === origin.toLowerCase());
}

/** `null`, the origin of sandboxed frames and local files, may be anybody's. */
function isOfThisMachine(origin: string): boolean {
  try {
    const { hostname } = new URL(origin);
    return /^(localhost|([a-z0-9_-]+\.)+localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(hostname);
  } catch {
    return false;
  }
}
