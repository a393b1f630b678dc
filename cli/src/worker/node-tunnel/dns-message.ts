// [5] Questions to a DNS server and its answers (RFC 1035), as far as names of a VPC need them. Answers are not trusted: every
// length is checked, and a name ends after a bounded number of steps.

/** Record types (RFC 1035, 3.2.2; 2782; 3596) that are asked for. */
export const recordTypes = { A: 1, CNAME: 5, TXT: 16, AAAA: 28, SRV: 33 } as const;

export type RecordType = keyof typeof recordTypes;

/** One record as Node's dns module returns it: text, pieces of a TXT, or the fields of an SRV. */
export type DnsRecord = string | string[] | { priority: number; weight: number; port: number; name: string };

/** The question, without the length that precedes it on TCP. Throws for a name that no question can have. */
export function question(id: number, name: string, type: RecordType): Buffer {
  const labels = name.replace(/\.$/, '').split('.');
  if (name.length > 253 || labels.some((label) => label.length < 1 || label.length > 63))
    throw new Error('it is not a name');
  const encoded = labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')]));
  const head = Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...encoded, Buffer.from([0, 0, recordTypes[type], 0, 1])]);
}

/** The records of a type in an answer; empty if it has none. Throws if it is not an answer to this question. */
export function recordsIn(message: Buffer, id: number, type: RecordType): DnsRecord[] {
  if (message.readUInt16BE(0) !== id || (message.readUInt8(2) & 0x80) === 0)
    throw new Error('it is another answer');
  if ((message.readUInt8(3) & 0x0f) !== 0) return [];
  const [questions, answers] = [message.readUInt16BE(4), message.readUInt16BE(6)];
  let at = 12;
  for (let index = 0; index < questions; index += 1) at = nameAt(message, at).end + 4;
  const found: DnsRecord[] = [];
  for (let index = 0; index < answers; index += 1) {
    at = nameAt(message, at).end;
    const [kind, size] = [message.readUInt16BE(at), message.readUInt16BE(at + 8)];
    const from = at + 10;
    at = from + size;
    if (at > message.length) throw new Error('it ends early');
    if (kind === recordTypes[type]) found.push(recordAt(message, from, at, type));
  }
  return found;
}

function recordAt(message: Buffer, from: number, end: number, type: RecordType): DnsRecord {
  const data = message.subarray(from, end);
  if (type === 'A' && data.length === 4) return data.join('.');
  if (type === 'AAAA' && data.length === 16) {
    const groups = Array.from({ length: 8 }, (_, index) => data.readUInt16BE(2 * index).toString(16));
    return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
  }
  if (type === 'CNAME') return nameAt(message, from).name;
  if (type === 'SRV')
    return {
      priority: data.readUInt16BE(0),
      weight: data.readUInt16BE(2),
      port: data.readUInt16BE(4),
      name: nameAt(message, from + 6).name,
    };
  if (type !== 'TXT') throw new Error('a record has another length');
  const texts: string[] = [];
  for (let at = 0; at < data.length; at += 1 + data.readUInt8(at))
    texts.push(data.subarray(at + 1, at + 1 + data.readUInt8(at)).toString());
  return texts;
}

/** A name and where it ends; labels may continue elsewhere in the message, further ahead only. */
function nameAt(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let end: number | undefined;
  let length = 0;
  let at = start;
  for (;;) {
    const size = message.readUInt8(at);
    if (size >= 0xc0) {
      const target = message.readUInt16BE(at) & 0x3fff;
      if (target >= at) throw new Error('a name has no end');
      end ??= at + 2;
      at = target;
    } else if (size === 0) {
      return { name: labels.join('.'), end: end ?? at + 1 };
    } else {
      length += size + 1;
      if (size > 63 || length > 255) throw new Error('a name is too long');
      labels.push(message.subarray(at + 1, at + 1 + size).toString('latin1'));
      at += 1 + size;
    }
  }
}
