// The tunnel: host names and IP addresses in one form each, and the addresses that it never reaches.
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** A host as a peer gives it, in its only form: an address without zeros or embeddings, or a name in lower-case ASCII. */
export type Host =
  | { readonly kind: 'address'; readonly address: string; readonly family: 4 | 6 }
  | { readonly kind: 'name'; readonly name: string };

/** The longest host name (RFC 1035, 2.3.4), without a trailing dot. */
export const maxNameLength = 253;

/**
 * What a host is: resolvers also accept addresses as `0x7f.1`, `2130706433` or `0177.0.0.1`, and digits or dots of other scripts.
 * Undefined for a text that is neither a name nor an address. Takes time linear in the text, which is cut at 1,024 characters.
 */
export function hostOf(text: string): Host | undefined {
  if (text.length > 1024) return undefined;
  const inBrackets = text.startsWith('[') && text.endsWith(']');
  const bare = inBrackets ? text.slice(1, -1) : text;
  if (bare.includes(':')) {
    const bytes = addressBytes(bare);
    return bytes && addressOf(bytes);
  }
  if (inBrackets) return undefined;
  const ascii = asciiName(bare);
  if (ascii === undefined) return undefined;
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (isNumeric(name)) {
    const bytes = legacyIPv4(name);
    return bytes && addressOf(bytes);
  }
  return isName(name) ? { kind: 'name', name } : undefined;
}

/** The bytes of an address, 4 or 16; those of an IPv4-mapped address (`::ffff:10.0.0.1`) are the IPv4 address's. */
export function addressBytes(text: string): readonly number[] | undefined {
  const family = isIP(text);
  if (family === 4) return text.split('.').map(Number);
  // A zone (`fe80::1%eth0`) is valid only on one machine.
  if (family !== 6 || text.includes('%')) return undefined;
  const bytes = ipv6Bytes(text);
  return startsWith(bytes, mapped) ? bytes.slice(12) : bytes;
}

/** The address of 4 or 16 bytes as text: IPv6 as RFC 5952 writes it. */
export function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const hex = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  // URL writes the shortest form.
  return new URL(`http://[${hex.join(':')}]`).hostname.slice(1, -1);
}

/**
 * Why the tunnel never connects to an address, whatever `allow` has: `loopback`, `link-local`, ...; undefined for all others.
 * Addresses that carry an IPv4 address (NAT64, 6to4, Teredo, ISATAP, IPv4-compatible) are treated as that one.
 */
export function neverReached(bytes: readonly number[]): string | undefined {
  const ranges = bytes.length === 4 ? neverIPv4 : neverIPv6;
  const range = ranges.find(({ network, bits }) => isInNetwork(bytes, network, bits));
  if (range) return range.what;
  for (const embedded of embeddedIn(bytes)) {
    const what = neverReached(embedded);
    if (what) return `${what} inside an IPv6 address`;
  }
  return undefined;
}

/** Whether the first `bits` bits of an address are the network's. Addresses of another family never are. */
export function isInNetwork(bytes: readonly number[], network: readonly number[], bits: number): boolean {
  if (bytes.length !== network.length) return false;
  const whole = bits >> 3;
  for (let index = 0; index < whole; index += 1) if (bytes[index] !== network[index]) return false;
  const mask = (0xff00 >> (bits & 7)) & 0xff;
  return (((bytes[whole] ?? 0) ^ (network[whole] ?? 0)) & mask) === 0;
}

/** Whether a text is a host name in lower-case ASCII: labels of letters, digits, `-` and `_`. */
export function isName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= maxNameLength &&
    name.split('.').every((label) => label.length <= 63 && /^[a-z0-9_-]+$/.test(label))
  );
}

/** Whether the last label has the form of a number: such a text is an IPv4 address or invalid (WHATWG URL, "ends in a number"). */
export function isNumeric(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return /^(\d+|0x[0-9a-f]*)$/.test(last);
}

interface Range {
  readonly network: readonly number[];
  readonly bits: number;
  readonly what: string;
}

const range = (network: string, bits: number, what: string): Range => ({
  network: network.includes(':') ? ipv6Bytes(network) : network.split('.').map(Number),
  bits,
  what,
});

/** RFC 6890 and 5771; Lambda's and ECS's own services and the instance metadata are in 169.254.0.0/16. */
const neverIPv4 = [
  range('0.0.0.0', 8, 'an unspecified address'),
  range('127.0.0.0', 8, 'a loopback address'),
  range('169.254.0.0', 16, 'a link-local address'),
  range('224.0.0.0', 4, 'a multicast address'),
  range('255.255.255.255', 32, 'a broadcast address'),
];

/** RFC 4291. AWS: instance metadata fd00:ec2::254, EKS's credentials fd00:ec2::23, time and DNS in the same network. */
const neverIPv6 = [
  range('::', 128, 'an unspecified address'),
  range('::1', 128, 'a loopback address'),
  range('fe80::', 10, 'a link-local address'),
  range('ff00::', 8, 'a multicast address'),
  range('fd00:ec2::', 32, 'an address of AWS’s own services on an instance'),
];

const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Prefixes before an IPv4 address in the last four bytes: IPv4-compatible, translated (SIIT), NAT64 (RFC 6052). */
const beforeIPv4 = [
  { network: ipv6Bytes('::'), bits: 96 },
  { network: ipv6Bytes('::ffff:0:0:0'), bits: 96 },
  { network: ipv6Bytes('64:ff9b::'), bits: 96 },
  { network: ipv6Bytes('64:ff9b:1::'), bits: 48 },
];

/** The IPv4 addresses that an IPv6 address may carry. */
function embeddedIn(bytes: readonly number[]): readonly (readonly number[])[] {
  if (bytes.length === 4) return [];
  const found: (readonly number[])[] = [];
  const at = (...indices: number[]) => indices.map((index) => bytes[index] ?? 0);
  if (beforeIPv4.some(({ network, bits }) => isInNetwork(bytes, network, bits)))
    found.push(at(12, 13, 14, 15));
  // NAT64 of one's own prefix, with 48, 56 or 64 bits before the address: byte 8 and those after the address are zero.
  if (isInNetwork(bytes, ipv6Bytes('64:ff9b:1::'), 48) && bytes[8] === 0) {
    if (at(11, 12, 13, 14, 15).every((byte) => byte === 0)) found.push(at(6, 7, 9, 10));
    if (at(12, 13, 14, 15).every((byte) => byte === 0)) found.push(at(7, 9, 10, 11));
    if (at(13, 14, 15).every((byte) => byte === 0)) found.push(at(9, 10, 11, 12));
  }
  // 6to4 (RFC 3056).
  if (bytes[0] === 0x20 && bytes[1] === 0x02) found.push(at(2, 3, 4, 5));
  // Teredo (RFC 4380): the server, and the client with its bits inverted.
  if (isInNetwork(bytes, ipv6Bytes('2001::'), 32))
    found.push(
      at(4, 5, 6, 7),
      at(12, 13, 14, 15).map((byte) => byte ^ 0xff),
    );
  // ISATAP (RFC 5214).
  if ([0, 2].includes(bytes[8] ?? 1) && startsWith(bytes.slice(9), [0, 0x5e, 0xfe]))
    found.push(at(12, 13, 14, 15));
  return found;
}

/** Lower-case ASCII; undefined if a character can't be in a host name. */
function asciiName(text: string): string | undefined {
  // The conversion would cut a URL's text at its first delimiter.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are refused
  if (/[\x00-\x20"#%/:<>?@[\\\]^`{|}\x7f]/.test(text)) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  const ascii = /^[\x00-\x7f]*$/.test(text) ? text.toLowerCase() : domainToASCII(text).toLowerCase();
  return ascii === '' ? undefined : ascii;
}

/** What inet_aton accepts, as getaddrinfo does: one to four numbers in decimal, octal or hexadecimal; the last fills the rest. */
function legacyIPv4(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  if (parts.length > 4) return undefined;
  const numbers = parts.map(numberOf);
  const last = numbers.pop() ?? Number.NaN;
  if (numbers.some((number) => !(number < 256))) return undefined;
  const rest = 4 - numbers.length;
  if (!(last < 256 ** rest)) return undefined;
  const filled = Array.from(
    { length: rest },
    (_, index) => Math.floor(last / 256 ** (rest - 1 - index)) % 256,
  );
  return [...numbers, ...filled];
}

function numberOf(text: string): number {
  if (/^0x[0-9a-f]{0,16}$/.test(text)) return text === '0x' ? 0 : Number(text);
  if (/^0[0-7]{0,16}$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
}

function addressOf(bytes: readonly number[]): Host {
  return { kind: 'address', address: addressText(bytes), family: bytes.length === 4 ? 4 : 6 };
}

/** Of a valid address without a zone. */
function ipv6Bytes(text: string): readonly number[] {
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] =>
    part === ''
      ? []
      : part
          .split(':')
          .flatMap((group) =>
            group.includes('.')
              ? group.split('.').map(Number)
              : [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff],
          );
  const [before, after] = [groups(head), tail === undefined ? [] : groups(tail)];
  return [...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after];
}

function startsWith(bytes: readonly number[], prefix: readonly number[]): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, index) => bytes[index] === byte);
}
