// Tests every endpoint that the functions of a stage name, each endpoint once however many functions name it.
import type { EndpointTunnel } from '../tunnel/endpoint-tunnel.ts';
import { type CheckedEndpoint, type CheckOptions, checkEndpoint } from './check-endpoint.ts';
import { findEndpoints, type NamedEndpoint, type Unreadable } from './find-endpoints.ts';
import { NameLookups } from './name-lookups.ts';

/** A function and the environment of its code. */
export interface NamedEnvironment {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Through which its code connects. */
  readonly tunnel?: EndpointTunnel | undefined;
}

export interface FunctionCheck {
  readonly name: string;
  readonly checked: readonly CheckedEndpoint[];
  readonly unreadable: readonly Unreadable[];
}

export interface FunctionsCheckOptions extends Omit<CheckOptions, 'lookups' | 'tunnel'> {
  /** How many names are looked up at once; each may hold one of Node's four threads. Default: all of them. */
  readonly lookupsAtOnce?: number;
}

/** At most this many at once, so as not to look like a port scan. */
const atOnce = 16;

/**
 * Never rejects; results are in the functions' order. If nothing answers at all, it takes at most three times `timeoutMs` for
 * every 16 endpoints.
 */
export async function checkFunctions(
  functions: readonly NamedEnvironment[],
  { lookupsAtOnce = 4, ...options }: FunctionsCheckOptions,
): Promise<FunctionCheck[]> {
  const lookups = new NameLookups(lookupsAtOnce);
  const found = functions.map(({ name, environment, tunnel }) => ({
    name,
    tunnel,
    ...findEndpoints(environment),
  }));
  const distinct = new Map<string, readonly [NamedEndpoint, EndpointTunnel | undefined]>();
  for (const { endpoints, tunnel } of found)
    for (const each of endpoints) distinct.set(keyOf(each, tunnel), [each, tunnel]);
  const results = new Map<string, CheckedEndpoint>();
  const queue = [...distinct];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [key, [endpoint, tunnel]] = next;
      results.set(key, await checkEndpoint(endpoint, { ...options, lookups, tunnel }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, work));
  return found.map(({ name, endpoints, tunnel, unreadable }) => ({
    name,
    unreadable,
    checked: endpoints.flatMap((endpoint) => {
      const result = results.get(keyOf(endpoint, tunnel));
      return result === undefined ? [] : [{ ...result, endpoint }];
    }),
  }));
}

function keyOf({ host, ports, srv, web }: NamedEndpoint, tunnel: EndpointTunnel | undefined): string {
  return [host, ports.join('|'), srv, web, tunnel?.name].join(' ');
}
