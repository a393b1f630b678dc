// TCP servers for the tunnel's tests: on an address of this machine that is not loopback, which the tunnel never reaches.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** An IPv4 address of this machine that another machine could connect to. */
export function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flat();
  const own = addresses.find((each) => each?.family === 'IPv4' && !each.internal);
  if (own === undefined)
    throw new Error('the tests of the tunnel need a network interface with an IPv4 address');
  return own.address;
}

export interface TestServer {
  readonly address: string;
  readonly port: number;
  /** Connections that came, the latest last. */
  readonly sockets: readonly Socket[];
  /** The connection of this number, from 0, as soon as it is there. */
  socket(index: number): Promise<Socket>;
}

/** Serves until the test is over. */
export async function serve(
  onSocket: (socket: Socket) => void,
  address = ownAddress(),
  port = 0,
): Promise<TestServer> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
    server.emit('counted');
  });
  const bound = await listen(server, address, port);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    address,
    port: bound,
    sockets,
    socket: async (index) => {
      while (sockets.length <= index) await once(server, 'counted');
      return sockets[index] as Socket;
    },
  };
}

/** A port on which nothing listens. */
export async function closedPort(address = ownAddress()): Promise<number> {
  const server = createServer();
  const port = await listen(server, address, 0);
  server.close();
  await once(server, 'close');
  return port;
}

/** A port that answers no connection, as behind a firewall that drops: its server's queue is full, and nobody accepts. */
export async function silentPort(address: string): Promise<number> {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    const server = require('node:net').createServer();
    server.listen({ host: workerData, port: 0, backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      // The thread stops here: the system completes as many connections as the queue takes.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(program, { eval: true, workerData: address });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = await Promise.all(
    [1, 2].map(async () => {
      const socket = connect(port, address);
      await once(socket, 'connect');
      socket.on('error', () => undefined);
      return socket;
    }),
  );
  onTestFinished(async () => {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  });
  return port;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}
