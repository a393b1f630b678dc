// A debugger for tests: speaks the Chrome DevTools Protocol to a Node inspector over its WebSocket.
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** One event of the inspector, e.g. `Debugger.paused`. */
export interface InspectorEvent {
  readonly method: string;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's own shapes, looked into by tests
  readonly params: any;
}

export class InspectorClient {
  readonly events: InspectorEvent[] = [];
  /** Resolves when the connection is gone. */
  readonly closed: Promise<unknown>;
  readonly #socket: WebSocket;
  readonly #replies = new Map<number, (reply: Reply) => void>();
  #watchers: (() => void)[] = [];
  #count = 0;

  /** Attaches, as debuggers do, with the debugger enabled; detached at the end of the test. */
  static async attach(url: string): Promise<InspectorClient> {
    const client = new InspectorClient(new WebSocket(url, { perMessageDeflate: false }));
    onTestFinished(() => client.detach());
    await once(client.#socket, 'open');
    await client.send('Runtime.enable');
    await client.send('Debugger.enable');
    return client;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (text) => {
      const reply = JSON.parse(String(text)) as Reply;
      if (reply.id !== undefined) this.#replies.get(reply.id)?.(reply);
      else this.events.push(reply as InspectorEvent);
      for (const wake of this.#watchers.splice(0)) wake();
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  async send(method: string, params: Record<string, unknown> = {}): Promise<any> {
    this.#count += 1;
    const id = this.#count;
    const reply = await new Promise<Reply>((resolve) => {
      this.#replies.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
    if (reply.error) throw new Error(`${method}: ${reply.error.message}`);
    return reply.result;
  }

  /** The first event of that name past the first `skip`, also one that has come already. */
  async event(
    method: string,
    matches: (event: InspectorEvent) => boolean = () => true,
  ): Promise<InspectorEvent> {
    for (;;) {
      const found = this.events.find((event) => event.method === method && matches(event));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  async detach(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.close();
    await this.closed;
  }
}
