import { expect, test } from 'vitest';
import { median, percentile } from '../percentile.ts';

test('is a sample, found by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(hundred, 50)).toBe(50);
  expect(percentile(hundred, 95)).toBe(95);
  expect(percentile(hundred, 99)).toBe(99);
  expect(percentile(hundred, 100)).toBe(100);
});

test('few samples: the slowest one is every high percentile', () => {
  expect(percentile([3, 1, 2], 99)).toBe(3);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([7])).toBe(7);
});

test('sorts by number and leaves the samples in their order', () => {
  const samples = [10, 9, 100];
  expect(median(samples)).toBe(10);
  expect(samples).toEqual([10, 9, 100]);
});

test('refuses to name a percentile of nothing', () => {
  expect(() => median([])).toThrow('no samples');
});
