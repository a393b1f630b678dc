// A DNS server on TCP that stands for a VPC's: the records of a test.
import { createServer } from 'node:net';
import { listen } from './local-servers.ts';

/** Answers by `name/type number`; each answer is the data of one record. Returns its port. */
export function vpcDnsServer(records: Readonly<Record<string, readonly Buffer[]>>): Promise<number> {
  return listen(
    createServer((socket) => {
      socket.on('data', (chunk: Buffer) => {
        const question = chunk.subarray(2);
        const end = question.indexOf(0, 12);
        const labels: string[] = [];
        for (let at = 12; at < end; at += 1 + (question[at] ?? 0))
          labels.push(question.subarray(at + 1, at + 1 + (question[at] ?? 0)).toString());
        const type = question.readUInt16BE(end + 1);
        const found = records[`${labels.join('.')}/${type}`] ?? [];
        const head = Buffer.from([question[0] ?? 0, question[1] ?? 0, 0x81, found.length > 0 ? 0x80 : 0x83]);
        const counts = Buffer.from([0, 1, 0, found.length, 0, 0, 0, 0]);
        const answers = found.map((data) => {
          const fixed = Buffer.from([
            0xc0,
            12,
            0,
            type,
            0,
            1,
            0,
            0,
            0,
            60,
            data.length >> 8,
            data.length & 0xff,
          ]);
          return Buffer.concat([fixed, data]);
        });
        const message = Buffer.concat([head, counts, question.subarray(12, end + 5), ...answers]);
        const length = Buffer.from([message.length >> 8, message.length & 0xff]);
        // In two pieces, as TCP may deliver it.
        socket.write(Buffer.concat([length, message.subarray(0, 5)]));
        setImmediate(() => socket.write(message.subarray(5)));
      });
    }),
  );
}

/** The data of an SRV record. */
export function srv(priority: number, weight: number, port: number, name: string): Buffer {
  const numbers = Buffer.alloc(6);
  for (const [index, value] of [priority, weight, port].entries()) numbers.writeUInt16BE(value, 2 * index);
  return Buffer.concat([numbers, encodedName(name)]);
}

/** The data of a TXT record. */
export function txt(...texts: string[]): Buffer {
  return Buffer.concat(texts.map((text) => Buffer.from([text.length, ...Buffer.from(text)])));
}

function encodedName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}
