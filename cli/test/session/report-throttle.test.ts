// Reports that may come thousands of times a second are passed on once, and then counted for ten seconds.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { ReportThrottle, throttleMs } from '../../src/session/report-throttle.ts';

test('the first ones can be reported singly', () => {
  const clock = new ManualClock();
  const told: unknown[] = [];
  const throttle = new ReportThrottle(clock, (count) => told.push(count), 3);
  const taken = Array.from({ length: 10 }, () => throttle.take('x')).filter(Boolean);
  expect(taken).toHaveLength(3);
  clock.advance(throttleMs);
  expect(told).toEqual([7]);
  expect(throttle.take('x')).toBe(false);
});

test('the first is reported at once, the others with the time', () => {
  const clock = new ManualClock();
  const told: unknown[] = [];
  const throttle = new ReportThrottle(clock, (count, latest) => told.push([count, latest]));
  expect(throttle.take('one')).toBe(true);
  for (let index = 0; index < 4000; index += 1) expect(throttle.take(`more ${index}`)).toBe(false);
  clock.advance(throttleMs);
  expect(told).toEqual([[4000, 'more 3999']]);
  expect(throttle.take('again')).toBe(false);
  clock.advance(throttleMs);
  expect(told.at(-1)).toEqual([1, 'again']);
  clock.advance(throttleMs);
  expect(clock.pending).toEqual([]);
  expect(throttle.take('much later')).toBe(true);
  expect(told).toHaveLength(2);
});
