// [5] Which connections of a function go through the tunnel: the rules, without a socket.
import { BlockList, isIP } from 'node:net';
import { RecentMap } from '../../../../protocol/recent-map.ts';
import type { Allow } from '../../../../protocol/tunnel/allow.ts';
import { StandIns } from './stand-ins.ts';

/** A connection through the tunnel. */
export interface Route {
  /** What the tunnel is asked for: a name, which the VPC resolves, or an address. */
  readonly host: string;
  readonly port: number;
  /** Set if the name did not resolve on this machine: the error of that look-up. */
  readonly unresolved?: NodeJS.ErrnoException;
  /** Set if `allow` is known not to cover it, so that nobody has to be asked. */
  readonly isRefused?: true;
}

/** RFC 1918, 6598 and 4193: what a VPC has unless it uses public ranges. */
const privateRanges = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  privateRanges.addSubnet(network, bits, 'ipv4');
privateRanges.addSubnet('fc00::', 7, 'ipv6');

/** What a look-up fails with if a name does not exist here, or no DNS server answers. */
const unresolvedCodes = new Set([
  'ENOTFOUND',
  'ENODATA',
  'EAI_AGAIN',
  'EAI_NODATA',
  'EAI_NONAME',
  'EAI_FAIL',
]);

export class Destinations {
  /** Renewed when the manifest changes; undefined while there is no tunnel. */
  allow: Allow | undefined;
  readonly #standIns = new StandIns();
  /** Names by the private address that they resolved to here: code may look up first, then connect to the address. */
  readonly #names = new RecentMap<string>(1024);

  /** Where a connection to an address goes; undefined: to the address itself, as without a tunnel. */
  address(address: string, port: number): Route | undefined {
    const { allow } = this;
    if (allow === undefined) return undefined;
    const standIn = this.#standIns.at(address);
    if (standIn) {
      const route = { host: standIn.name, port, unresolved: standIn.error };
      return this.#mayResolve(allow, standIn.name, port) ? route : { ...route, isRefused: true };
    }
    if (allow.allowsAddress(address, port)) return { host: address, port };
    const name = isPrivate(address) ? this.#names.get(address) : undefined;
    return name !== undefined && allow.allowsName(name, port) ? { host: name, port } : undefined;
  }

  /** Where a connection to a name goes that resolved to these addresses here. */
  name(host: string, port: number, addresses: readonly string[]): Route | undefined {
    const { allow } = this;
    if (allow === undefined || addresses.length === 0 || isLocalName(host)) return undefined;
    const standIn = this.#standIns.at(addresses[0] ?? '');
    if (standIn) return this.unresolved(host, port, standIn.error);
    const covered = addresses.filter((address) => allow.allowsAddress(address, port));
    const reachable = addresses.every((address) => isPrivate(address) || covered.includes(address));
    if (!reachable || !(covered.length > 0 || allow.allowsName(host, port))) return undefined;
    return { host, port };
  }

  /** Where a connection to a name goes whose look-up failed here. */
  unresolved(host: string, port: number, error: NodeJS.ErrnoException): Route | undefined {
    const { allow } = this;
    if (allow === undefined || !isUnresolved(error) || isLocalName(host)) return undefined;
    return this.#mayResolve(allow, host, port) ? { host, port, unresolved: error } : undefined;
  }

  /** An address for a name whose look-up failed here, if a connection may be routed; undefined: the look-up's own error counts. */
  standIn(host: string, family: 4 | 6, error: NodeJS.ErrnoException, port?: number): string | undefined {
    const { allow } = this;
    if (allow === undefined || !isUnresolved(error) || isLocalName(host) || isIP(host) > 0) return undefined;
    const isPossible =
      port === undefined ? allow.hasNetworks || namesHost(allow, host) : this.#mayResolve(allow, host, port);
    return isPossible ? this.#standIns.addressFor(plainName(host), family, error) : undefined;
  }

  /** The error of the look-up on this machine, if what was found is a stand-in. */
  lookupError(found: unknown): NodeJS.ErrnoException | undefined {
    const address: unknown = Array.isArray(found) ? found[0]?.address : found;
    return typeof address === 'string' ? this.#standIns.at(address)?.error : undefined;
  }

  /** A name was looked up here. */
  remember(host: string, addresses: readonly string[]): void {
    for (const address of addresses) if (isPrivate(address)) this.#names.set(address, host);
  }

  #mayResolve(allow: Allow, host: string, port: number): boolean {
    return allow.allowsName(host, port) || allow.hasNetworkFor(port);
  }
}

/** Whether an entry names the host, with any port. */
function namesHost(allow: Allow, host: string): boolean {
  return allow.entries.some((entry) => {
    const port = Number(/:(\d+)(?:-\d+)?$/.exec(entry)?.[1] ?? 1);
    return allow.allowsName(host, port);
  });
}

function isPrivate(address: string): boolean {
  const family = isIP(address);
  return family > 0 && privateRanges.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function isUnresolved(error: NodeJS.ErrnoException): boolean {
  return unresolvedCodes.has(error.code ?? '');
}

/** Without the dot that ends a fully qualified name. */
function plainName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

function isLocalName(host: string): boolean {
  return /(^|\.)localhost$/.test(plainName(host));
}
