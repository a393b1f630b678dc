// Which addresses lie in a private network: those that the tunnel is for.
import { addressBytes, isInNetwork } from '../../../protocol/tunnel/addresses.ts';

/** RFC 1918, RFC 6598 (which AWS allows in a VPC), RFC 4193. */
const privateNetworks = (
  [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['100.64.0.0', 10],
    ['fc00::', 7],
  ] as const
).map(([network, bits]) => ({ network: addressBytes(network) ?? [], bits }));

/** False for a text that is no address. */
export function isPrivate(address: string): boolean {
  const bytes = addressBytes(address);
  if (bytes === undefined) return false;
  return privateNetworks.some(({ bits, network }) => isInNetwork(bytes, network, bits));
}
