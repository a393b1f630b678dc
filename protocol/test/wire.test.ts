import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

beforeEach(() => {
  toClient.understands = [];
  fromStub.understands = [];
});

/** What an end may have said that it takes; nothing is of version 0.1.0. */
const said: readonly (readonly string[])[] = [
  [],
  ['br'],
  ['bits7'],
  ['br', 'bits7', 'a word of later versions'],
];

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
        fc.constantFrom(...said),
        async (body, seed, repeats, understands) => {
          const sent = invoke(body);
          toClient.understands = understands;
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

  it.each(
    said.flatMap((understands) => [
      ['noise', noise(sixMegabytes, 1), understands] as const,
      ['JSON', prose(sixMegabytes, 2), understands] as const,
    ]),
  )('round-trips 6 MB of %s backwards', async (_kind, body, understands) => {
    const sent = invoke(body);
    toClient.understands = understands;
    const texts = await encodeMessage(sent, toClient, true);
    const messages = await deliver([...texts].reverse());
    expect(messages).toHaveLength(1);
    expectSame(messages[0], sent);
  });

  it('never makes a wire text over 127 KB, counted in encoded bytes', async () => {
    const longest = { ...invoke(noise(sixMegabytes, 3), 1000), id: '~'.repeat(128) };
    // And none is wasted: 6 MB of noise need 65 full texts in base64, 56 with seven bits to a character.
    for (const [understands, most] of [
      [[], 66],
      [['bits7'], 56],
    ] as const) {
      toClient.understands = understands;
      for (const towardsClient of [true, false]) {
        const sizes = (await encodeMessage(longest, toClient, towardsClient)).map((text) =>
          Buffer.byteLength(text),
        );
        expect(Math.max(...sizes)).toBeLessThanOrEqual(maxWireBytes);
        expect(sizes.length).toBeLessThanOrEqual(most);
      }
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

  it('compresses what gets smaller by it, and only that, as the other end takes it', async () => {
    const formOf = async (body: Buffer, understands: readonly string[]) => {
      toClient.understands = understands;
      const chunk = parseWire((await encodeMessage(invoke(body), toClient, true))[0] ?? '');
      if (typeof chunk === 'string') return chunk;
      const { bits, br, gzip } = chunk.header;
      return { bits, br, gzip };
    };
    for (const [understands, form] of [
      [[], { gzip: true }],
      [['asks', 'moved'], { gzip: true }],
      [['br'], { br: true }],
      [['bits7'], { gzip: true, bits: 7 }],
      [['br', 'bits7'], { br: true, bits: 7 }],
    ] as const) {
      const bits = 'bits' in form ? { bits: 7 } : {};
      const least = 'br' in form ? 1000 : 4000;
      expect(await formOf(prose(least, 1), understands)).toEqual(form);
      expect(await formOf(prose(10, 1), understands)).toEqual(bits);
      expect(await formOf(noise(5000, 1), understands)).toEqual(bits);
    }
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

  it.each([
    [0, 'base64'],
    [1, 'base64'],
    [2, 'base64'],
    [0, 'bits7'],
    [25, 'bits7'],
    [26, 'bits7'],
  ])('is refused for every single flipped bit (%i bytes more, %s)', async (more, form) => {
    toClient.understands = [form];
    const ack = { type: 'ack', id: 'an-id', attempt: 1, head: {}, body: Buffer.alloc(more) } as const;
    const [text = ''] = await encodeMessage(ack, toClient, false);
    expect(await isRefused(text)).toBe(false);
    const accepted: number[] = [];
    for (let bit = 0; bit < text.length * 8; bit += 1)
      if (!(await isRefused(flip(text, bit)))) accepted.push(bit);
    expect(accepted).toEqual([]);
  });

  it.each(['base64', 'bits7'])('is refused wherever a bit flips in a full text of %s', async (form) => {
    toClient.understands = [form];
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

  it.each(['base64', 'bits7'])(
    'is refused when cut short, continued or given another’s header: %s',
    async (form) => {
      toClient.understands = [form];
      const [text = ''] = await encodeMessage(invoke(noise(500, 5)), toClient, true);
      const [other = ''] = await encodeMessage(invoke(noise(500, 5), 2), toClient, true);
      const end = text.indexOf('\n');
      const [header, sealed] = [text.slice(0, end), text.slice(end + 1)];
      const swapped = `${other.slice(0, other.indexOf('\n'))}\n${sealed}`;
      for (const changed of [
        text.slice(0, -4),
        `${text}AAAA`,
        `${text}=`,
        `${header}\n`,
        swapped,
        `${header} \n${sealed}`,
      ])
        expect(await isRefused(changed)).toBe(true);
    },
  );
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

  it('refuses a public key that is not a point on the curve', async () => {
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
    [{ type: 'shout' }, 'invalid fields: type'],
    [{ id: '' }, 'invalid fields: id'],
    [{ id: 'ü' }, 'invalid fields: id'],
    [{ id: 'x'.repeat(129) }, 'invalid fields: id'],
    [{ attempt: 0 }, 'invalid fields: attempt'],
    [{ attempt: 1.5 }, 'invalid fields: attempt'],
    [{ seq: -1 }, 'invalid fields: seq'],
    [{ seq: '0' }, 'invalid fields: seq'],
    [{ total: 97 }, 'invalid fields: total'],
    [{ seq: 1 }, 'a chunk number past the total'],
    [{ gzip: false }, 'invalid fields: gzip'],
    [{ br: 1 }, 'invalid fields: br'],
    [{ bits: 8 }, 'invalid fields: bits'],
    [{ bits: '7' }, 'invalid fields: bits'],
    [{ enc: 7 }, 'invalid fields: enc'],
    [{ extra: 1 }, 'invalid fields: extra'],
    [{ v: '1' }, 'invalid fields: v'],
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
    ['null\nAAAA', 'a header with invalid fields'],
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

  it('of brotli that would unpack to more than any message, or takes a large window, is refused', async () => {
    const compressed = { ...header('result'), br: true as const };
    const bomb = brotliCompressSync(Buffer.alloc(maxMessageBytes + 1));
    expect(bomb.length).toBeLessThan(1000);
    const largestOf = (bits: number) =>
      brotliCompressSync(Buffer.from(`{"contentType":"a","codeMs":1}\n${'x'.repeat(2_000_000)}`), {
        params: { [constants.BROTLI_PARAM_LGWIN]: bits },
      });
    for (const bits of [10, 16, 17, 18]) {
      const message = await decodeMessage(compressed, largestOf(bits));
      expect(message.body.length).toBe(2_000_000);
    }
    for (const bits of [19, 20, 22, 24])
      await expect(decodeMessage(compressed, largestOf(bits))).rejects.toThrow('result with a large window');
    // A small one that unpacks to more than is unpacked at once.
    const some = brotliCompressSync(Buffer.from(`{"contentType":"a","codeMs":1}\n${'x'.repeat(200_000)}`), {
      params: { [constants.BROTLI_PARAM_LGWIN]: 18 },
    });
    expect(some.length).toBeLessThan(1000);
    expect((await decodeMessage(compressed, some)).body.length).toBe(200_000);
    const narrow = brotliCompressSync(Buffer.alloc(maxMessageBytes + 1), {
      params: { [constants.BROTLI_PARAM_LGWIN]: 18 },
    });
    await expect(decodeMessage(compressed, narrow)).rejects.toThrow(/larger than/i);
  });

  it('that only says it is compressed is refused', async () => {
    for (const form of [{ gzip: true }, { br: true }] as const)
      for (const bytes of [Buffer.from('{}\n'), Buffer.alloc(0), noise(5000, 1)])
        await expect(decodeMessage({ ...header('ack'), ...form }, bytes)).rejects.toThrow();
  });

  it.each<[MessageHeader['type'], string, RegExp]>([
    ['ack', '{}', /^ack without a head$/],
    ['ack', 'secret\n', /^ack with a head that is not JSON$/],
    ['ack', '"secret"\n', /^ack with invalid fields: no object$/],
    ['result', '{"contentType":7,"codeMs":"secret"}\n', /^result with invalid fields: contentType, codeMs$/],
    ['cancel', '{"reason":"secret"}\n', /^cancel with invalid fields: reason$/],
    [
      'invoke',
      '{"function":"f","environment":{"A":1}}\n',
      /^invoke with invalid fields: requestId, .*environment/,
    ],
  ])('of type %s with head %j is refused without quoting it', async (type, bytes, reason) => {
    const decoding = decodeMessage(header(type), Buffer.from(bytes));
    await expect(decoding).rejects.toThrow(reason);
    await expect(decoding).rejects.not.toThrow(/secret/);
  });
});

describe('cut for a thin line', () => {
  const kilobytes = (whole: number, lead: number, piece: number) => ({
    whole: whole * 1024,
    lead: lead * 1024,
    piece: piece * 1024,
  });

  it.each([
    ['evenly', 700_000, kilobytes(32, 32, 32), [32, 32]],
    ['as much as makes 96', 4_600_000, kilobytes(32, 32, 32), [63, 64]],
    ['small ones first', 700_000, kilobytes(127, 32, 127), [32, 64]],
    ['small ones first, of the largest message', maxMessageBytes - 4096, kilobytes(127, 32, 127), [32, 127]],
    ['not at all where it fits', 90_000, kilobytes(127, 32, 127), [118, 119]],
  ])('a message goes %s, in texts within bounds', async (_how, bytes, cut, [first, largest]) => {
    const message = invoke(noise(bytes, 3));
    const texts = await encodeMessage(message, toClient, true, cut);
    expect(texts.length).toBeLessThanOrEqual(96);
    const sizes = texts.map((text) => text.length);
    const most = Math.max(...sizes);
    expect(most).toBeLessThanOrEqual((largest ?? 0) * 1024);
    expect(most).toBeGreaterThan((largest ?? 0) * 1024 - 2048);
    expect(sizes[0]).toBeLessThanOrEqual((first ?? 0) * 1024);
    const [received] = await deliver(shuffled(texts, 1));
    expectSame(received, message);
  });

  it('the same makes the same chunks, so that two sealings of one sending complete each other', async () => {
    const message = invoke(noise(500_000, 4));
    const cut = kilobytes(32, 32, 32);
    const [one, two] = await Promise.all([1, 2].map(() => encodeMessage(message, toClient, true, cut)));
    const [received] = await deliver([...(one ?? []).slice(0, 5), ...(two ?? []).slice(5)]);
    expectSame(received, message);
  });
});
