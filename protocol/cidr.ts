// Event patterns: whether an IP address lies in a range such as 10.0.0.0/24.
import { BlockList, isIP } from 'node:net';

/** A test for addresses of the range's own family; undefined if the text is not a range. */
export function cidrTest(range: string): ((address: string) => boolean) | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(range) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(length) > (family === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(length), family === 4 ? 'ipv4' : 'ipv6');
  return (candidate) => isIP(candidate) === family && list.check(candidate, family === 4 ? 'ipv4' : 'ipv6');
}
