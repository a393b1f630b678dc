import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AnyMessage,
  type Message,
  type MessageHead,
  type MessageHeader,
  maxMessageBytes,
  maxWireBytes,
} from '../message.ts';
import { Reassembler } from '../reassembly.ts';
import {
  type Channel,
  type ClientKeys,
  channelFromSender,
  channelToClient,
  generateClientKeys,
} from '../sealing.ts';
import { decodeMessage, encodeMessage, parseWire } from '../wire.ts';
import { ManualClock } from './manual-clock.ts';
import { noise, prose, shuffled } from './payloads.ts';
import { receive } from './receiver.ts';
import { stageSecret } from './stage-secrets.ts';

const stage = 'dev-ada';
const sixMegabytes = 6_291_556;

let keys: ClientKeys;
/** The stub's end and the client's end. */
let toClient: Channel;
let fromStub: Channel;

beforeAll(async () => {
  keys = await generateClientKeys();
  toClient = await channelToClient(keys.publicKey, stage, stageSecret);
  fromStub = await channelFromSender(keys, toClient.enc, stage, stageSecret);
});

const head: MessageHead<'invoke'> = {
  requestId: 'c0ffee00-0000-4000-8000-000000000000',
  function: 'hello',
  instance: 'instance-1',
  replyTo: 'L0SM9cOFvHcCIhw=',
  sentAt: 1_772_366_400_000,
  deadline: 1_772_366_410_000,
  arn: 'arn:aws:lambda:eu-west-1:123456789012:function:hello',
  environment: { GREETING: 'grüß dich', AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjEXAMPLE' },
};

function invoke(body: Uint8Array, attempt = 1): Message<'invoke'> {
  return { type: 'invoke', id: 'f47ac10b-58cc-4372-a567-0e02b2c3d479', attempt, head, body };
}

function newReassembler(drops: string[] = []): Reassembler {
  return new Reassembler(new ManualClock(), (header, reason) => drops.push(`${header.type} ${reason}`));
}

/** Delivers texts in turn; returns all messages that came out. */
async function deliver(texts: readonly string[], reassembler = newReassembler()): Promise<AnyMessage[]> {
  const messages: AnyMessage[] = [];
  for (const text of texts) {
    const outcome = await receive(text, fromStub, reassembler);
    if (typeof outcome === 'string') throw new Error(outcome);
    if (outcome) messages.push(outcome);
  }
  return messages;
}

function expectSame(message: AnyMessage | undefined, sent: Message<'invoke'>): void {
  expect(message).toMatchObject({ type: sent.type, id: sent.id, attempt: sent.attempt, head: sent.head });
  // Buffer.equals, since a failing toEqual prints megabytes.
  expect(Buffer.from(message?.body ?? []).equals(sent.body)).toBe(true);
}

const payload = fc
  .record({
    size: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 400_000 })),
    compressible: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ size, compressible, seed }) => (compressible ? prose : noise)(size, seed));

describe('a message through the wire', () => {
  it('round-trips any payload in any order of chunks with any of them repeated', async () => {
    await fc.assert(
      fc.asyncProperty(
        payload,
        fc.integer(),
        fc.array(fc.nat(), { maxLength: 12 }),
        async (body, seed, repeats) => {
          const sent = invoke(body);
          const texts = await encodeMessage(sent, toClient, true);
          const again = repeats.map((repeat) => texts[repeat % texts.length] ?? '');
          const messages = await deliver(shuffled([...texts, ...again], seed));
          expect(messages).toHaveLength(1);
          expectSame(messages[0], sent);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each([
    ['noise', noise(sixMegabytes, 1)],
    ['JSON', prose(sixMegabytes, 2)],
  ])('round-trips 6 MB of %s backwards', async (_kind, body) => {
    const sent = invoke(body);
    const texts = await encodeMessage(sent, toClient, true);
    const messages = await deliver([...texts].reverse());
    expect(messages).toHaveLength(1);
    expectSame(messages[0], sent);
  });

  it('never makes a wire text over 127 KB, counted in encoded bytes', async () => {
    const longest = { ...invoke(noise(sixMegabytes, 3), 1000), id: '~'.repeat(128) };
    for (const towardsClient of [true, false]) {
      const sizes = (await encodeMessage(longest, toClient, towardsClient)).map((text) =>
        Buffer.byteLength(text),
      );
      expect(Math.max(...sizes)).toBeLessThanOrEqual(maxWireBytes);
      // And none is wasted: 6 MB of noise in base64 needs 65 full texts.
      expect(sizes.length).toBeLessThanOrEqual(66);
    }
  });

  it('keeps two sendings apart, whichever chunks of the first are lost and however they mix', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 200_000, max: 500_000 }),
        fc.integer(),
        fc.nat(),
        async (size, seed, lost) => {
          const first = await encodeMessage(invoke(noise(size, 1), 1), toClient, true);
          const second = invoke(noise(size, 2), 2);
          first.splice(lost % first.length, 1);
          const mixed = shuffled([...first, ...(await encodeMessage(second, toClient, true))], seed);
          const messages = await deliver(mixed);
          expect(messages).toHaveLength(1);
          expectSame(messages[0], second);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('compresses what gets smaller by it, and only that', async () => {
    const gzipOf = async (body: Buffer) => {
      const chunk = parseWire((await encodeMessage(invoke(body), toClient, true))[0] ?? '');
      return typeof chunk === 'string' ? chunk : chunk.header.gzip;
    };
    expect(await gzipOf(prose(5000, 1))).toBe(true);
    expect(await gzipOf(prose(10, 1))).toBe(undefined);
    expect(await gzipOf(noise(5000, 1))).toBe(undefined);
  });

  it('refuses to send what is over the limit, naming both sizes', async () => {
    const sending = encodeMessage(invoke(Buffer.alloc(maxMessageBytes)), toClient, true);
    await expect(sending).rejects.toMatchObject({
      code: 'LD_TOO_LARGE',
      message: expect.stringContaining('7340032'),
    });
  });
});

describe('a changed text', () => {
  async function isRefused(text: string): Promise<boolean> {
    const chunk = parseWire(text);
    if (typeof chunk === 'string') return true;
    const { enc = toClient.enc } = chunk.header;
    const channel =
      enc === toClient.enc
        ? fromStub
        : await channelFromSender(keys, enc, stage, stageSecret).catch(() => undefined);
    return channel?.open(chunk.headerText, chunk.sealed) === undefined;
  }

  function flip(text: string, bit: number): string {
    const bytes = Buffer.from(text);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes.toString('utf8');
  }

  it.each([0, 1, 2])('is refused for every single flipped bit (%i bytes more)', async (more) => {
    const ack = { type: 'ack', id: 'an-id', attempt: 1, head: {}, body: Buffer.alloc(more) } as const;
    const [text = ''] = await encodeMessage(ack, toClient, false);
    expect(await isRefused(text)).toBe(false);
    const accepted: number[] = [];
    for (let bit = 0; bit < text.length * 8; bit += 1)
      if (!(await isRefused(flip(text, bit)))) accepted.push(bit);
    expect(accepted).toEqual([]);
  });

  it('is refused wherever a bit flips in a full text with the sender’s key', async () => {
    const texts = await encodeMessage(invoke(noise(250_000, 4)), toClient, true);
    const anywhere = fc.record({
      text: fc.constantFrom(...texts),
      // The header is short: look there as often as in the rest.
      at: fc.oneof(fc.integer({ min: 0, max: 250 * 8 }), fc.nat()),
    });
    await fc.assert(
      fc.asyncProperty(anywhere, async ({ text, at }) => isRefused(flip(text, at % (text.length * 8)))),
      { numRuns: 300 },
    );
  });

  it('is refused when cut short, continued or given another’s header', async () => {
    const [text = ''] = await encodeMessage(invoke(noise(500, 5)), toClient, true);
    const [other = ''] = await encodeMessage(invoke(noise(500, 5), 2), toClient, true);
    const [header, sealed] = text.split('\n');
    const swapped = `${other.split('\n')[0]}\n${sealed}`;
    for (const changed of [
      text.slice(0, -4),
      `${text}AAAA`,
      `${text}=`,
      `${header}\n`,
      swapped,
      `${header} \n${sealed}`,
    ])
      expect(await isRefused(changed)).toBe(true);
  });
});

describe('who may open a text', () => {
  it('is nobody with another key, of another stage, or at the sending end', async () => {
    const [text = ''] = await encodeMessage(invoke(noise(100, 6)), toClient, true);
    const chunk = parseWire(text);
    if (typeof chunk === 'string') throw new Error(chunk);
    const strangers = [
      await channelFromSender(await generateClientKeys(), toClient.enc, stage, stageSecret),
      await channelFromSender(keys, toClient.enc, 'dev-bob', stageSecret),
      await channelToClient(keys.publicKey, stage, stageSecret),
      toClient,
    ];
    for (const stranger of strangers) expect(stranger.open(chunk.headerText, chunk.sealed)).toBe(undefined);
    expect(fromStub.open(chunk.headerText, chunk.sealed)).toBeInstanceOf(Buffer);
  });

  it('answers pass the other way only', async () => {
    const answer = {
      type: 'result',
      id: 'i',
      attempt: 1,
      head: { contentType: 'a/b', codeMs: 1 },
      body: noise(9, 1),
    } as const;
    const [text = ''] = await encodeMessage(answer, fromStub, false);
    expect(text).not.toContain('"enc"');
    expect(await receive(text, toClient, newReassembler())).toMatchObject(answer);
    expect(await receive(text, fromStub, newReassembler())).toBe('does not open');
  });

  it('refuses a public key that is no point on the curve', async () => {
    for (const key of ['', 'AAAA', Buffer.alloc(65, 4).toString('base64')])
      await expect(channelToClient(key, stage, stageSecret)).rejects.toThrow();
  });
});

describe('a header', () => {
  const header: MessageHeader = { v: 1, type: 'ack', id: 'i', attempt: 1, seq: 0, total: 1 };
  const refusalOf = (fields: object) => parseWire(`${JSON.stringify({ ...header, ...fields })}\nAAAA`);

  it('is taken when it fits', () => {
    expect(refusalOf({})).toMatchObject({ header });
  });

  it.each<[object, string]>([
    [{ type: 'shout' }, 'unfit fields: type'],
    [{ id: '' }, 'unfit fields: id'],
    [{ id: 'ü' }, 'unfit fields: id'],
    [{ id: 'x'.repeat(129) }, 'unfit fields: id'],
    [{ attempt: 0 }, 'unfit fields: attempt'],
    [{ attempt: 1.5 }, 'unfit fields: attempt'],
    [{ seq: -1 }, 'unfit fields: seq'],
    [{ seq: '0' }, 'unfit fields: seq'],
    [{ total: 97 }, 'unfit fields: total'],
    [{ seq: 1 }, 'a chunk number past the total'],
    [{ gzip: false }, 'unfit fields: gzip'],
    [{ enc: 7 }, 'unfit fields: enc'],
    [{ extra: 1 }, 'unfit fields: extra'],
    [{ v: '1' }, 'unfit fields: v'],
  ])('is refused with %j', (fields, reason) => {
    expect(refusalOf(fields)).toContain(reason);
  });

  it('of another version says which one, and what to do', () => {
    expect(refusalOf({ v: 2, more: true })).toBe(
      'protocol version 2 where this end speaks 1; bring livectl and the module to one version',
    );
  });

  it.each<[string, string]>([
    ['', 'no header line'],
    ['pong', 'no header line'],
    [`{"pad":"${'x'.repeat(2000)}"}\nAAAA`, 'no header line'],
    ['{\nAAAA', 'a header that is not JSON'],
    ['null\nAAAA', 'a header with unfit fields'],
    [`{}\n${'A'.repeat(maxWireBytes)}`, 'longer than any message of ours'],
  ])('is missed in %.20j', (text, reason) => {
    expect(parseWire(text)).toContain(reason);
  });
});

describe('a whole message', () => {
  const header = (type: MessageHeader['type'], gzip?: true): MessageHeader => {
    return { v: 1, type, id: 'i', attempt: 1, seq: 0, total: 1, ...(gzip ? { gzip } : {}) };
  };

  it('that would unpack to more than any message is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(maxMessageBytes + 1));
    expect(bomb.length).toBeLessThan(10_000);
    await expect(decodeMessage(header('result', true), bomb)).rejects.toThrow(/larger than/i);
  });

  it('that only says it is gzip is refused', async () => {
    await expect(decodeMessage(header('ack', true), Buffer.from('{}\n'))).rejects.toThrow();
  });

  it.each<[MessageHeader['type'], string, RegExp]>([
    ['ack', '{}', /^ack without a head$/],
    ['ack', 'secret\n', /^ack with a head that is not JSON$/],
    ['ack', '"secret"\n', /^ack with unfit fields: no object$/],
    ['result', '{"contentType":7,"codeMs":"secret"}\n', /^result with unfit fields: contentType, codeMs$/],
    ['cancel', '{"reason":"secret"}\n', /^cancel with unfit fields: reason$/],
    [
      'invoke',
      '{"function":"f","environment":{"A":1}}\n',
      /^invoke with unfit fields: requestId, .*environment/,
    ],
  ])('of type %s with head %j is refused without quoting it', async (type, bytes, reason) => {
    const decoding = decodeMessage(header(type), Buffer.from(bytes));
    await expect(decoding).rejects.toThrow(reason);
    await expect(decoding).rejects.not.toThrow(/secret/);
  });
});
