// Tries every endpoint that the functions of a stage name, each place once however many functions name it.
import { type CheckedEndpoint, type CheckOptions, checkEndpoint } from './check-endpoint.ts';
import { findEndpoints, type NamedEndpoint, type Unreadable } from './find-endpoints.ts';
import { NameLookups } from './name-lookups.ts';

/** A function and the environment its code sees. */
export interface NamedEnvironment {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface FunctionCheck {
  readonly name: string;
  readonly checked: readonly CheckedEndpoint[];
  readonly unreadable: readonly Unreadable[];
}

export interface FunctionsCheckOptions extends Omit<CheckOptions, 'lookups'> {
  /** How many names are looked up at one time: each may hold a thread of Node's four, default all of them. */
  readonly lookupsAtOnce?: number;
}

/** So many places at one time: a laptop's router is not to be scanned. */
const atOnce = 16;

/**
 * Never rejects; in the functions' order. Where nothing answers at all, it takes three times `timeoutMs` for every 16
 * places at most.
 */
export async function checkFunctions(
  functions: readonly NamedEnvironment[],
  { lookupsAtOnce = 4, ...options }: FunctionsCheckOptions,
): Promise<FunctionCheck[]> {
  const lookups = new NameLookups(lookupsAtOnce);
  const found = functions.map(({ name, environment }) => ({ name, ...findEndpoints(environment) }));
  const places = new Map<string, NamedEndpoint>();
  for (const { endpoints } of found) for (const each of endpoints) places.set(keyOf(each), each);
  const results = new Map<string, CheckedEndpoint>();
  const queue = [...places];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results.set(next[0], await checkEndpoint(next[1], { ...options, lookups }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, work));
  return found.map(({ name, endpoints, unreadable }) => ({
    name,
    unreadable,
    checked: endpoints.flatMap((endpoint) => {
      const result = results.get(keyOf(endpoint));
      return result === undefined ? [] : [{ ...result, endpoint }];
    }),
  }));
}

function keyOf({ host, ports, srv, web }: NamedEndpoint): string {
  return [host, ports.join('|'), srv, web].join(' ');
}
