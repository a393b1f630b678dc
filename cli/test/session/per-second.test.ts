// The bound on what is reported in a second.
import { expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { PerSecond } from '../../src/session/per-second.ts';

it('lets so many through in each second, also after the clock was turned back', () => {
  const clock = new ManualClock(10_000);
  const bound = new PerSecond(clock, 3);
  const taken = (count: number) => Array.from({ length: count }, () => bound.take()).filter(Boolean).length;
  expect(taken(10)).toBe(3);
  clock.advance(999);
  expect(taken(10)).toBe(0);
  clock.advance(1);
  expect(taken(2)).toBe(2);
  clock.advance(-5000);
  expect(taken(10)).toBe(3);
});
