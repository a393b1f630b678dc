// The fake serve's event streams: numbered messages, and those that a reader missed.
import type { IncomingMessage, ServerResponse } from 'node:http';

const mostKept = 1000;

interface Message {
  readonly id: number;
  readonly text: string;
}

export class FakeStreams {
  readonly #kept: Message[] = [];
  readonly #open = new Set<ServerResponse>();
  #last = 0;

  get count(): number {
    return this.#open.size;
  }

  /** Number of the last message. */
  get last(): number {
    return this.#last;
  }

  send(event: string, data: unknown): void {
    this.#last += 1;
    const text = `id: ${this.#last}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.#kept.push({ id: this.#last, text });
    if (this.#kept.length > mostKept) this.#kept.shift();
    for (const response of this.#open) response.write(text);
  }

  open(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    const seen = Number(request.headers['last-event-id'] ?? Number.NaN);
    const first = this.#kept[0]?.id ?? this.#last + 1;
    // NaN compares as false.
    if (seen >= first - 1 && seen <= this.#last)
      for (const { id, text } of this.#kept) if (id > seen) response.write(text);
    if (!(seen >= first - 1 && seen <= this.#last))
      response.write(`id: ${this.#last}\nevent: reset\ndata: {}\n\n`);
    const beat = setInterval(() => response.write(': still here\n\n'), 15_000);
    this.#open.add(response);
    response.once('close', () => {
      clearInterval(beat);
      this.#open.delete(response);
    });
  }

  /** Cuts them, as a lost connection does; readers come back. */
  cut(): void {
    for (const response of this.#open) response.destroy();
  }

  close(): void {
    this.cut();
    // Whoever comes back after a restart is told to load anew.
    this.#kept.length = 0;
    this.#last += mostKept;
  }
}
