// Channels by sender: how long a secret is valid, and what cannot displace a sender.
import { beforeAll, expect, test } from 'vitest';
import {
  type Channel,
  type ClientKeys,
  channelToClient,
  generateClientKeys,
} from '../../../protocol/sealing.ts';
import type { StageSecret } from '../../../protocol/stage-secret.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { secretOf, stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { encodeMessage, parseWire, type SealedChunk } from '../../../protocol/wire.ts';
import { Senders } from '../../src/relay/senders.ts';
import { previousForMs, StageSecrets } from '../../src/relay/stage-secrets.ts';

const stage = 'dev-ada';
let keys: ClientKeys;

beforeAll(async () => {
  keys = await generateClientKeys();
});

async function chunkOf(channel: Channel): Promise<SealedChunk> {
  const message = { type: 'ack', id: 'i', attempt: 1, head: {}, body: new Uint8Array(0) } as const;
  const chunk = parseWire((await encodeMessage(message, channel, true))[0] ?? '');
  if (typeof chunk === 'string') throw new Error(chunk);
  return chunk;
}

function sendersOf(read: () => StageSecret) {
  const clock = new ManualClock();
  const secrets = new StageSecrets({ initial: stageSecret, read: async () => read(), clock });
  return { clock, senders: new Senders({ keys, stage, secrets, clock }) };
}

test('a channel ends with its secret, however often it was used', async () => {
  let current = stageSecret;
  const { clock, senders } = sendersOf(() => current);
  const before = await channelToClient(keys.publicKey, stage, stageSecret);
  expect(await senders.open(await chunkOf(before))).toMatchObject({ isUnproven: false });
  current = secretOf('the next');
  const after = await channelToClient(keys.publicKey, stage, current);
  expect(await senders.open(await chunkOf(after))).toMatchObject({ isUnproven: false });
  clock.advance(previousForMs - 1);
  expect(await senders.open(await chunkOf(before))).toMatchObject({ isUnproven: false });
  clock.advance(1);
  expect(await senders.open(await chunkOf(before))).toMatch(
    /^ack sealed with a secret that this stage does not have/,
  );
  expect(await senders.open(await chunkOf(after))).toMatchObject({ isUnproven: false });
});

test('a thousand senders of whom nothing opens do not displace one of whom something did', async () => {
  const { senders } = sendersOf(() => stageSecret);
  const honest = await channelToClient(keys.publicKey, stage, stageSecret);
  const first = await senders.open(await chunkOf(honest));
  const chunk = await chunkOf(honest);
  const { enc } = await channelToClient(keys.publicKey, stage, secretOf('a guess'));
  for (let count = 0; count < 1000; count += 1) {
    // Few of them are points on the curve, which is found out soon.
    const forged = `${enc.slice(0, -6)}${String(count).padStart(4, '0')}${enc.slice(-2)}`;
    expect(await senders.open({ ...chunk, header: { ...chunk.header, enc: forged } })).toMatch(
      'does not open',
    );
  }
  const again = await senders.open(await chunkOf(honest));
  expect(typeof first === 'object' && typeof again === 'object' && first.channel === again.channel).toBe(
    true,
  );
});
