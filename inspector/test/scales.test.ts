// The axes of the charts: round values, within the axis, not too many.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countScale, linearScale, logScale, timeScale } from '../src/charts/scales.ts';

describe('scales', () => {
  test('round values from 0', () => {
    expect(linearScale(87, 5).ticks).toEqual([0, 20, 40, 60, 80]);
    expect(linearScale(4200, 5).ticks).toEqual([0, 1000, 2000, 3000, 4000]);
    expect(linearScale(0, 5).ticks[0]).toBe(0);
    expect(linearScale(100, 5).place(54)).toBeCloseTo(0.5);
  });

  test('counts have no fractions', () => {
    expect(countScale(0, 5).ticks).toEqual([0, 1]);
    expect(countScale(3, 5).ticks).toEqual([0, 1, 2, 3]);
    expect(countScale(1200, 5).ticks).toEqual([0, 500, 1000]);
  });

  test('powers of ten around the values', () => {
    const { place, ticks } = logScale(12, 3400);
    expect(ticks).toEqual([10, 100, 1000, 10_000]);
    expect(place(10)).toBe(0);
    expect(place(10_000)).toBe(1);
    expect(place(0)).toBe(0);
    expect(logScale(0, 0).ticks.length).toBeGreaterThan(1);
  });

  test('times of the clock, where it is half an hour off too', () => {
    const noon = Date.UTC(2026, 0, 1, 12);
    expect(timeScale(noon - 61_000, noon + 1000, 6, 0).ticks.map((time) => (time - noon) / 1000)).toEqual([
      -60, -45, -30, -15, 0,
    ]);
    const halfHour = -330 * 60_000;
    expect(
      timeScale(noon, noon + 3 * 3_600_000, 4, halfHour).ticks.map((time) => (time - noon) / 60_000),
    ).toEqual([30, 90, 150]);
  });

  test('ticks are within the axis, ascending and few, whatever the values', () => {
    const positive = fc.double({ min: 1e-6, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(positive, positive, fc.integer({ min: 1, max: 20 }), (one, other, most) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        for (const { place, ticks } of [
          linearScale(high, most),
          countScale(high, most),
          logScale(low, high),
          timeScale(high, high + 86_400_000, most, 0),
        ]) {
          expect(ticks.length).toBeLessThanOrEqual(Math.max(8, most + 1));
          expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
          for (const tick of ticks) {
            expect(place(tick)).toBeGreaterThanOrEqual(-1e-9);
            expect(place(tick)).toBeLessThanOrEqual(1 + 1e-9);
          }
        }
      }),
    );
  });
});
