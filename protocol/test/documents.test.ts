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
import { refusalCodes, resetCodes } from '../tunnel/codes.ts';
import { frameTypes } from '../tunnel/frames.ts';
import * as limits from '../tunnel/limits.ts';
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

  it('lists every frame of the tunnel with its number, and the codes in their order', async () => {
    const [begin, end] = ['## The tunnel', '## When something'];
    const all = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
    const section = all.slice(all.indexOf(begin), all.indexOf(end));
    const listed = [...section.matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm)].map(([, name, type]) => [
      name,
      Number(type),
    ]);
    expect(listed).toEqual(Object.entries(frameTypes));
    const codes = (of: readonly string[]) => of.map((code) => `\`${code}\``).join(', ');
    expect(section).toContain(`Codes from 1: ${codes(refusalCodes)}.`);
    expect(section).toContain(`Codes from 1: ${codes(resetCodes)} |`);
  });

  it('gives the bounds of the tunnel as they are', async () => {
    const values = Object.fromEntries((await rows('protocol.md')).map(([what, value]) => [what, value]));
    expect(values).toMatchObject({
      'streams of a link': `${limits.maxStreams}; one more is refused with \`limit\``,
      'window of a stream': `${limits.firstWindowBytes / 1024} KB, up to ${limits.largestWindowBytes / 1024 ** 2} MB`,
      'growth of all windows': `${limits.windowBudgetBytes / 1024 ** 2} MB`,
      'posts at once': `${limits.postsAtOnce}, of which ${limits.largePostsAtOnce} may hold only large data`,
      'a lost socket, or no ack': `${limits.resumeWithinMs / 1000} s, then all streams are reset with \`lost\``,
      'opening a stream': `${limits.openWithinMs / 1000} s`,
      '`host`, `address`, `connectionId` and `version`, `text`': `${[
        limits.maxHostBytes,
        limits.maxAddressBytes,
        limits.maxConnectionIdBytes,
        limits.maxReasonBytes,
      ].join(', ')} bytes`,
      'ranges in an `ack`': String(limits.maxAckRanges),
    });
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
