// A SOCKS5 server with a username and a password, as livectl runs one, that stands for a VPC: it knows names and addresses that
// do not exist here, and connects to servers of the test.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A port of 127.0.0.1; a SOCKS5 reply that refuses; `silent`: no reply at all; `lost`: closes instead of a reply. */
type Target = number | { readonly reply: number } | 'silent' | 'lost';

export class VpcProxy {
  /** `host:port` of every request, in order. */
  readonly requests: string[] = [];
  readonly username = 'orders';
  readonly password = 'a password: ÄÖ"\\';
  readonly #targets = new Map<string, Target>();
  readonly #sockets = new Set<Socket>();
  readonly #waiting: (() => void)[] = [];
  #server: Server | undefined;

  static async start(): Promise<VpcProxy> {
    const proxy = new VpcProxy();
    const server = createServer({ allowHalfOpen: true }, (socket) => void proxy.#serve(socket));
    proxy.#server = server;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => proxy.stop());
    return proxy;
  }

  /** What a destination is, e.g. `db.internal:5432`. */
  add(destination: string, target: Target): void {
    this.#targets.set(destination, target);
  }

  /** The value of LIVECTL_TUNNEL. */
  settings(allow: readonly string[], more: object = {}): string {
    const address = this.#server?.address() as AddressInfo | undefined;
    const { password, username } = this;
    return JSON.stringify({ proxy: `127.0.0.1:${address?.port}`, username, password, allow, ...more });
  }

  /** Resolves when so many requests have arrived. */
  async requested(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
  }

  async #serve(socket: Socket): Promise<void> {
    this.#keep(socket);
    const reader = new Reader(socket);
    try {
      const [, methods = 0] = await reader.take(2);
      const offered = await reader.take(methods);
      socket.write(Buffer.from([5, offered.includes(2) ? 2 : 255]));
      const username = await this.#text(reader, 1);
      const password = await this.#text(reader);
      const isOurs = username === this.username && password === this.password;
      socket.write(Buffer.from([1, isOurs ? 0 : 1]));
      if (!isOurs) return void socket.end();
      const [, command, , type] = await reader.take(4);
      const host =
        type === 3
          ? await this.#text(reader)
          : type === 1
            ? (await reader.take(4)).join('.')
            : new URL(`http://[${(await reader.take(16)).toString('hex').replace(/(.{4})(?!$)/g, '$1:')}]`)
                .hostname;
      const port = (await reader.take(2)).readUInt16BE();
      this.requests.push(`${host}:${port}`);
      for (const resolve of this.#waiting.splice(0)) resolve();
      if (command !== 1) return this.#reply(socket, 7);
      await this.#connect(socket, reader, this.#targets.get(`${host}:${port}`) ?? { reply: 4 });
    } catch {
      socket.destroy();
    }
  }

  async #connect(socket: Socket, reader: Reader, target: Target): Promise<void> {
    if (target === 'silent') return void socket.on('end', () => socket.destroy());
    if (target === 'lost') return void socket.destroy();
    if (typeof target === 'object') return this.#reply(socket, target.reply);
    const remote = connect({ host: '127.0.0.1', port: target, allowHalfOpen: true });
    this.#keep(remote);
    await once(remote, 'connect');
    // What the server sends first follows in the same packet, as it may.
    const greeting = target === this.greetsAt ? ((await once(remote, 'data'))[0] as Buffer) : Buffer.alloc(0);
    socket.write(Buffer.concat([Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]), greeting]));
    reader.stop();
    socket.pipe(remote).pipe(socket);
  }

  /** A port whose server speaks first. */
  greetsAt: number | undefined;

  async #text(reader: Reader, before = 0): Promise<string> {
    const head = await reader.take(before + 1);
    return (await reader.take(head[before] ?? 0)).toString();
  }

  #reply(socket: Socket, reply: number): void {
    socket.end(Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** Reads exactly as many bytes as are asked for. */
class Reader {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #wake = () => {};
  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#wake();
  };
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    for (const event of ['end', 'close'])
      socket.once(event, () => {
        this.#ended = true;
        this.#wake();
      });
  }

  async take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) {
      if (this.#ended) throw new Error('it ended');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  stop(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.pause();
    if (this.#bytes.length > 0) this.#socket.unshift(this.#bytes);
  }
}
