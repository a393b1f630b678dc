// The request by which a debugger lets a process run, found in what it sends, however that arrives.
import { describe, expect, it } from 'vitest';
import type { DebugKind } from '../../src/worker/debug/debug-port.ts';
import { startWordReader } from '../../src/worker/debug/start-word.ts';

/** A message of a WebSocket's client, masked, as RFC 6455 has it. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = Buffer.from([1, 2, 3, 4]);
  const { length } = payload;
  const header = length < 126 ? [0x81, 0x80 | length] : [0x81, 0x80 | 126, length >> 8, length & 0xff];
  const long = Buffer.alloc(8);
  long.writeBigUInt64BE(BigInt(length));
  const head = length < 65_536 ? Buffer.from(header) : Buffer.concat([Buffer.from([0x81, 0x80 | 127]), long]);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

function count(kind: DebugKind, chunks: readonly Buffer[]): number {
  let found = 0;
  const read = startWordReader(kind, () => {
    found += 1;
  });
  for (const chunk of chunks) read(chunk);
  return found;
}

/** Each byte on its own. */
const bytesOf = (buffer: Buffer) => Array.from(buffer, (byte) => Buffer.from([byte]));

const start = frame('{"id":9,"method":"Runtime.runIfWaitingForDebugger","params":{}}');
const breakpoint = frame(
  `{"id":8,"method":"Debugger.setBreakpointByUrl","params":{"url":"${'a'.repeat(300)}"}}`,
);
const script = frame(`{"id":7,"method":"Runtime.evaluate","params":{"expression":"${'b'.repeat(70_000)}"}}`);

describe('a debugger of Node.js', () => {
  const whole = Buffer.concat([breakpoint, script, breakpoint, start, start]);
  it.each([
    ['at once', [whole]],
    ['byte by byte', bytesOf(whole)],
    ['a message at a time', [breakpoint, script, start]],
  ])('sends it %s', (_how, chunks) => {
    expect(count('node', chunks)).toBe(1);
  });

  it('has not sent it yet', () => {
    expect(count('node', [Buffer.concat([breakpoint, script]), start.subarray(0, -1)])).toBe(0);
  });
});

describe('a debugger of Python', () => {
  const message = Buffer.from(
    'Content-Length: 51\r\n\r\n{"seq":4,"type":"request","command":"configurationDone"}',
  );
  it.each([
    ['at once', [message]],
    ['byte by byte', bytesOf(message)],
  ])('sends it %s', (_how, chunks) => {
    expect(count('python', chunks)).toBe(1);
  });
});
