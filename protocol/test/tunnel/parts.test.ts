// The parts of the tunnel's link that hold state: ranges, what was seen, bytes by offset, and how much may be under way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '../../tunnel/byte-queue.ts';
import { Congestion } from '../../tunnel/congestion.ts';
import { Ranges, Seen } from '../../tunnel/ranges.ts';
import { noise } from '../payloads.ts';

const range = fc.tuple(fc.nat(60), fc.nat(20)).map(([start, length]) => [start, start + length] as const);

describe('ranges', () => {
  it('hold what a set of numbers holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), range), { maxLength: 30 }), (steps) => {
        const ranges = new Ranges();
        const model = new Set<number>();
        for (const [adds, [start, end]] of steps) {
          if (adds) ranges.add(start, end);
          else ranges.remove(start, end);
          for (let number = start; number < end; number += 1)
            if (adds) model.add(number);
            else model.delete(number);
        }
        const numbers = Array.from({ length: 90 }, (_, number) => number);
        expect(numbers.filter((number) => ranges.has(number))).toEqual(
          numbers.filter((number) => model.has(number)),
        );
        expect(ranges.total).toBe(model.size);
        const listed = ranges.highest(100);
        // In order, disjoint, and none touches another.
        listed.forEach(([start, end], index) => {
          expect(start).toBeLessThan(end);
          const [below] = listed.slice(index + 1);
          if (below) expect(below[1]).toBeLessThan(start);
        });
        expect(ranges.first).toEqual(listed.at(-1));
      }),
      { numRuns: 1000 },
    );
  });

  it('that were seen take bounded memory, and a number far below counts as seen', () => {
    const seen = new Seen(64);
    for (let number = 0; number < 100_000; number += 2) seen.add(number);
    expect(seen.ranges.count).toBe(64);
    expect([seen.has(99_998), seen.has(99_997), seen.has(1), seen.has(99_999)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('bytes by offset', () => {
  it('are copied out as they were written, in any order, and freed below', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200_000 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
        (size, cuts, drops) => {
          const bytes = noise(size, size);
          const queue = new ByteQueue();
          const edges = [0, ...cuts.map((cut) => Math.floor(cut * size)).sort((a, b) => a - b), size];
          for (let at = edges.length - 1; at > 0; at -= 1)
            queue.write(edges[at - 1] as number, bytes.subarray(edges[at - 1], edges[at]));
          for (const drop of drops.map((drop) => Math.floor(drop * size)).sort((a, b) => a - b)) {
            queue.dropBefore(drop, false);
            const target = Buffer.alloc(size - drop + 3);
            queue.copyTo(target, 3, drop, size);
            expect(target.subarray(3).equals(bytes.subarray(drop))).toBe(true);
            expect(queue.size).toBeLessThanOrEqual(size - drop + 2 * 16 * 1024);
          }
          queue.dropBefore(size, true);
          expect(queue.size).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('how much may be under way', () => {
  /** A line of some bytes per millisecond, with an endless queue: bytes under way beyond its own delay wait. */
  function run(
    congestion: Congestion,
    rate: number,
    delayMs: number,
    ms: number,
    from = 0,
  ): { rate: number; rttMs: number } {
    let now = from;
    let sum = 0;
    let rttMs = delayMs;
    while (now < from + ms) {
      const bytes = congestion.windowBytes;
      rttMs = Math.max(delayMs, bytes / rate);
      now += rttMs;
      sum += bytes;
      congestion.acked(bytes, rttMs, true, now);
    }
    return { rate: sum / (now - from), rttMs };
  }

  it.each([
    ['1 Mbit/s', 125, 40],
    ['10 Mbit/s', 1250, 40],
    ['100 Mbit/s', 12_500, 60],
    ['100 Mbit/s and far away', 12_500, 200],
  ])('fills a line of %s and leaves its queue short', (_name, rate, delayMs) => {
    const congestion = new Congestion();
    run(congestion, rate, delayMs, 5000);
    const settled = run(congestion, rate, delayMs, 60_000, 5000);
    expect(settled.rate).toBeGreaterThan(0.85 * rate);
    // The least that a line gets takes 256 ms at 1 Mbit/s.
    expect(settled.rttMs).toBeLessThan(Math.max(delayMs, (32 * 1024) / rate) + 300);
  });

  it('grows on a line that became faster, and shrinks on one that became slower', () => {
    const congestion = new Congestion();
    run(congestion, 125, 40, 20_000);
    expect(run(congestion, 12_500, 40, 30_000, 20_000).rate).toBeGreaterThan(0.7 * 12_500);
    run(congestion, 125, 40, 10_000, 50_000);
    expect(congestion.windowBytes).toBeLessThan(64 * 1024);
  });

  it('does not grow while less is sent than may be', () => {
    const congestion = new Congestion();
    const before = congestion.windowBytes;
    for (let now = 0; now < 60_000; now += 100) congestion.acked(1000, 40, false, now);
    expect(congestion.windowBytes).toBe(before);
  });
});
