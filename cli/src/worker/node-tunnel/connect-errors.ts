// [5] Errors of connections through the tunnel, as Node.js itself has them for a direct one.
import { getSystemErrorMap } from 'node:util';
import type { Route } from './destinations.ts';

/** SOCKS5 replies (RFC 1928, 6): not allowed, network unreachable, host unreachable, refused, TTL expired. */
const codes: Readonly<Record<number, string>> = {
  2: 'EACCES',
  3: 'ENETUNREACH',
  4: 'EHOSTUNREACH',
  5: 'ECONNREFUSED',
  6: 'ETIMEDOUT',
};

/** Why a connection failed; anything but a listed reply means that the stream was lost. */
export function replyError(route: Route, reply: number): NodeJS.ErrnoException {
  const code = codes[reply] ?? 'ECONNRESET';
  if (code === 'EACCES') return notAllowed(route);
  // The server's word is the same for a name that the VPC does not resolve, and for a host without a route.
  if (code === 'EHOSTUNREACH' && route.unresolved) return route.unresolved;
  return connectError(route, code);
}

export function notAllowed(route: Route): NodeJS.ErrnoException {
  return connectError(
    route,
    'EACCES',
    `livectl's tunnel refused it, since "allow" of the module's "tunnel" does not cover it (a name counts with what it resolves to in the VPC)`,
  );
}

/** E.g. `connect ECONNREFUSED db.internal:5432`, with code, errno, syscall, address and port. */
export function connectError(route: Route, code: string, more?: string): NodeJS.ErrnoException {
  const target = `${route.host.includes(':') ? `[${route.host}]` : route.host}:${route.port}`;
  const error: NodeJS.ErrnoException = new Error(
    `connect ${code} ${target}${more === undefined ? '' : `: ${more}`}`,
  );
  return Object.assign(error, {
    errno: numberOf(code),
    code,
    syscall: 'connect',
    address: route.host,
    port: route.port,
  });
}

function numberOf(code: string): number | undefined {
  for (const [number, [name]] of getSystemErrorMap()) if (name === code) return number;
  return undefined;
}
