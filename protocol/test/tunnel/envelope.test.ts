// The texts of the tunnel and their posts: what opens, what does not, and where it is posted to.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { maxWireBytes } from '../../message.ts';
import type { PostOutcome } from '../../relay-post.ts';
import {
  type Channel,
  type ClientKeys,
  channelFromSender,
  channelToClient,
  generateClientKeys,
} from '../../sealing.ts';
import { envelopeOfFirstText, TunnelEnvelope } from '../../tunnel/envelope.ts';
import { TunnelPoster } from '../../tunnel/poster.ts';
import { ManualClock } from '../manual-clock.ts';
import { noise } from '../payloads.ts';
import { secretOf, stageSecret } from '../stage-secrets.ts';

const stage = 'dev-ada';
const id = 'AbCdEfGhIjKlMnOpQrStU_';
let keys: ClientKeys;
let toClient: Channel;
let fromFunction: Channel;
let atFunction: TunnelEnvelope;
let atClient: TunnelEnvelope;

beforeAll(async () => {
  keys = await generateClientKeys();
  toClient = await channelToClient(keys.publicKey, stage, stageSecret);
  fromFunction = await channelFromSender(keys, toClient.enc, stage, stageSecret);
});

beforeEach(() => {
  atFunction = new TunnelEnvelope({ id, channel: toClient, towardsClient: true, isSeptets: true });
  atClient = new TunnelEnvelope({ id, channel: fromFunction, towardsClient: false, isSeptets: false });
});

/** As it arrives. */
const textOf = (envelope: TunnelEnvelope, batch: Buffer) => envelope.seal(batch).toString();

describe('a text of the tunnel', () => {
  it('opens at the other end, with seven bits to a character or base64, up to the largest batch', () => {
    for (const [from, to] of [
      [atFunction, atClient],
      [atClient, atFunction],
    ] as const) {
      for (const size of [1, 6, 1000, from.maxBatchBytes]) {
        const batch = noise(size, size);
        const text = textOf(from, batch);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxWireBytes);
        expect(to.open(text)?.equals(batch)).toBe(true);
      }
      expect([from.dropped, to.dropped]).toEqual([0, 0]);
    }
    // A text is used to the last kilobyte.
    expect(textOf(atFunction, Buffer.alloc(atFunction.maxBatchBytes)).length).toBeGreaterThan(
      maxWireBytes - 1024,
    );
    expect(atFunction.maxBatchBytes).toBeGreaterThan(112_000);
    expect(atClient.maxBatchBytes).toBeGreaterThan(96_000);
  });

  it('shows what docs/protocol.md says, and nothing of the batch', () => {
    const [header = ''] = textOf(atFunction, Buffer.from('SELECT')).split('\n');
    expect(JSON.parse(header)).toEqual({
      v: 1,
      type: 'tunnel',
      id,
      seq: 1,
      bits: 7,
      enc: toClient.enc,
      psk: stageSecret.id,
    });
    const [answer = ''] = textOf(atClient, Buffer.from('SELECT')).split('\n');
    expect(JSON.parse(answer)).toEqual({ v: 1, type: 'tunnel', id, seq: 1 });
  });

  it('opens once', () => {
    const texts = Array.from({ length: 100 }, (_, index) => textOf(atFunction, noise(50, index)));
    for (const text of [...texts].reverse()) expect(atClient.open(text)).toBeDefined();
    for (const text of texts) expect(atClient.open(text)).toBeUndefined();
    expect(atClient.dropped).toBe(100);
  });

  it('does not open with any character of it changed', () => {
    const text = textOf(atFunction, noise(60, 1));
    for (let at = 0; at < text.length; at += 1) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      expect(atClient.open(changed)).toBeUndefined();
    }
    expect(atClient.open(text)).toBeDefined();
  });

  it('does not open at the end that sealed it, for another instance, or as anything else', () => {
    const text = textOf(atFunction, noise(60, 1));
    expect(atFunction.open(text)).toBeUndefined();
    const other = new TunnelEnvelope({
      id: 'B'.repeat(22),
      channel: fromFunction,
      towardsClient: false,
      isSeptets: true,
    });
    expect(other.open(text)).toBeUndefined();
    for (const bad of [
      '',
      '\n',
      '{}\n',
      'x'.repeat(200_000),
      `${'{'.repeat(300)}\n`,
      '{"v":1}',
      '{"v":2}\nAAAA',
    ])
      expect(atClient.open(bad)).toBeUndefined();
  });

  it('is the first one of a function if it opens with the secret of the stage', async () => {
    const options = { id, stage, keys, secret: stageSecret, isSeptets: true };
    const text = textOf(atFunction, Buffer.from('hello'));
    const envelope = await envelopeOfFirstText(text, options);
    expect(envelope?.open(text)?.toString()).toBe('hello');
    expect(envelope?.open(text)).toBeUndefined();
    expect(atFunction.open(textOf(envelope as TunnelEnvelope, Buffer.from('answer')))?.toString()).toBe(
      'answer',
    );
    for (const wrong of [
      { ...options, stage: 'dev-bob' },
      { ...options, id: 'B'.repeat(22) },
      { ...options, secret: secretOf('another stage') },
      { ...options, keys: await generateClientKeys() },
    ])
      expect(await envelopeOfFirstText(text, wrong)).toBeUndefined();
    const unproven = await channelToClient(keys.publicKey, stage, undefined);
    const forged = new TunnelEnvelope({ id, channel: unproven, towardsClient: true, isSeptets: true });
    const forgedText = textOf(forged, Buffer.from('hello'));
    expect(await envelopeOfFirstText(forgedText, options)).toBeUndefined();
    const named = forgedText.replace('"enc"', `"psk":"${stageSecret.id}","enc"`);
    expect(await envelopeOfFirstText(named, options)).toBeUndefined();
    const noPoint = text.replace(toClient.enc, Buffer.alloc(65, 4).toString('base64'));
    expect(await envelopeOfFirstText(noPoint, options)).toBeUndefined();
  });
});

describe('posts of the tunnel', () => {
  const gone: PostOutcome = { kind: 'gone' };
  const delivered: PostOutcome = { kind: 'delivered' };

  function posterOf(outcomes: Record<string, PostOutcome>, onGone?: () => Promise<string | undefined>) {
    const posts: [connectionId: string, bytes: number, forMs: number][] = [];
    const clock = new ManualClock();
    const poster = new TunnelPoster({
      clock,
      envelope: atFunction,
      poster: {
        post: async (connectionId, texts, untilMs) => {
          posts.push([connectionId, texts[0]?.length ?? 0, untilMs - clock.now()]);
          return outcomes[connectionId] ?? gone;
        },
      },
      connectionId: 'first',
      ...(onGone ? { onGone } : {}),
    });
    return { poster, posts };
  }

  it('go to the other end’s connection, for 10 s at most, and are counted as API Gateway counts them', async () => {
    const { poster, posts } = posterOf({ first: delivered, second: delivered });
    expect(await poster.post(noise(10, 1))).toEqual(delivered);
    poster.connectionId = 'second';
    expect(await poster.post(noise(100_000, 1))).toEqual(delivered);
    expect(posts).toEqual([
      ['first', expect.any(Number), 10_000],
      ['second', expect.any(Number), 10_000],
    ]);
    expect(poster.stats).toEqual({
      texts: 2,
      bytes: posts.reduce((sum, [, bytes]) => sum + bytes, 0),
      metered: 1 + 4,
    });
  });

  it('look the other end up once when its connection is gone', async () => {
    let lookUps = 0;
    const { poster, posts } = posterOf({ second: delivered }, async () => {
      lookUps += 1;
      return 'second';
    });
    expect(await Promise.all([poster.post(noise(10, 1)), poster.post(noise(10, 2))])).toEqual([gone, gone]);
    expect(await poster.post(noise(10, 3))).toEqual(delivered);
    expect(lookUps).toBe(1);
    expect(posts.map(([to]) => to)).toEqual(['first', 'first', 'second']);
  });

  it('do not replace a connection that was learned in the meantime', async () => {
    const { poster } = posterOf({}, async () => {
      poster.connectionId = 'third';
      return 'second';
    });
    await poster.post(noise(10, 1));
    expect(poster.connectionId).toBe('third');
  });

  it('are gone while nobody is known, and when nobody is found', async () => {
    const { poster, posts } = posterOf({}, () => Promise.reject(new Error('no table')));
    expect(await poster.post(noise(10, 1))).toEqual(gone);
    poster.connectionId = undefined;
    expect(await poster.post(noise(10, 1))).toEqual(gone);
    expect(posts).toHaveLength(1);
  });
});
