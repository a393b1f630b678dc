// Where an invocation's time went: the bars of the timing waterfall.
import { describe, expect, test } from 'vitest';
import type { Hop, HopName } from '../../cli/src/recordings/recording.ts';
import { waterfall } from '../src/timing/waterfall-model.ts';

/** Hops one after the other. */
function hops(...parts: readonly (readonly [HopName, number])[]): Hop[] {
  let at = 0;
  return parts.map(([name, ms]) => {
    const hop = { name, at_ms: at, ms };
    at += ms;
    return hop;
  });
}

describe('waterfall', () => {
  test('bars are to scale, one after the other', () => {
    const { bars, totalMs, longest } = waterfall(
      hops(['trigger', 10], ['stub', 10], ['relay', 20], ['code', 50], ['back', 10]),
    );
    expect(totalMs).toBe(100);
    expect(longest).toBe('code');
    expect(bars.map((bar) => [bar.name, bar.left, bar.width])).toEqual([
      ['trigger', 0, expect.closeTo(0.1)],
      ['stub', expect.closeTo(0.1), expect.closeTo(0.1)],
      ['relay', expect.closeTo(0.2), expect.closeTo(0.2)],
      ['code', expect.closeTo(0.4), expect.closeTo(0.5)],
      ['back', expect.closeTo(0.9), expect.closeTo(0.1)],
    ]);
    expect(bars.some((bar) => bar.isCutShort)).toBe(false);
  });

  test('an hour in a queue leaves room for what follows it', () => {
    const { bars, totalMs, longest } = waterfall(hops(['trigger', 3_600_000], ['stub', 10], ['code', 90]));
    expect(totalMs).toBe(3_600_100);
    expect(longest).toBe('code');
    expect(bars[0]).toMatchObject({ name: 'trigger', left: 0, width: 0.15, isCutShort: true });
    expect(bars[1]).toMatchObject({ name: 'stub', left: 0.15, isCutShort: false });
    expect(bars[2]?.width).toBeCloseTo(0.765);
    expect((bars[2]?.left ?? 0) + (bars[2]?.width ?? 0)).toBeCloseTo(1);
  });

  test('ticks are round numbers within the axis', () => {
    for (const ms of [0.4, 7, 99, 100, 1234, 900_000]) {
      const { ticks } = waterfall(hops(['stub', ms / 2], ['code', ms / 2]));
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks.every((tick) => tick.left >= 0 && tick.left <= 1)).toBe(true);
    }
    expect(waterfall(hops(['code', 100])).ticks.map((tick) => tick.ms)).toEqual([0, 20, 40, 60, 80, 100]);
  });

  test('nothing, no time and unusable numbers', () => {
    expect(waterfall([])).toEqual({ bars: [], ticks: [], totalMs: 0, longest: undefined });
    expect(waterfall(hops(['code', 0])).bars).toMatchObject([{ left: 0, width: 0 }]);
    const broken = [
      { name: 'stub', at_ms: Number.NaN, ms: 1 },
      { name: 'relay', at_ms: 0, ms: -5 },
      { name: 'code', at_ms: 0, ms: Number.POSITIVE_INFINITY },
      { name: 'back', at_ms: 0, ms: 5 },
    ] as const;
    expect(waterfall(broken).bars.map((bar) => bar.name)).toEqual(['back']);
  });
});
