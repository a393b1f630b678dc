// The documents match the code, as far as a test can check.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorFaults, errorName } from '../live-debug-error.ts';
import {
  headerSchema,
  headSchemas,
  maxChunks,
  maxMessageBytes,
  maxWireBytes,
  messageTypes,
} from '../message.ts';
import { observedHeadSchema } from '../observed-head.ts';
import { channelToClient, generateClientKeys, sealOverheadBytes } from '../sealing.ts';
import { encodeMessage, parseWire } from '../wire.ts';
import { noise } from './payloads.ts';
import { stageSecret } from './stage-secrets.ts';

/** The cells of every table row in a document. */
async function rows(document: string): Promise<string[][]> {
  const text = await readFile(new URL(`../../docs/${document}`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('|--'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/errors.md', () => {
  it('has one line for every code, with its name, whose fault it is, when and a remedy', async () => {
    const [_head, ...lines] = await rows('errors.md');
    const described = lines.map(([code, name, fault]) => [code, name, fault]);
    expect(described).toEqual(
      Object.entries(errorFaults).map(([code, fault]) => [
        `\`${code}\``,
        `\`${errorName(code as ErrorCode)}\``,
        fault,
      ]),
    );
    for (const [code, , , when = '', remedy = ''] of lines)
      expect([code, when.length > 20, remedy.length > 10]).toEqual([code, true, true]);
  });
});

describe('docs/protocol.md', () => {
  it('describes every message with all fields of its head', async () => {
    const lines = await rows('protocol.md');
    for (const type of messageTypes) {
      const head = lines.find(([name]) => name === `\`${type}\``)?.[2];
      expect(head, type).toBeDefined();
      for (const field of Object.keys((type === 'observed' ? observedHeadSchema : headSchemas[type]).entries))
        expect(head, type).toMatch(new RegExp(`\`${field}\\??\``));
    }
  });

  it('describes every field of the header', async () => {
    const described = (await rows('protocol.md')).map(([name]) => name).join(' ');
    for (const field of Object.keys(headerSchema.entries)) expect(described).toContain(`\`${field}\``);
  });

  it('gives the sizes as they are', async () => {
    const values = Object.fromEntries((await rows('protocol.md')).map(([what, value]) => [what, value]));
    expect(values['a wire text']).toContain(`${maxWireBytes / 1024} KiB`);
    expect(values['a message']).toBe(`${maxMessageBytes / 1024 ** 2} MiB, ${maxChunks} chunks at most`);
    const channel = await channelToClient((await generateClientKeys()).publicKey, 'any', stageSecret);
    for (const [row, understands] of [
      ['a chunk', []],
      ['a chunk with seven bits to a character', ['bits7']],
    ] as const) {
      channel.understands = understands;
      const body = noise(2 * maxWireBytes, 1);
      const message = { type: 'ack', id: 'i', attempt: 1, head: {}, body } as const;
      const [text = ''] = await encodeMessage(message, channel, true);
      const chunk = parseWire(text);
      if (typeof chunk === 'string') throw new Error(chunk);
      const chunkBytes = chunk.sealed.length - sealOverheadBytes;
      expect(values[row]).toBe(`${chunkBytes.toLocaleString('en')} bytes`);
    }
  });
});
