// Streamed responses through everything, over a relay that reorders, refuses, drops and disconnects.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { RelayFault, RelayPost } from '../../src/cloud/cloud.ts';
import { patternHash } from './stream-pattern.ts';
import { startWholeChain, type WholeChain } from './whole-chain.ts';

/** Three seconds of work on an idle machine. */
const timeout = 120_000;

/** The same numbers in every run, below `below`. */
function random(below: number, seed: number): number {
  return (Math.imul(seed ^ (seed >>> 15), 2_246_822_519) >>> 0) % below;
}

async function open({ cloud }: WholeChain, name: string, query: string): Promise<IncomingMessage> {
  const [response] = (await once(get(`${cloud.ownUrls.get(name)}?${query}`), 'response')) as [
    IncomingMessage,
  ];
  return response;
}

async function hashOf(response: IncomingMessage): Promise<{ bytes: number; hash: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return { bytes, hash: hash.digest('hex') };
}

/** The invocation's own messages: what is large, and comes after the first. */
const isPart = ({ size }: RelayPost) => size > 20_000;

describe('21 MB', { timeout }, () => {
  const whole = { bytes: 21 * 1024 * 1024, hash: patternHash(21) };

  test.each<[string, (post: RelayPost) => RelayFault | undefined]>([
    ['over a relay that does what it should', () => undefined],
    ['in any order', (post) => (isPart(post) ? { lateMs: random(30, post.number) } : undefined)],
    [
      'over one that refuses and drops',
      (post) => {
        if (post.number < 4) return undefined;
        const fault = random(24, post.number);
        if (fault === 0) return { status: 429 };
        if (fault === 1) return { status: 503 };
        if (fault === 2) return { drop: 'before' };
        if (fault === 3) return { drop: 'after' };
        return undefined;
      },
    ],
  ])('come intact %s', async (_how, faults) => {
    const chain = await startWholeChain('streams-pipeline', faults);
    expect(await hashOf(await open(chain, 'streams-pipeline', 'megabytes=21'))).toEqual(whole);
    expect(await chain.event(({ event }) => event === 'result')).toMatchObject({
      ok: true,
      streamed_bytes: whole.bytes,
    });
  });

  test('come intact over connections that are lost again and again', async () => {
    let parts = 0;
    const lost = new Set([20, 60, 61, 150, 250]);
    const chain = await startWholeChain('streams-pipeline', (post) => {
      if (!isPart(post)) return undefined;
      parts += 1;
      return lost.delete(parts) ? { disconnect: true } : undefined;
    });
    expect(await hashOf(await open(chain, 'streams-pipeline', 'megabytes=21'))).toEqual(whole);
    expect(lost.size).toBe(0);
  });
});

test('a caller that doesn’t read stops the handler, and what is on its way stays within bounds', {
  timeout,
}, async () => {
  let relayed = 0;
  const chain = await startWholeChain('streams-without-drain', (post) => {
    relayed += post.size;
    return undefined;
  });
  const results = () => chain.events.filter(({ event }) => event === 'result');
  const slow = await open(chain, 'streams-without-drain', 'megabytes=80');
  await chain.event((event) => event.event === 'log' && event.message.startsWith('full'));
  // Meanwhile another caller gets all of a response of its own, which takes as long as the first one would need.
  const quick = await open(chain, 'streams-without-drain', 'megabytes=16');
  expect((await hashOf(quick)).bytes).toBe(16 * 1024 * 1024);
  await chain.event(({ event }) => event === 'result');
  expect(results()).toMatchObject([{ streamed_bytes: 16 * 1024 * 1024 }]);
  // 22 MB of base64 for that one; of the other what the kernel keeps of three connections and the window, not its 107 MB.
  expect(relayed).toBeLessThan(75 * 1024 * 1024);
  slow.destroy();
});

test('a livectl that stops half-way ends the response with an error', { timeout }, async () => {
  const chain = await startWholeChain('streams-quirks.neverEnds');
  const response = await open(chain, 'streams-quirks', '');
  const [begun] = (await once(response, 'data')) as [Buffer];
  expect(begun.toString()).toBe('begun');
  const cut = once(response, 'error').catch((error: unknown) => [error]);
  await chain.session.stop(0);
  expect(String((await cut)[0])).toMatch(/aborted|reset/);
  expect(chain.events.at(-1)).toMatchObject({ event: 'stopped', abandoned: 1 });
});
