// Why the relay cannot be connected to: a VPC endpoint in the way, a missing permission, a proxy.
import type { LookupFunction } from 'node:net';
import type { Clock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';
import { isLoopback, isPrivateAddress } from '../vpn/private-address.ts';
import { developerPolicy } from './check.ts';

const lookUpBoundMs = 1000;

/** The first private address of the name; undefined without one, or without an answer. */
export async function privateAddressOf(
  host: string,
  lookup: LookupFunction,
  clock: Clock,
): Promise<string | undefined> {
  const addresses = await within(
    clock,
    lookUpBoundMs,
    new Promise<string[]>((resolve) =>
      lookup(host, { all: true }, (error, found) => {
        const all = error || !Array.isArray(found) ? [] : found;
        resolve(all.map(({ address }) => address));
      }),
    ),
    { background: true },
  );
  return addresses?.find((each) => isPrivateAddress(each) && !isLoopback(each));
}

interface RelayFailure {
  readonly host: string;
  /** HTTP status of the handshake's answer, if there was one. */
  readonly status: number | undefined;
  readonly words: string;
  /** That the name of this public API leads to. */
  readonly privateAddress: string | undefined;
  readonly hasProxy: boolean;
}

/** The message, and what to do. */
export function explainRelay(failure: RelayFailure): [string, string] {
  const { hasProxy, host, privateAddress, status, words } = failure;
  // A VPC endpoint with private DNS answers for all APIs of the Region, and refuses those that are not private.
  if (privateAddress !== undefined)
    return [
      `${host} leads to ${privateAddress}, a VPC endpoint for execute-api with private DNS, which refuses public APIs as the relay: ${words}`,
      'turn off the endpoint’s private DNS, or have this machine (VPN, DNS) look up execute-api names outside the VPC',
    ];
  const cause = 'a VPC endpoint for execute-api with private DNS behind the proxy answers 403 as well';
  if (status === 403)
    return [words, `${developerPolicy}: it allows execute-api:Invoke${hasProxy ? `; ${cause}` : ''}`];
  if (status === 407) return [words, 'the proxy asks for a login: see the check "network"'];
  if (status !== undefined)
    return [
      words,
      'check that the module is applied with enabled = true; a proxy must let WebSockets through',
    ];
  const network = hasProxy ? 'does the proxy let WebSockets to execute-api through?' : 'check the network';
  return [words, `${network}; is the module applied with enabled = true?`];
}
