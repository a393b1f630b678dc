// [5] dns.lookup of a name that only the VPC resolves: finds an address that stands for the name, so that a library that looks up
// before it connects is routed as well. Every other result is what it is without a tunnel.
import dns from 'node:dns';
import type { Destinations } from './destinations.ts';

type Found = string | { address: string; family: number }[];
type Callback = (error: NodeJS.ErrnoException | null, found?: Found, family?: number) => void;
type Options = { family?: unknown; all?: boolean } | number | undefined;
type Lookup = (host: string, ...rest: unknown[]) => unknown;
type PromisedLookup = (host: string, options?: Options) => Promise<unknown>;

export function routeLookups(destinations: Destinations): void {
  const lookup = dns.lookup as unknown as Lookup;
  const routed = (host: string, ...rest: unknown[]): unknown => {
    const callback = rest.at(-1);
    if (typeof callback !== 'function' || rest.length > 2) return lookup(host, ...rest);
    const options = (rest.length > 1 ? rest[0] : undefined) as Options;
    const onFound: Callback = (error, found, family) => {
      const standIn = error && standInFor(destinations, host, options, error);
      if (!standIn) {
        if (!error) remember(destinations, host, found);
        callback(error, found, family);
      } else if (isAll(options)) callback(null, [standIn]);
      else callback(null, standIn.address, standIn.family);
    };
    return rest.length > 1 ? lookup(host, rest[0], onFound) : lookup(host, onFound);
  };
  replace(dns, 'lookup', routed);

  const promised = dns.promises.lookup as unknown as PromisedLookup;
  replace(dns.promises, 'lookup', async (host: string, options?: Options) => {
    try {
      const found = await (options === undefined ? promised(host) : promised(host, options));
      remember(
        destinations,
        host,
        isAll(options) ? (found as Found) : (found as { address: string }).address,
      );
      return found;
    } catch (error) {
      const standIn = standInFor(destinations, host, options, error as NodeJS.ErrnoException);
      if (!standIn) throw error;
      return isAll(options) ? [standIn] : standIn;
    }
  });
}

/** With the name, and with the symbols by which util.promisify treats Node's own function. */
export function replace(owner: object, name: string, by: (...values: never[]) => unknown): void {
  const original = Reflect.get(owner, name) as object;
  Object.defineProperties(by, Object.getOwnPropertyDescriptors(original));
  Reflect.set(owner, name, by);
}

function standInFor(
  destinations: Destinations,
  host: string,
  options: Options,
  error: NodeJS.ErrnoException,
): { address: string; family: number } | undefined {
  const wanted = typeof options === 'number' ? options : options?.family;
  const family = wanted === 6 || wanted === 'IPv6' ? 6 : 4;
  const address = typeof host === 'string' ? destinations.standIn(host, family, error) : undefined;
  return address === undefined ? undefined : { address, family };
}

function remember(destinations: Destinations, host: string, found: Found | undefined): void {
  if (typeof found === 'string') destinations.remember(host, [found]);
  else if (Array.isArray(found))
    destinations.remember(
      host,
      found.map(({ address }) => address),
    );
}

function isAll(options: Options): boolean {
  return typeof options === 'object' && options !== null && options.all === true;
}
