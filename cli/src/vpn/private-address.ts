// Which addresses are private: those defined by RFCs, and those of a VPC.
import { BlockList, isIP } from 'node:net';

/** RFC 1918, RFC 6598 (also Tailscale's), RFC 3927, loopback; RFC 4193, RFC 4291 link-local. */
const privateRanges = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
];

const privateList = blockList(privateRanges);

/** True also for an address in `cidrs`, since a VPC may use public ranges. False for anything but an address. */
export function isPrivateAddress(address: string, cidrs: readonly string[] = []): boolean {
  return contains(privateList, address) || (cidrs.length > 0 && contains(blockList(cidrs), address));
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return contains(blockList(['127.0.0.0/8', '::1/128']), address);
}

/** Whether two address ranges overlap. */
export function overlap(one: string, other: string): boolean {
  const startOf = (cidr: string) => cidr.split('/')[0] ?? '';
  return contains(blockList([one]), startOf(other)) || contains(blockList([other]), startOf(one));
}

function contains(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family > 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function blockList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', bits = ''] = cidr.split('/');
    const family = isIP(network);
    if (family > 0) list.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
