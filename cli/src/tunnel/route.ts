// Where a connection of a program that sends all of them to the proxy goes: into the VPC, or straight from this machine.
import { lookup } from 'node:dns/promises';
import { systemClock } from '../../../protocol/clock.ts';
import { hostOf } from '../../../protocol/tunnel/addresses.ts';
import type { Allow } from '../../../protocol/tunnel/allow.ts';
import { within } from '../../../protocol/within.ts';
import { isPrivate } from './private-destination.ts';

export type Route = 'tunnel' | 'direct';

/** A name that no server here answers for is one of the VPC. Milliseconds. */
const lookUpBoundMs = 5000;

/** The addresses of a name here; empty if it has none. Never rejects. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/**
 * The same rules as in Node.js and Python workers (docs/tunnel.md): private addresses that `allow` covers, and names that have
 * such an address or none here, go through the tunnel. Loopback never does.
 */
export async function routeOf(
  text: string,
  port: number,
  allow: Allow,
  lookUp: LookUp = systemLookUp,
): Promise<Route> {
  const host = hostOf(text);
  if (host === undefined || (host.kind === 'name' && /^(.+\.)?localhost$/.test(host.name))) return 'direct';
  const isInside = (address: string) => allow.allowsAddress(address, port);
  if (host.kind === 'address') return isInside(host.address) ? 'tunnel' : 'direct';
  const addresses = await lookUp(host.name);
  if (addresses.length === 0)
    return allow.allowsName(host.name, port) || allow.hasNetworkFor(port) ? 'tunnel' : 'direct';
  const isReached = addresses.every((address) => isPrivate(address) || isInside(address));
  const isAllowed = allow.allowsName(host.name, port) || addresses.some(isInside);
  return isReached && isAllowed ? 'tunnel' : 'direct';
}

const systemLookUp: LookUp = async (name) => {
  const found = await within(systemClock, lookUpBoundMs, lookup(name, { all: true })).catch(() => []);
  return (found ?? []).map(({ address }) => address);
};
