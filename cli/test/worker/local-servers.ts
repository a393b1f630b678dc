// Servers of a test on 127.0.0.1, closed when the test ends.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Listens on a free port, which is returned. */
export async function listen(
  server: Server | { listen(port: number, host: string): unknown },
): Promise<number> {
  const net = server as Server;
  const sockets = new Set<Socket>();
  net.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await once(net.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    net.close();
  });
  return (net.address() as AddressInfo).port;
}

/** Sends back what it receives, and ends when the other side does. */
export const echo = (): Promise<number> => listen(createServer((socket) => socket.pipe(socket)));
