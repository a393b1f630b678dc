// [5] Asks the VPC's own DNS server, through the tunnel: for records that are more than an address, such as the SRV and TXT records
// of mongodb+srv.
import { randomInt } from 'node:crypto';
import net from 'node:net';
import type { Allow } from '../../../../protocol/tunnel/allow.ts';
import { type DnsRecord, question, type RecordType, recordsIn } from './dns-message.ts';

/** The time for all servers together, in milliseconds: dns.resolve itself gives up after some seconds. */
const boundMs = 8000;
/** A VPC has at most five IPv4 networks by default. */
const mostServers = 5;

/**
 * Where a VPC's DNS server is: the third address of its first network, which has /16 to /28
 * (https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html). None if `allow` does not cover port 53 there.
 */
export function vpcDnsServers(allow: Allow): string[] {
  const servers: string[] = [];
  for (const entry of allow.entries) {
    const [, a, b, c, d, bits] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+):/.exec(entry) ?? [];
    if (Number(bits) < 16 || Number(bits) > 28 || d === undefined) continue;
    const server = `${a}.${b}.${c}.${Number(d) + 2}`;
    if (allow.allowsAddress(server, 53) && !servers.includes(server)) servers.push(server);
  }
  return servers.slice(0, mostServers);
}

/** Empty if no server has records of this type. Never rejects. */
export async function askVpc(allow: Allow, name: string, type: RecordType): Promise<DnsRecord[]> {
  const until = Date.now() + boundMs;
  for (const server of vpcDnsServers(allow)) {
    const found = await ask(server, name, type, until - Date.now()).catch(() => []);
    if (found.length > 0) return found;
  }
  return [];
}

function ask(server: string, name: string, type: RecordType, ms: number): Promise<DnsRecord[]> {
  return new Promise((resolve, reject) => {
    const id = randomInt(65_536);
    const text = question(id, name, type);
    const length = Buffer.from([text.length >> 8, text.length & 0xff]);
    const socket = net.connect({ host: server, port: 53 }, () => socket.write(Buffer.concat([length, text])));
    const bound = setTimeout(() => socket.destroy(new Error('timeout')), Math.max(0, ms));
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      socket.destroy();
      try {
        resolve(recordsIn(received.subarray(2, 2 + received.readUInt16BE(0)), id, type));
      } catch (error) {
        reject(error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(bound);
      reject(new Error('no answer'));
    });
  });
}
