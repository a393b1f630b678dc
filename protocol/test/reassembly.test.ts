import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MessageHeader, maxChunks, maxMessageBytes } from '../message.ts';
import { defaultReassemblyLimits, Reassembler, type ReassemblyLimits } from '../reassembly.ts';
import { ManualClock } from './manual-clock.ts';
import { noise, shuffled } from './payloads.ts';

const { chunkTimeoutMs, maxPendingBytes } = defaultReassemblyLimits;

let clock: ManualClock;
let drops: string[];

beforeEach(() => {
  clock = new ManualClock();
  drops = [];
});

function reassembler(limits?: ReassemblyLimits): Reassembler {
  return new Reassembler(
    clock,
    ({ id, attempt }, reason) => drops.push(`${id}/${attempt} ${reason}`),
    limits,
  );
}

function header(id: string, seq: number, total: number, attempt = 1): MessageHeader {
  return { v: 1, type: 'invoke', id, attempt, seq, total };
}

const bytes = (text: string) => Buffer.from(text);

describe('a message that comes in pieces', () => {
  it('is returned once and whole, whatever the order, the repeats and the messages between', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: maxChunks }), { minLength: 1, maxLength: 5 }),
        fc.integer(),
        (totals, seed) => {
          const pending = reassembler();
          const chunks = totals.flatMap((total, id) =>
            Array.from({ length: total }, (_, seq) => ({
              header: header(String(id), seq, total),
              data: noise(7, seq),
            })),
          );
          const whole = shuffled([...chunks, ...chunks], seed)
            .map(({ header: each, data }) => ({ id: each.id, data: pending.accept('stub', each, data) }))
            .filter(({ data }) => data !== undefined);
          expect(whole.map(({ id }) => id).sort()).toEqual(totals.map((_, id) => String(id)).sort());
          for (const { id, data } of whole) {
            const sent = chunks.filter((chunk) => chunk.header.id === id).map((chunk) => chunk.data);
            expect(Buffer.from(data ?? []).equals(Buffer.concat(sent))).toBe(true);
          }
          expect(pending.pendingBytes).toBe(0);
          expect(clock.pending).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is not mixed with the same message of another sender or another sending', () => {
    const pending = reassembler();
    pending.accept('stub-1', header('i', 0, 2), bytes('a'));
    pending.accept('stub-2', header('i', 1, 2), bytes('b'));
    pending.accept('stub-1', header('i', 1, 2, 2), bytes('c'));
    expect(pending.accept('stub-1', header('i', 1, 2), bytes('d'))?.toString()).toBe('ad');
  });

  it('is dropped when its chunks contradict each other', () => {
    const pending = reassembler();
    pending.accept('stub', header('i', 0, 2), bytes('a'));
    pending.accept('stub', header('i', 1, 3), bytes('b'));
    expect(pending.accept('stub', header('i', 1, 2), bytes('b'))).toBe(undefined);
    expect(drops).toEqual(['i/1 contradiction']);
  });

  it('is dropped once it is larger than any message may be', () => {
    const pending = reassembler();
    const half = Buffer.alloc(maxMessageBytes / 2 + 1);
    pending.accept('stub', header('i', 0, 3), half);
    pending.accept('stub', header('i', 1, 3), half);
    expect(drops).toEqual(['i/1 size']);
    expect(pending.pendingBytes).toBe(0);
  });
});

describe('a message whose chunks stop coming', () => {
  it('is dropped after a timeout, reported once, and not revived by late chunks', () => {
    const pending = reassembler();
    pending.accept('stub', header('i', 0, 3), bytes('a'));
    clock.advance(chunkTimeoutMs - 1);
    pending.accept('stub', header('i', 1, 3), bytes('b'));
    clock.advance(chunkTimeoutMs - 1);
    expect(drops).toEqual([]);
    clock.advance(1);
    expect(drops).toEqual(['i/1 timeout']);
    expect(pending.pendingBytes).toBe(0);
    for (const seq of [0, 1, 2])
      expect(pending.accept('stub', header('i', seq, 3), bytes('x'))).toBe(undefined);
    clock.advance(10 * chunkTimeoutMs);
    expect(drops).toEqual(['i/1 timeout']);
  });

  it('gives way to newer ones when memory runs out, the longest waiting first', () => {
    const pending = reassembler();
    const chunk = Buffer.alloc(6 * 1024 * 1024);
    for (let id = 0; id < 10; id += 1) pending.accept('stub', header(`m${id}`, 0, 2), chunk);
    expect(drops).toEqual([]);
    pending.accept('stub', header('m0', 1, 3), bytes('touch'));
    expect(drops).toEqual(['m0/1 contradiction']);
    pending.accept('stub', header('m10', 0, 2), chunk);
    pending.accept('stub', header('m11', 0, 2), chunk);
    expect(drops).toEqual(['m0/1 contradiction', 'm1/1 memory']);
    expect(pending.pendingBytes).toBeLessThanOrEqual(maxPendingBytes);
    expect(pending.accept('stub', header('m2', 1, 2), bytes('!'))?.length).toBe(chunk.length + 1);
  });

  it('gives way to the chunks of other senders when its own sender has most', () => {
    const maxPendingBytes = 20 * 1024;
    const pending = reassembler({ ...defaultReassemblyLimits, maxPendingBytes });
    pending.accept('quiet', header('q', 0, 2), bytes('?'));
    for (let id = 0; id < 300; id += 1) pending.accept('flood', header(`m${id}`, 0, 2), bytes('x'));
    expect(pending.pendingBytes).toBeLessThanOrEqual(maxPendingBytes);
    expect(pending.accept('quiet', header('q', 1, 2), bytes('!'))?.toString()).toBe('?!');
    expect(drops).not.toContain('q/1 memory');
  });

  it('is bounded in memory even if the chunks are empty', () => {
    const pending = reassembler({ ...defaultReassemblyLimits, maxPendingBytes: 100 * 1024 });
    for (let id = 0; id < 300; id += 1) pending.accept('stub', header(`m${id}`, 0, 2), Buffer.alloc(0));
    expect(clock.pending.length).toBe(100);
    expect(drops.length).toBe(200);
  });

  it('is dropped without a report on close', () => {
    const pending = reassembler();
    pending.accept('stub', header('i', 0, 2), bytes('a'));
    pending.close();
    expect(clock.pending).toEqual([]);
    expect(pending.pendingBytes).toBe(0);
    expect(drops).toEqual([]);
  });
});

it('forgets the oldest messages beyond a number', () => {
  const pending = reassembler({ ...defaultReassemblyLimits, rememberedMessages: 2 });
  const accept = (id: string) => pending.accept('stub', header(id, 0, 1), bytes(id))?.toString();
  expect(['a', 'a', 'b', 'a', 'c', 'b', 'a'].map(accept)).toEqual([
    'a',
    undefined,
    'b',
    undefined,
    'c',
    undefined,
    'a',
  ]);
});

it('reports which chunks the latest message of a type lacks', () => {
  const pending = reassembler();
  expect(pending.unfinished('stub', 'invoke')).toBeUndefined();
  pending.accept('stub', header('a', 1, 4), bytes('1'));
  pending.accept('stub', header('a', 3, 4), bytes('3'));
  expect(pending.unfinished('stub', 'result', 'invoke')).toEqual({ attempt: 1, chunks: [0, 2] });
  expect(pending.unfinished('stub', 'result')).toBeUndefined();
  pending.accept('stub', header('a', 2, 3, 2), bytes('2'));
  // Another sender's chunks do not help this one.
  pending.accept('stub-2', header('a', 7, 8, 2), bytes('7'));
  expect(pending.unfinished('stub', 'invoke')).toEqual({ attempt: 2, chunks: [0, 1] });
  pending.accept('stub', header('a', 0, 3, 2), bytes('0'));
  pending.accept('stub', header('a', 1, 3, 2), bytes('1'));
  expect(pending.unfinished('stub', 'invoke')).toEqual({ attempt: 1, chunks: [0, 2] });
});
