// What debugpy's adapter says on its way to a debugger: only the end of a session is changed, and only for who wants to attach again.
import { describe, expect, it } from 'vitest';
import { attachAgain } from '../../src/worker/debug/attach-again.ts';

const message = (text: string) => `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const terminated = '{"seq": 7, "type": "event", "event": "terminated"}';
const restarted = '{"seq":7,"type":"event","event":"terminated","body":{"restart":true}}';
const attach = (restart: boolean) => message(`{"command":"attach","arguments":{"restart":${restart}}}`);

/** What arrives of these chunks. */
async function heard(said: string, chunks: readonly Buffer[]): Promise<string> {
  const { fromClient, toClient } = attachAgain();
  for (const byte of Buffer.from(said)) fromClient(Buffer.from([byte]));
  for (const chunk of chunks) toClient.write(chunk);
  toClient.end();
  return Buffer.concat(await toClient.toArray()).toString();
}

describe('the end of a session', () => {
  const output = message(
    JSON.stringify({ event: 'output', body: { output: `"event": "terminated" ü${'x'.repeat(600)}` } }),
  );
  const all = Buffer.from(message('{"event": "initialized"}') + output + message(terminated) + output);
  const expected = message('{"event": "initialized"}') + output + message(restarted) + output;

  it.each([
    ['at once', [all]],
    ['byte by byte', Array.from(all, (byte) => Buffer.from([byte]))],
  ])('asks to attach again, said %s', async (_how, chunks) => {
    expect(await heard(attach(true), chunks)).toBe(expected);
  });

  it.each([
    ['does not want to', attach(false)],
    ['has ended it', attach(true) + message('{"seq":3,"type":"request","command":"disconnect"}')],
  ])('stays as it is for a debugger that %s', async (_who, said) => {
    expect(await heard(said, [all])).toBe(String(all));
  });

  it('leaves what is no message as it is', async () => {
    const text = `HTTP/1.1 200 OK\r\n\r\n${message(terminated)}`;
    expect(await heard(attach(true), [Buffer.from(text)])).toBe(text);
  });
});
