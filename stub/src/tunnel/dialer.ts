// [1] The tunnel function opens a connection for livectl: one look-up, `allow` on what it found, a connection to that address.
import type { Socket } from 'node:net';
import type { Clock } from '../../../protocol/clock.ts';
import { addressBytes, type Host, hostOf, neverReached } from '../../../protocol/tunnel/addresses.ts';
import { type Allow, entriesFor } from '../../../protocol/tunnel/allow.ts';
import { TunnelRefused } from '../../../protocol/tunnel/codes.ts';
import { ConnectError, connectFirst } from './connect-first.ts';
import { type LookUp, UnresolvedError } from './look-up.ts';

/** Addresses that a message shows. */
const shownAddresses = 3;

interface DialerOptions {
  readonly allow: Allow;
  readonly lookUp: LookUp;
  readonly clock: Clock;
}

export class Dialer {
  readonly #options: DialerOptions;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /**
   * A connected socket. Rejects with TunnelRefused: why, in words for livectl's user. Gives up when `signal` aborts. What is
   * connected to is the address that `allow` was checked against: a name is not looked up again.
   */
  async dial(text: string, port: number, signal: AbortSignal): Promise<Socket> {
    const host = hostOf(text);
    if (host === undefined)
      throw new TunnelRefused('unresolved', 'the destination is neither a host name nor an address');
    const addresses =
      host.kind === 'address' ? this.#checked(host.address, port) : await this.#lookedUp(host.name, port);
    try {
      return await connectFirst(addresses, port, this.#options.clock, signal);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      throw new TunnelRefused(error.code, `${shown(host, addresses)} port ${port} ${error.message}`);
    }
  }

  #checked(address: string, port: number): readonly string[] {
    const host: Host = { kind: 'address', address, family: address.includes(':') ? 6 : 4 };
    if (this.#options.allow.allowsAddress(address, port)) return [address];
    throw notAllowed(host, port, [address]);
  }

  async #lookedUp(name: string, port: number): Promise<readonly string[]> {
    const { allow, lookUp } = this.#options;
    const host: Host = { kind: 'name', name };
    const isNamed = allow.allowsName(name, port);
    // Whatever it resolves to, no entry has that port: the name servers need not hear of it.
    if (!isNamed && !allow.hasNetworkFor(port)) throw notAllowed(host, port, []);
    const found = await lookUp(name).catch((error) => {
      if (!(error instanceof UnresolvedError)) throw error;
      throw new TunnelRefused('unresolved', `${name} ${error.message}`);
    });
    const permitted = found.filter((address) =>
      isNamed ? never(address) === undefined : allow.allowsAddress(address, port),
    );
    if (permitted.length === 0) throw notAllowed(host, port, found);
    return permitted;
  }
}

/** Why the tunnel never connects to an address; also for one that is invalid. */
function never(address: string): string | undefined {
  const bytes = addressBytes(address);
  return bytes === undefined ? 'an invalid address' : neverReached(bytes);
}

function notAllowed(host: Host, port: number, addresses: readonly string[]): TunnelRefused {
  const destination = `${shown(host, addresses)} port ${port}`;
  const reasons = addresses.map(never);
  const [reason] = reasons;
  if (reason !== undefined && reasons.every((each) => each !== undefined))
    return new TunnelRefused(
      'not-allowed',
      `${destination}: this is ${reason}, which the tunnel never reaches`,
    );
  const permitting = addresses.filter((_, index) => reasons[index] === undefined).slice(0, shownAddresses);
  const entries = entriesFor(host.kind === 'name' ? host.name : host.address, port, permitting);
  return new TunnelRefused(
    'not-allowed',
    `${destination} is not in \`allow\` of the module's tunnel: add ${entries.map((entry) => `"${entry}"`).join(' or ')} there, and apply`,
  );
}

function shown(host: Host, addresses: readonly string[]): string {
  if (host.kind === 'address') return host.address;
  const few = addresses.slice(0, shownAddresses).join(', ');
  return few === '' ? host.name : `${host.name} (${few}${addresses.length > shownAddresses ? ', …' : ''})`;
}
