import { describe, expect, it } from 'vitest';
import { readStream, type StreamMessage, StreamParser } from '../src/api/event-stream.ts';

function parse(...pieces: readonly string[]): StreamMessage[] {
  const messages: StreamMessage[] = [];
  const parser = new StreamParser((message) => messages.push(message));
  for (const piece of pieces) parser.push(piece);
  return messages;
}

describe('an event stream', () => {
  const text = ': beat\n\nid: r-1\nevent: line\ndata: {"a":1}\n\ndata:x\ndata: y\n\nid: r-2\n\n';
  const expected = [
    { id: 'r-1', name: 'line', data: '{"a":1}' },
    { id: 'r-1', name: 'message', data: 'x\ny' },
  ];

  it('has messages', () => {
    expect(parse(text)).toEqual(expected);
    expect(parse(text.replaceAll('\n', '\r\n'))).toEqual(expected);
  });

  it('may arrive in any pieces', () => {
    expect(parse(...text)).toEqual(expected);
  });

  it('refuses a message without end', () => {
    const piece = 'x'.repeat(1024 * 1024);
    expect(() => parse(...Array.from({ length: 17 }, () => piece))).toThrow('too long');
  });

  it('is read as UTF-8, also where a chunk ends within a character, and each chunk is heard', async () => {
    const bytes = new TextEncoder().encode('data: €\n\n');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const messages: StreamMessage[] = [];
    let heard = 0;
    await readStream(
      stream,
      (message) => messages.push(message),
      () => heard++,
    );
    expect(messages.map(({ data }) => data)).toEqual(['€']);
    expect(heard).toBe(bytes.length);
  });
});
