// A debugger for tests: speaks the Debug Adapter Protocol, as VS Code does with debugpy.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

interface Message {
  readonly type: 'response' | 'event';
  readonly event?: string;
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's own shapes, looked into by tests
  readonly body?: any;
}

export class DapClient {
  readonly messages: Message[] = [];
  /** Resolves when the connection is gone. */
  readonly closed: Promise<unknown>;
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #watchers: (() => void)[] = [];
  #count = 0;

  /** Connects to `127.0.0.1:PORT`; gone at the end of the test. */
  static async connect(address: string): Promise<DapClient> {
    const [host = '', port] = address.split(':');
    const socket = connect({ host, port: Number(port) });
    const client = new DapClient(socket);
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return client;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (data: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, data]);
      while (this.#read());
      for (const wake of this.#watchers.splice(0)) wake();
    });
  }

  /** Attaches with breakpoints at these lines of a file, counted from 1, by a configuration as of launch.json. */
  async attach(
    file: string,
    lines: readonly number[],
    configuration: Record<string, unknown> = { justMyCode: true, restart: true },
  ): Promise<void> {
    await this.send('initialize', { adapterID: 'test', clientID: 'test', pathFormat: 'path' });
    // Answered once the configuration is done.
    const attached = this.send('attach', configuration);
    await this.event('initialized');
    await this.send('setBreakpoints', {
      source: { path: file },
      breakpoints: lines.map((line) => ({ line })),
    });
    await this.send('configurationDone');
    await attached;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  async send(command: string, args: Record<string, unknown> = {}): Promise<any> {
    this.#count += 1;
    const seq = this.#count;
    const text = JSON.stringify({ seq, type: 'request', command, arguments: args });
    this.#socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    const { body, message, success } = await this.#first((each) => each.request_seq === seq);
    if (!success) throw new Error(`${command}: ${message}`);
    return body;
  }

  /** The first event of that name, also one that has come already. */
  async event(name: string): Promise<Message['body']> {
    return (await this.#first((each) => each.event === name)).body;
  }

  async #first(matches: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.messages.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  #read(): boolean {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const length = Number(/Content-Length: (\d+)/i.exec(this.#bytes.toString('latin1', 0, end))?.[1]);
    const start = end + 4;
    if (this.#bytes.length < start + length) return false;
    this.messages.push(JSON.parse(this.#bytes.toString('utf8', start, start + length)));
    this.#bytes = this.#bytes.subarray(start + length);
    return true;
  }
}
