// Which user owns the other end of a local connection: other users' programs can connect to any port of 127.0.0.1.
import { createReadStream } from 'node:fs';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';

/**
 * `own`: this user's or root's. `other`: another user's. `gone`: closed in the meantime, so that its owner is unknown.
 * `elsewhere`: not a program of this system, e.g. one of Windows beside WSL. `unknown`: only Linux tells.
 */
export type Peer = 'own' | 'other' | 'gone' | 'elsewhere' | 'unknown';

/** The lines of a file such as `/proc/net/tcp`; undefined if there is none. Rejects if it cannot be read. */
type Table = AsyncIterable<string> | undefined;

/** The tables of IPv4 and IPv6; a program may use an IPv6 socket for an IPv4 address. */
const tables = ['/proc/net/tcp', '/proc/net/tcp6'];

/** For both tables: about 200,000 connections. Beyond it nobody is found, so nobody is let in. */
const maxTableBytes = 32 * 1024 * 1024;

/** The kernel hands out a table in pieces, and may skip a connection while others come and go; hence several attempts. */
const looks = 3;

const known = new WeakMap<Socket, Promise<Peer>>();

/** Looked up once per connection. Never rejects. */
export function peerOf(socket: Socket): Promise<Peer> {
  let peer = known.get(socket);
  if (peer === undefined) {
    peer = lookUp(socket, process.getuid?.() ?? 0).catch(() => 'unknown' as const);
    known.set(socket, peer);
  }
  return peer;
}

async function lookUp(socket: Socket, uid: number): Promise<Peer> {
  if (process.platform !== 'linux') return 'unknown';
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (!localAddress || !localPort || !remoteAddress || !remotePort) return 'gone';
  const here = { address: localAddress, port: localPort };
  const there = { address: remoteAddress, port: remotePort };
  let peer: Peer = 'gone';
  for (let look = 0; look < looks; look++) {
    peer = await peerIn(tables.map(read), here, there, uid);
    if (peer === 'own' || peer === 'other') break;
  }
  return peer;
}

interface Endpoint {
  /** IPv4, possibly in IPv6 notation. */
  readonly address: string;
  readonly port: number;
}

/** What the tables say of the other end of a connection from `here` to `there`. Rejects if none can be read. */
export async function peerIn(
  sources: readonly Table[],
  here: Endpoint,
  there: Endpoint,
  uid: number,
): Promise<Peer> {
  const readable = sources.filter((source) => source !== undefined);
  const theirs = pairs(there, here);
  const ours = pairs(here, there);
  let isOpen = false;
  let isRead = false;
  let problem: unknown;
  for (const source of readable) {
    try {
      for await (const line of source) {
        isRead = true;
        if (theirs.some((pair) => line.includes(pair))) return judged(line, uid);
        if (ours.some((pair) => line.includes(pair))) isOpen = fields(line).state === established;
      }
    } catch (error) {
      // A machine may have no IPv6.
      problem = error;
    }
  }
  if (!isRead) throw problem;
  // Our end is listed as expected, so theirs is not on this system.
  return isOpen ? 'elsewhere' : 'gone';
}

const established = '01';

function judged(line: string, uid: number): Peer {
  const { inode, user } = fields(line);
  // A socket that no process owns any more shows user id 0, also if its owner was another user.
  if (inode === 0) return 'gone';
  return user === uid || user === 0 ? 'own' : 'other';
}

/** `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode` */
function fields(line: string): { state: string; user: number; inode: number } {
  const [, , , state = '', , , , user, , inode] = line.trim().split(/ +/);
  return { state, user: Number(user), inode: Number(inode) };
}

/** Both addresses as a line of either table writes them. */
function pairs(one: Endpoint, other: Endpoint): string[] {
  return ['', '0000000000000000FFFF0000'].map(
    (prefix) => `: ${prefix}${hexOf(one)} ${prefix}${hexOf(other)} `,
  );
}

/** The kernel prints an address as a number in this processor's byte order. */
function hexOf({ address, port }: Endpoint): string {
  const bytes = address.replace(/^::ffff:/i, '').split('.');
  if (endianness() === 'LE') bytes.reverse();
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  return `${bytes.map((byte) => hex(Number(byte), 2)).join('')}:${hex(port, 4)}`;
}

async function* read(file: string): AsyncGenerator<string> {
  let rest = '';
  let bytes = 0;
  for await (const piece of createReadStream(file, { encoding: 'latin1' })) {
    bytes += piece.length;
    if (bytes > maxTableBytes / tables.length) return;
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
