// A corporate proxy (HTTP CONNECT) between livectl and the cloud, whose line can be lost: bytes vanish from view, connections
// neither end nor begin, and after that everything that waited arrives, or every connection has been reset.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export class LossyProxy {
  readonly #server = createServer((_request, response) => response.writeHead(405).end());
  readonly #sockets = new Set<Socket>();
  #waiting: (() => void)[] = [];
  #isLost = false;
  /** Bytes that it has carried, both ways. */
  carried = 0;
  #onBytes = () => {};

  static async start(): Promise<LossyProxy> {
    const proxy = new LossyProxy();
    proxy.#server.on('connect', (request, socket: Socket) => void proxy.#join(request, socket));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when so many bytes more have been carried. */
  more(bytes: number): Promise<void> {
    const wanted = this.carried + bytes;
    return new Promise((resolve) => {
      this.#onBytes = () => {
        if (this.carried >= wanted) resolve();
      };
    });
  }

  /** From now on nothing gets through. */
  lose(): void {
    this.#isLost = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Everything that waited arrives; with `reset`, the connections of before are gone instead. */
  restore({ reset }: { readonly reset: boolean }): void {
    this.#isLost = false;
    if (reset) for (const socket of this.#sockets) socket.resetAndDestroy();
    for (const socket of this.#sockets) socket.resume();
    for (const go of this.#waiting.splice(0)) go();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #join({ url = '' }: IncomingMessage, socket: Socket): Promise<void> {
    this.#keep(socket);
    if (this.#isLost) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const { hostname, port } = new URL(`http://${url}`);
    const far = connect({ host: hostname, port: Number(port) });
    this.#keep(far);
    far.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      this.#carry(socket, far);
      this.#carry(far, socket);
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #carry(from: Socket, to: Socket): void {
    from.on('data', (bytes: Buffer) => {
      this.carried += bytes.length;
      this.#onBytes();
      if (!to.write(bytes)) {
        from.pause();
        to.once('drain', () => {
          if (!this.#isLost) from.resume();
        });
      }
    });
    from.once('end', () => to.end());
    from.once('close', () => to.destroySoon());
    if (this.#isLost) from.pause();
  }
}
