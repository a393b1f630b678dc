// A server that speaks MySQL's protocol as far as a driver needs it to connect, and answers every SELECT with 1.
// https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html
import { createServer, type Socket } from 'node:net';
import { listen } from './local-servers.ts';

/** Lets everybody in. Returns its port. */
export const mysqlServer = (): Promise<number> => listen(createServer(serve));

const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const eof = Buffer.from([0xfe, 0, 0, 2, 0]);
const text = (value: string) => Buffer.from([value.length, ...Buffer.from(value)]);

/** Protocol 4.1, transactions, mysql_native_password. */
const greeting = Buffer.concat([
  Buffer.from([10, ...Buffer.from('8.0.0'), 0, 1, 0, 0, 0, ...Buffer.from('saltsalt'), 0]),
  Buffer.from([0x0d, 0xa2, 33, 2, 0, 0x08, 0, 21, ...Buffer.alloc(10)]),
  Buffer.from('saltsaltsalt\0mysql_native_password\0'),
]);

const column = Buffer.concat([
  ...['def', '', '', '', '1', '1'].map(text),
  Buffer.from([0x0c, 63, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0]),
]);

function serve(socket: Socket): void {
  let received: Buffer = Buffer.alloc(0);
  let isIn = false;
  const send = (from: number, packets: readonly Buffer[]) => {
    for (const [index, packet] of packets.entries())
      socket.write(Buffer.concat([Buffer.from([packet.length, 0, 0, from + index]), packet]));
  };
  send(0, [greeting]);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 4 && received.length >= 4 + received.readUIntLE(0, 3)) {
      const packet = received.subarray(4, 4 + received.readUIntLE(0, 3));
      received = received.subarray(4 + packet.length);
      const [command] = packet;
      if (!isIn) send(2, [ok]);
      else if (command === 1) socket.end();
      else if (/^SELECT/i.test(packet.toString('latin1', 1)))
        send(1, [Buffer.from([1]), column, eof, text('1'), eof]);
      else send(1, [ok]);
      isIn = true;
    }
  });
}
