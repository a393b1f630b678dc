// Messages that are unpacked: few at a time, senders in turn, and what waits has a bound.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type MessageHeader, maxHeadBytes, maxMessageBytes } from '../message.ts';
import { Unpacker } from '../unpacker.ts';

const header: MessageHeader = { v: 1, type: 'cancel', id: 'i', attempt: 1, seq: 0, total: 1, gzip: true };
const head = '{"reason":"deadline"}\n';

/** A message of some kilobytes that unpacks to as much as is allowed. */
const bomb = gzipSync(Buffer.concat([Buffer.from(head), Buffer.alloc(maxMessageBytes - head.length)]));
const small = gzipSync(head);

describe('an unpacker', () => {
  it('takes senders in turn, so that one that floods holds up no other', async () => {
    const unpacker = new Unpacker({ atOnce: 1, maxWaitingBytes: 1024 * 1024 });
    const order: string[] = [];
    const take = async (sender: string, bytes: Uint8Array) => {
      await unpacker.unpack(sender, header, bytes);
      order.push(sender);
    };
    const all = Array.from({ length: 6 }, () => take('flood', bomb));
    all.push(take('other', small), take('third', small));
    await Promise.all(all);
    expect(order.slice(0, 5)).toEqual(['flood', 'flood', 'other', 'third', 'flood']);
    expect(unpacker.waitingBytes).toBe(0);
  });

  it('drops the newest of anyone who has most waiting, and counts small ones too', async () => {
    const unpacker = new Unpacker({ atOnce: 1, maxWaitingBytes: 64 * 1024 });
    const flood = Array.from({ length: 1000 }, () => unpacker.unpack('flood', header, small));
    const other = unpacker.unpack('other', header, small);
    expect(unpacker.waitingBytes).toBeLessThanOrEqual(64 * 1024);
    const outcomes = await Promise.allSettled(flood);
    const taken = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(taken).toBeGreaterThan(50);
    expect(taken).toBeLessThan(70);
    // The oldest are those that were taken.
    expect(outcomes.slice(0, taken).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(outcomes[999]).toMatchObject({ reason: new Error('cancel: more than can be unpacked in time') });
    await expect(other).resolves.toMatchObject({ type: 'cancel' });
  });

  it('holds no more than what is under way and what waits', async () => {
    let most = 0;
    const unpacker = new Unpacker({ atOnce: 2, maxWaitingBytes: 16 * 1024 * 1024 });
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        await unpacker.unpack('flood', header, bomb);
        most = Math.max(most, process.memoryUsage().arrayBuffers);
      }),
    );
    // All at once would be 280 MiB, and as much again while zlib joins its pieces.
    expect(most).toBeLessThan(200 * 1024 * 1024);
  });

  it('takes what is not compressed at once', async () => {
    const unpacker = new Unpacker({ atOnce: 0, maxWaitingBytes: 0 });
    const { gzip, ...plain } = header;
    await expect(unpacker.unpack('a', plain, Buffer.from(head))).resolves.toMatchObject({ type: 'cancel' });
  });

  it('refuses a head that is larger than any', async () => {
    const unpacker = new Unpacker();
    const large = JSON.stringify({ reason: 'deadline', more: 'x'.repeat(maxHeadBytes) });
    await expect(unpacker.unpack('a', header, gzipSync(`${large}\n`))).rejects.toThrow(
      'cancel with too large a head',
    );
  });
});
