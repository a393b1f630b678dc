// The tunnel: which destinations the module's `allow` permits, as the function enforces it and livectl and workers route by it.
import { LiveDebugError } from '../live-debug-error.ts';
import {
  addressBytes,
  addressText,
  hostOf,
  isInNetwork,
  isName,
  isNumeric,
  maxNameLength,
  neverReached,
} from './addresses.ts';

/** So many entries, of so many characters each. */
export const maxAllowEntries = 100;
export const maxAllowEntryLength = maxNameLength;

/** What a list of entries permits. */
export interface Allow {
  /** The entries as they were given. */
  readonly entries: readonly string[];
  /** Whether any entry is an address or a network: a name that nobody here can resolve may lie in one. */
  readonly hasNetworks: boolean;
  /** Whether an address or a network is permitted with this port. */
  hasNetworkFor(port: number): boolean;
  /** Whether an entry names this host, whatever it resolves to; false for an address in any form. */
  allowsName(host: string, port: number): boolean;
  /** Whether an entry covers this address in any of its forms; false for addresses that are never reached, and for names. */
  allowsAddress(address: string, port: number): boolean;
}

interface Ports {
  readonly from: number;
  readonly to: number;
}

interface NetworkEntry extends Ports {
  readonly network: readonly number[];
  readonly bits: number;
}

interface NameEntry extends Ports {
  readonly name: string;
  /** Permits every name below it, but not itself. */
  readonly isSuffix: boolean;
}

type Entry = NetworkEntry | NameEntry;

/** Parses a list of entries. Throws LD_CONFIG with a message for each invalid one ({@link allowMistakes}). */
export function parseAllow(entries: readonly string[]): Allow {
  const mistakes = allowMistakes(entries);
  if (mistakes.length > 0) throw new LiveDebugError('LD_CONFIG', mistakes.join('; '));
  const parsed = entries.map(parseEntry).filter((entry) => typeof entry !== 'string');
  const networks = parsed.filter((entry) => 'network' in entry);
  const names = parsed.filter((entry) => 'name' in entry);
  return {
    entries,
    hasNetworks: networks.length > 0,
    hasNetworkFor: (port) => networks.some((entry) => hasPort(entry, port)),
    allowsName: (text, port) => {
      const host = hostOf(text);
      return host?.kind === 'name' && names.some((entry) => hasPort(entry, port) && covers(entry, host.name));
    },
    allowsAddress: (text, port) => {
      const host = hostOf(text);
      if (host?.kind !== 'address') return false;
      const bytes = addressBytes(host.address) ?? [];
      return (
        neverReached(bytes) === undefined &&
        networks.some((entry) => hasPort(entry, port) && isInNetwork(bytes, entry.network, entry.bits))
      );
    },
  };
}

/** One message for each invalid entry, which names it; and one if there are too many entries. None for a valid list. */
export function allowMistakes(entries: readonly string[]): readonly string[] {
  if (entries.length > maxAllowEntries)
    return [`allow must have at most ${maxAllowEntries} entries: it has ${entries.length}`];
  return entries.flatMap((text) => {
    const entry = parseEntry(text);
    return typeof entry === 'string' ? [`allow has the invalid entry ${shown(text)}: ${entry}`] : [];
  });
}

/** Entries that would permit a destination, for a message; `addresses` are what the host resolved to. */
export function entriesFor(host: string, port: number, addresses: readonly string[]): readonly string[] {
  const inEntry = (address: string) => (address.includes(':') ? `[${address}]` : address);
  return [...new Set([host, ...addresses])].map((each) => `${inEntry(each)}:${port}`);
}

function hasPort({ from, to }: Ports, port: number): boolean {
  return from <= port && port <= to;
}

function covers({ isSuffix, name }: NameEntry, host: string): boolean {
  return isSuffix ? host.endsWith(`.${name}`) : host === name;
}

/** The entry, or why it is invalid. */
function parseEntry(text: string): Entry | string {
  if (text.length > maxAllowEntryLength)
    return `an entry must have at most ${maxAllowEntryLength} characters`;
  const colon = text.lastIndexOf(':');
  const destination = text.slice(0, Math.max(0, colon));
  if (text.startsWith('[') ? !destination.endsWith(']') : destination.includes(':')) {
    const isAddress = [text, destination].some(
      (each) => addressBytes(each.split('/')[0] ?? '') !== undefined,
    );
    return isAddress || text.startsWith('[')
      ? 'an IPv6 address or network must be in brackets with a port after them, e.g. [fd12::/64]:5432'
      : 'it must be one destination and one port, e.g. db.internal:5432';
  }
  const ports = parsePorts(text.slice(colon + 1));
  if (colon < 0 || ports === undefined)
    return 'it must end in a port, a range or *, from 1 to 65535, e.g. db.internal:5432, db.internal:5432-5440, 10.0.0.0/16:*';
  return parseDestination(destination, ports);
}

function parsePorts(text: string): Ports | undefined {
  if (text === '*') return { from: 1, to: 65_535 };
  const [, first = '', last = first] = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return first !== '' && from <= to && to <= 65_535 ? { from, to } : undefined;
}

function parseDestination(text: string, ports: Ports): Entry | string {
  if (text.startsWith('[')) return parseNetwork(text.slice(1, -1), 6, ports);
  if (text.includes('/')) return parseNetwork(text, 4, ports);
  const isSuffix = text.startsWith('*.');
  const name = isSuffix ? text.slice(2) : text;
  if (text === '*' || text === '') return 'every address is written as 0.0.0.0/0, or [::/0] for IPv6';
  if (name.includes('*')) return '* must be the whole first label, e.g. *.internal:5432';
  const host = hostOf(name);
  if (host === undefined || (host.kind === 'name' && !isName(host.name)))
    return isNumeric(name)
      ? 'an IPv4 address must be four numbers from 0 to 255, e.g. 10.0.1.5:5432'
      : 'it must be a host name, an address or a network in CIDR notation before the port';
  if (host.kind === 'address')
    return isSuffix ? '*. must be followed by a name' : parseNetwork(text, 4, ports);
  if (host.name === 'localhost' || host.name.endsWith('.localhost'))
    return 'it is the tunnel function itself, which the tunnel never reaches';
  return { name: host.name, isSuffix, ...ports };
}

function parseNetwork(text: string, family: 4 | 6, ports: Ports): NetworkEntry | string {
  const [address = '', length, ...more] = text.split('/');
  const network = addressBytes(address);
  if (network === undefined || more.length > 0)
    return family === 4
      ? 'an IPv4 address must be four decimal numbers from 0 to 255 without leading zeros, e.g. 10.0.1.5:5432 or 10.0.0.0/16:*'
      : 'what is in brackets must be an IPv6 address or network, e.g. [fd12::5]:5432 or [fd12::/64]:*';
  if ((network.length === 4) !== (family === 4))
    return family === 4
      ? 'an IPv6 address or network must be in brackets, e.g. [fd12::/64]:5432'
      : 'an IPv4 address must be written as one, without brackets, e.g. 10.0.1.5:5432';
  const most = network.length * 8;
  if (length !== undefined && !(/^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= most))
    return `the number after / must be 0 to ${most}`;
  const bits = length === undefined ? most : Number(length);
  const start = network.map(
    (byte, index) => byte & ((0xff00 >> Math.min(8, Math.max(0, bits - 8 * index))) & 0xff),
  );
  if (!isInNetwork(network, start, most))
    return `it has bits after the first ${bits}: write ${addressText(start)}/${bits}`;
  const never = neverReached(start);
  // Of a larger network, the rest can be reached.
  if (never !== undefined && neverReached(start.map((byte, index) => byte | lastBits(bits, index))) === never)
    return `it is ${never}, which the tunnel never reaches`;
  return { network: start, bits, ...ports };
}

/** Of byte `index`, the bits after the first `bits` of the address. */
function lastBits(bits: number, index: number): number {
  return 0xff >> Math.min(8, Math.max(0, bits - 8 * index));
}

/** At most 60 characters, without any that control a terminal. */
function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
