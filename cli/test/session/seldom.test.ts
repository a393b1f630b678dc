// What may come thousands of times a second is reported once, and then once in ten seconds with its number.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { Seldom, seldomMs } from '../../src/session/seldom.ts';

test('some may be reported by themselves', () => {
  const clock = new ManualClock();
  const told: unknown[] = [];
  const seldom = new Seldom(clock, (count) => told.push(count), 3);
  const taken = Array.from({ length: 10 }, () => seldom.take('x')).filter(Boolean);
  expect(taken).toHaveLength(3);
  clock.advance(seldomMs);
  expect(told).toEqual([7]);
  expect(seldom.take('x')).toBe(false);
});

test('the first is reported at once, the others with the time', () => {
  const clock = new ManualClock();
  const told: unknown[] = [];
  const seldom = new Seldom(clock, (count, latest) => told.push([count, latest]));
  expect(seldom.take('one')).toBe(true);
  for (let index = 0; index < 4000; index += 1) expect(seldom.take(`more ${index}`)).toBe(false);
  clock.advance(seldomMs);
  expect(told).toEqual([[4000, 'more 3999']]);
  expect(seldom.take('again')).toBe(false);
  clock.advance(seldomMs);
  expect(told.at(-1)).toEqual([1, 'again']);
  clock.advance(seldomMs);
  expect(clock.pending).toEqual([]);
  expect(seldom.take('much later')).toBe(true);
  expect(told).toHaveLength(2);
});
