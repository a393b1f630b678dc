// Inspector page: reads server-sent events by fetch, which, unlike EventSource, reports why it was refused and sees the server's
// heartbeat.

export interface StreamMessage {
  readonly id: string | undefined;
  readonly name: string;
  readonly data: string;
}

/** Longest message; a row has a few KB, a log line up to 1 MB. */
const mostCharacters = 16 * 1024 * 1024;

/** Reads until the stream ends. `heard` is called for every chunk, comments included. */
export async function readStream(
  stream: ReadableStream<Uint8Array>,
  take: (message: StreamMessage) => void,
  heard: () => void,
): Promise<void> {
  const parser = new StreamParser(take);
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    parser.push(decoder.decode(value, { stream: true }));
  }
}

/** The format of text/event-stream. A CR alone, which it allows as a line's end too, is part of the line here. */
export class StreamParser {
  /** The line that is not complete yet, in the pieces it came in. */
  #pieces: string[] = [];
  #length = 0;
  #id: string | undefined;
  #name = '';
  #data: string[] = [];
  readonly #take: (message: StreamMessage) => void;

  constructor(take: (message: StreamMessage) => void) {
    this.#take = take;
  }

  push(text: string): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#line(this.#pieces.join('') + text.slice(from, end));
      this.#pieces = [];
      this.#length = 0;
      from = end + 1;
    }
    if (from === text.length) return;
    this.#pieces.push(text.slice(from));
    this.#length += text.length - from;
    if (this.#length > mostCharacters) throw new Error('A message of the event stream is too long.');
  }

  #line(line: string): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text === '') return this.#end();
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'id') this.#id = value;
    else if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
  }

  #end(): void {
    if (this.#data.length > 0)
      this.#take({ id: this.#id, name: this.#name || 'message', data: this.#data.join('\n') });
    this.#name = '';
    this.#data = [];
  }
}
