// [5] Routes connections of this process: net.Socket.prototype.connect, which TLS, HTTP, HTTP/2, fetch and all drivers written in
// JavaScript go through.
import dns from 'node:dns';
import net, { isIP } from 'node:net';
import type { Destinations, Route } from './destinations.ts';
import { routeSocket } from './route-socket.ts';
import type { TunnelSettings } from './settings.ts';
import { nativeConnect, normalizeArgs } from './socket-internals.ts';

type Address = { address: string; family: number };
type Callback = (error: NodeJS.ErrnoException | null, found?: string | Address[], family?: number) => void;
type Lookup = (host: string, options: { all?: boolean; family?: unknown }, callback: Callback) => unknown;

/** `settings` gives the current ones; undefined: no tunnel, and nothing is routed. */
export function routeConnections(
  destinations: Destinations,
  settings: () => TunnelSettings | undefined,
): void {
  const connect = function (this: net.Socket, ...values: unknown[]): net.Socket {
    const current = settings();
    if (current === undefined) return nativeConnect.apply(this, values);
    const normalized = isNormalized(values[0]) ? values[0] : normalizeArgs(values);
    const [options, callback] = normalized;
    const { host } = options;
    const isElsewhere =
      typeof host === 'string' && host !== '' && host !== 'localhost' && host !== '127.0.0.1';
    if (options.path || !isElsewhere) return nativeConnect.call(this, normalized);
    const port = Number(options.port);
    if (isIP(host) === 0) {
      const lookup = routedLookup(this, host, port, options.lookup as Lookup | undefined);
      return nativeConnect.call(this, normalizeArgs([{ ...options, lookup }, callback]));
    }
    const route = destinations.address(host, port);
    nativeConnect.call(this, normalized);
    if (route && this.connecting) routeSocket(this, route, current);
    return this;
  };

  /** Looks up as without a tunnel, and decides by what is found. */
  function routedLookup(socket: net.Socket, host: string, port: number, given: Lookup | undefined): unknown {
    // Node.js refuses anything else.
    if (given != null && typeof given !== 'function') return given;
    return (name: string, options: Parameters<Lookup>[1], callback: Callback) => {
      const lookup = given ?? (dns.lookup as unknown as Lookup);
      return lookup(name, options, (error, found, family) => {
        const pass = () => callback(error, found, family);
        const current = settings();
        if (current === undefined) return pass();
        const route = error ? destinations.unresolved(host, port, error) : onFound(host, port, found, given);
        if (route === undefined) {
          const failed = error ?? destinations.lookupError(found);
          return failed ? callback(failed) : pass();
        }
        const [address] = error
          ? [standInFor(host, port, options, error)]
          : addressesOf(found, family).filter(({ family }) => fits(family, options));
        if (address === undefined) return pass();
        routeSocket(socket, route, current);
        if (options?.all) callback(null, [address]);
        else callback(null, address.address, address.family);
      });
    };
  }

  function onFound(
    host: string,
    port: number,
    found: Parameters<Callback>[1],
    given: Lookup | undefined,
  ): Route | undefined {
    const addresses = addressesOf(found).map(({ address }) => address);
    const route = destinations.name(host, port, addresses);
    if (route === undefined || given == null) return route;
    // The code's own look-up has found the address: in the VPC the name may have another one, or none.
    const byAddress = destinations.address(addresses[0] ?? '', port);
    return byAddress === undefined || byAddress.isRefused ? route : byAddress;
  }

  function standInFor(
    host: string,
    port: number,
    options: Parameters<Lookup>[1],
    error: NodeJS.ErrnoException,
  ): Address | undefined {
    const family = options?.family === 6 || options?.family === 'IPv6' ? 6 : 4;
    const address = destinations.standIn(host, family, error, port);
    return address === undefined ? undefined : { address, family };
  }

  Object.defineProperty(connect, 'name', { value: 'connect' });
  net.Socket.prototype.connect = connect as unknown as net.Socket['connect'];
}

function addressesOf(found: Parameters<Callback>[1], family?: number): Address[] {
  if (typeof found === 'string') return [{ address: found, family: family ?? isIP(found) }];
  return Array.isArray(found) ? found.filter((each) => typeof each?.address === 'string') : [];
}

function fits(family: number, options: Parameters<Lookup>[1]): boolean {
  const wanted = Number(String(options?.family ?? 0).replace('IPv', ''));
  return wanted !== 4 && wanted !== 6 ? true : family === wanted;
}

/** Node's own form, which carries a symbol: `net.connect` and TLS pass it on. */
function isNormalized(value: unknown): value is ReturnType<typeof normalizeArgs> {
  return Array.isArray(value) && Object.getOwnPropertySymbols(value).length > 0;
}
