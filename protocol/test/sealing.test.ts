// The key agreement with and without a stage's secret: only peers with the same one understand each other.
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Channel,
  type ClientKeys,
  channelFromSender,
  channelToClient,
  generateClientKeys,
} from '../sealing.ts';
import { parseStageSecret, type StageSecret, secretIdPattern } from '../stage-secret.ts';
import { encodeMessage, parseWire } from '../wire.ts';
import { secretOf, secretText, stageSecret } from './stage-secrets.ts';

const stage = 'dev-ada';
const other = secretOf('another stage');
let keys: ClientKeys;

beforeAll(async () => {
  keys = await generateClientKeys();
});

/** Whether two ends understand each other, both ways. */
function understand(one: Channel, another: Channel, header: string, body: Uint8Array): boolean {
  const there = another.open(header, one.seal(header, body));
  const back = one.open(header, another.seal(header, body));
  return [there, back].every((opened) => opened !== undefined && Buffer.from(body).equals(opened));
}

/** No secret, the right one and wrong ones. */
const secrets: readonly (StageSecret | undefined)[] = [undefined, stageSecret, other];
const anySecret = fc.constantFrom(...secrets);

describe('a channel', () => {
  it('opens only if both ends have the same secret or none', async () => {
    await fc.assert(
      fc.asyncProperty(
        anySecret,
        anySecret,
        fc.string(),
        fc.uint8Array(),
        async (theirs, ours, header, body) => {
          const sender = await channelToClient(keys.publicKey, stage, theirs);
          const client = await channelFromSender(keys, sender.enc, stage, ours);
          expect([sender.secretId, client.secretId]).toEqual([theirs?.id, ours?.id]);
          expect(understand(sender, client, header, body)).toBe(theirs === ours);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('does not open with the id alone: the id is public, the key decides', async () => {
    const forged = { id: stageSecret.id, key: other.key };
    const sender = await channelToClient(keys.publicKey, stage, forged);
    const client = await channelFromSender(keys, sender.enc, stage, stageSecret);
    expect(understand(sender, client, 'h', Buffer.from('b'))).toBe(false);
  });

  it('reveals nothing to a recorder of the sender’s announcement', async () => {
    const sender = await channelToClient(keys.publicKey, stage, stageSecret);
    const client = await channelFromSender(keys, sender.enc, stage, stageSecret);
    for (const guess of [undefined, other, { id: stageSecret.id, key: Buffer.alloc(32) }]) {
      const forger = await channelToClient(keys.publicKey, stage, guess);
      const header = JSON.stringify({ enc: sender.enc, psk: stageSecret.id });
      expect(client.open(header, forger.seal(header, Buffer.from('run this')))).toBeUndefined();
    }
  });

  it('differs between stages with the same secret', async () => {
    const sender = await channelToClient(keys.publicKey, 'dev-bob', stageSecret);
    const client = await channelFromSender(keys, sender.enc, stage, stageSecret);
    expect(understand(sender, client, 'h', Buffer.from('b'))).toBe(false);
  });

  it('announces towards a client which secret it uses', async () => {
    const message = { type: 'ack', id: 'i', attempt: 1, head: {}, body: new Uint8Array(0) } as const;
    const pskOf = async (secret: StageSecret | undefined, towardsClient: boolean) => {
      const channel = await channelToClient(keys.publicKey, stage, secret);
      const chunk = parseWire((await encodeMessage(message, channel, towardsClient))[0] ?? '');
      return typeof chunk === 'string' ? chunk : chunk.header.psk;
    };
    expect(await pskOf(stageSecret, true)).toBe(stageSecret.id);
    expect(await pskOf(stageSecret, false)).toBeUndefined();
    expect(await pskOf(undefined, true)).toBeUndefined();
  });
});

describe('a secret', () => {
  it('is 32 bytes in base64, and its id reveals nothing of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const secret = parseStageSecret(Buffer.from(bytes).toString('base64'));
        expect(Buffer.from(secret?.key ?? []).equals(bytes)).toBe(true);
        expect(secret?.id).toMatch(secretIdPattern);
        expect(Buffer.from(bytes).toString('base64url')).not.toContain(secret?.id);
      }),
    );
    expect(other.id).not.toBe(stageSecret.id);
  });

  it('is rejected in any other form', () => {
    const text = secretText('any');
    for (const wrong of [
      '',
      'x',
      text.slice(0, -1),
      `${text}=`,
      ` ${text}`,
      `${text}\n`,
      text.replace(/.=$/, 'B='),
    ]) {
      expect(parseStageSecret(wrong)).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        fc.pre(bytes.length !== 32);
        expect(parseStageSecret(Buffer.from(bytes).toString('base64'))).toBeUndefined();
      }),
    );
  });
});
