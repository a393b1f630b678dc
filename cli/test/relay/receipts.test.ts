// What stubs are told about an invocation that takes long to arrive.
import { beforeEach, expect, test } from 'vitest';
import type { MessageHeader } from '../../../protocol/message.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { Receipts, receiptAfterMs } from '../../src/relay/receipts.ts';

const channel = { enc: 'e' } as Channel;
const nothing = Buffer.alloc(0);

let clock: ManualClock;
let told: string[];
let receipts: Receipts;

beforeEach(() => {
  clock = new ManualClock();
  told = [];
  const tell = (id: string, count: number, replyTo: string) => told.push(`${id} ${count} to ${replyTo}`);
  receipts = new Receipts({ clock, tell });
});

function header(seq: number, more: Partial<MessageHeader> = {}): MessageHeader {
  return { v: 1, type: 'invoke', id: 'c', attempt: 1, seq, total: 9, ...more };
}

function first(understands?: string[]): Buffer {
  const head = { requestId: 'r', function: 'f', instance: 'i', replyTo: 'stub=', sentAt: 1, deadline: 2 };
  return Buffer.from(`${JSON.stringify({ ...head, arn: 'a', environment: {}, understands })}\n{"event":`);
}

test('while chunks arrive, at most twice a second', async () => {
  await receipts.chunk(header(0), first(['asks', 'receiving']), channel);
  await receipts.chunk(header(1), nothing, channel);
  clock.advance(receiptAfterMs - 1);
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual(['c 1 to stub=']);
  clock.advance(60_000);
  await receipts.chunk(header(2), nothing, channel);
  await receipts.chunk(header(3), nothing, channel);
  clock.advance(60_000);
  expect(told).toEqual(['c 1 to stub=', 'c 2 to stub=']);
});

test('even if the first chunk does not arrive first', async () => {
  await receipts.chunk(header(3), nothing, channel);
  clock.advance(receiptAfterMs);
  await receipts.chunk(header(0), first(['receiving']), channel);
  clock.advance(receiptAfterMs);
  expect(told).toEqual(['c 1 to stub=']);
});

test('nothing about one that is whole by then, or about another message', async () => {
  await receipts.chunk(header(0), first(['receiving']), channel);
  receipts.done(header(8), channel);
  await receipts.chunk(header(0, { type: 'displaced' }), first(['receiving']), channel);
  clock.advance(60_000);
  expect(told).toEqual([]);
});

test('nothing about a second copy of one that was whole at once', async () => {
  receipts.done(header(0, { total: 1 }), channel);
  await receipts.chunk(header(0, { total: 1 }), first(['receiving']), channel);
  clock.advance(60_000);
  expect(told).toEqual([]);
});

test('nothing to a stub that would take it for an ack', async () => {
  await receipts.chunk(header(0), first(['asks', 'moved']), channel);
  await receipts.chunk(header(0, { id: 'd' }), first(), channel);
  await receipts.chunk(header(0, { id: 'e' }), Buffer.from('nonsense'), channel);
  clock.advance(60_000);
  expect(told).toEqual([]);
});

test('of more than 256 at once, only about the latest', async () => {
  for (let index = 0; index < 300; index += 1) {
    await receipts.chunk(header(0, { id: `c${index}` }), first(['receiving']), channel);
  }
  clock.advance(60_000);
  expect(told).toHaveLength(256);
  expect(told[0]).toBe('c44 1 to stub=');
});
