// The tunnel's link over a relay that loses nothing: streams open, carry bytes both ways, and end.
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { type Channel, channelFromSender, channelToClient, generateClientKeys } from '../../sealing.ts';
import { TunnelEnvelope } from '../../tunnel/envelope.ts';
import { TunnelLink } from '../../tunnel/link.ts';
import type { TunnelStream } from '../../tunnel/stream.ts';
import { noise } from '../payloads.ts';
import { stageSecret } from '../stage-secrets.ts';

const id = 'A'.repeat(22);
let channels: readonly [toClient: Channel, fromFunction: Channel];

beforeAll(async () => {
  const keys = await generateClientKeys();
  const toClient = await channelToClient(keys.publicKey, 'dev-ada', stageSecret);
  channels = [toClient, await channelFromSender(keys, toClient.enc, 'dev-ada', stageSecret)];
});

/** Two links whose batches arrive at once, sealed. */
function pair(onOpen: (stream: TunnelStream) => void) {
  const [toClient, fromFunction] = channels;
  const atFunction = new TunnelEnvelope({ id, channel: toClient, towardsClient: true, isSeptets: true });
  const atClient = new TunnelEnvelope({ id, channel: fromFunction, towardsClient: false, isSeptets: true });
  const batchBytes = atClient.maxBatchBytes;
  const carry =
    (from: TunnelEnvelope, to: TunnelEnvelope, link: () => TunnelLink) => async (batch: Buffer) => {
      const text = from.seal(batch);
      await new Promise((resolve) => setImmediate(resolve));
      const opened = to.open(text.toString());
      if (opened) link().receive(opened);
      return { kind: 'delivered' } as const;
    };
  const client: TunnelLink = new TunnelLink({
    side: 'client',
    clock: systemClock,
    batchBytes,
    post: carry(atClient, atFunction, () => server),
  });
  const server: TunnelLink = new TunnelLink({
    side: 'function',
    clock: systemClock,
    batchBytes,
    post: carry(atFunction, atClient, () => client),
    hello: { connectionId: 'c2', remainingMs: 900_000, version: '0.1.0' },
    onOpen,
  });
  return { client, server };
}

function echo(stream: TunnelStream): void {
  // A link that is closed resets what is not acknowledged.
  stream.on('error', () => undefined);
  stream.accept('10.0.0.1:5432');
  stream.pipe(stream);
}

describe('a link over a perfect relay', () => {
  it('opens a stream, carries bytes both ways and both half-closes', async () => {
    const { client, server } = pair(echo);
    const stream = client.open('db.internal', 5432);
    expect(await stream.opened).toEqual({ address: '10.0.0.1:5432' });
    const sent = noise(3_000_000, 1);
    stream.end(sent);
    const back = await buffer(stream);
    expect(back.equals(sent)).toBe(true);
    if (!stream.destroyed) await once(stream, 'close');
    expect(client.stats.streams).toBe(0);
    client.close('done');
    server.close('done');
  });

  it('reports a refusal with its code and text', async () => {
    const { client, server } = pair((stream) => stream.refuse('not-allowed', 'add it to `allow`'));
    await expect(client.open('db.internal', 5432).opened).rejects.toMatchObject({
      code: 'not-allowed',
      errno: 'EACCES',
      message: 'add it to `allow`',
    });
    client.close('done');
    server.close('done');
  });

  it('resets the other end when a stream is destroyed', async () => {
    const { client, server } = pair((stream) => {
      stream.accept('10.0.0.1:5432');
      stream.on('error', () => undefined);
      stream.write('half an answer');
      stream.once('data', () => stream.destroy(new Error('its socket failed')));
    });
    const stream = client.open('db.internal', 5432);
    stream.write('a query');
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET', reason: 'failed' });
    client.close('done');
    server.close('done');
  });
});
