// What time stamps reveal of the difference between two clocks: never more than they can show.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockSkew } from '../clock-skew.ts';

const noon = Date.parse('2026-03-01T12:00:00Z');

/** An answer from a clock that is ahead by so much, asked for at `sentMs` of ours, on the way for so long each way. */
function answer(skew: ClockSkew, aheadMs: number, sentMs: number, thereMs: number, backMs: number): void {
  const date = Math.floor((sentMs + thereMs + aheadMs) / 1000) * 1000;
  skew.answered(date, sentMs, sentMs + thereMs + backMs);
}

const transit = fc.integer({ min: 0, max: 3000 });
const stamps = fc.array(
  fc.record({
    atMs: fc.integer({ min: 0, max: 100_000 }),
    thereMs: transit,
    backMs: transit,
    http: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20 },
);

describe('the difference', () => {
  it('is within the estimate, whatever the network does', () => {
    const ahead = fc.integer({ min: -600_000, max: 600_000 });
    fc.assert(
      fc.property(ahead, stamps, (aheadMs, seen) => {
        const skew = new ClockSkew();
        for (const { atMs, thereMs, backMs, http } of seen) {
          if (http) answer(skew, aheadMs, noon + atMs, thereMs, backMs);
          else skew.sent(noon + atMs + aheadMs, noon + atMs + backMs);
          const { estimate, leastMs } = skew;
          expect(leastMs * aheadMs).toBeGreaterThanOrEqual(0);
          expect(Math.abs(leastMs)).toBeLessThanOrEqual(Math.abs(aheadMs));
          if (estimate === undefined) continue;
          expect(Math.abs(estimate.aheadMs - aheadMs)).toBeLessThanOrEqual(estimate.withinMs);
        }
      }),
    );
  });

  it('is estimated more closely with every time stamp', () => {
    const skew = new ClockSkew();
    for (let second = 0; second < 10; second += 1) answer(skew, 4250, noon + second * 1100, 10, 10);
    expect(skew.estimate?.withinMs).toBeLessThan(70);
    expect(skew.leastMs).toBeGreaterThan(4100);
  });

  it('is unknown at first, and bounded on one side only by messages alone', () => {
    const skew = new ClockSkew();
    expect(skew).toMatchObject({ leastMs: 0, estimate: undefined });
    skew.sent(noon + 5000, noon);
    expect(skew).toMatchObject({ leastMs: 5000, estimate: undefined });
    // Or it was on the way for so long.
    const other = new ClockSkew();
    other.sent(noon - 5000, noon);
    expect(other.leastMs).toBe(0);
  });
});

describe('what a message claims', () => {
  it('never moves the difference beyond the bounds of AWS’s own answers, nor beyond what is plausible', () => {
    const skew = new ClockSkew();
    const told: number[] = [];
    skew.watch((leastMs) => told.push(leastMs));
    skew.sent(8.6e15, noon);
    skew.sent(0, noon);
    expect(skew).toMatchObject({ leastMs: 0, estimate: undefined, bounds: undefined });
    answer(skew, 0, noon, 10, 10);
    const before = skew.bounds;
    for (const claimed of [8.6e15, noon + 60_000, noon + 2000, noon - 600_000, 0]) skew.sent(claimed, noon);
    expect(skew.bounds).toEqual(before);
    expect(told).toEqual([]);
    expect(Math.abs(skew.leastMs)).toBeLessThan(1000);
  });

  it('is dropped when an answer disproves it', () => {
    const skew = new ClockSkew();
    answer(skew, 0, noon, 10, 10);
    skew.sent(noon + 900, noon);
    expect(skew.leastMs).toBe(900);
    answer(skew, 0, noon + 990, 0, 0);
    expect(skew.leastMs).toBe(0);
    expect(skew.estimate?.withinMs).toBeLessThan(510);
  });
});

describe('a clock that was set', () => {
  it('leaves nothing known until the next answer', () => {
    const skew = new ClockSkew();
    answer(skew, 4000, noon, 10, 10);
    skew.forget();
    expect(skew).toMatchObject({ leastMs: 0, estimate: undefined, bounds: undefined });
    answer(skew, 0, noon, 10, 10);
    expect(skew.leastMs).toBe(0);
    expect(skew.bounds).toEqual({ fromMs: -20, toMs: 999 });
  });

  it('between a request and its answer makes that answer ignored', () => {
    const skew = new ClockSkew();
    skew.answered(noon, noon + 5000, noon);
    expect(skew.bounds).toBeUndefined();
  });
});

describe('a watcher', () => {
  it('is called once when the clocks differ, and once when they agree again', () => {
    const skew = new ClockSkew();
    const told: number[] = [];
    skew.watch((leastMs) => told.push(leastMs));
    answer(skew, 300, noon, 10, 10);
    expect(told).toEqual([]);
    answer(skew, -4000, noon, 10, 10);
    answer(skew, -4000, noon + 500, 10, 10);
    expect(told).toHaveLength(1);
    expect(told[0]).toBeLessThanOrEqual(-3000);
    // The clock has been set.
    answer(skew, 0, noon + 9000, 10, 10);
    answer(skew, 0, noon + 9500, 10, 10);
    expect(told.slice(1)).toEqual([0]);
  });

  it('is called at once if they already differ', () => {
    const skew = new ClockSkew();
    skew.sent(noon + 5000, noon);
    const told: number[] = [];
    skew.watch((leastMs) => told.push(leastMs));
    expect(told).toEqual([5000]);
  });
});
