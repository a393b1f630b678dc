import { describe, expect, it } from 'vitest';
import {
  mostHeight,
  scrollTopFor,
  scrollTopToShow,
  topRow,
  virtualWindow,
} from '../src/list/virtual-window.ts';

const list = { count: 10_000, rowHeight: 30, viewHeight: 600 };

describe('a virtual list', () => {
  it('draws what is visible, and a few more', () => {
    expect(virtualWindow(list, 0)).toEqual({ first: 0, end: 26, top: 0, height: 300_000 });
    expect(virtualWindow(list, 3010)).toEqual({ first: 94, end: 127, top: 2820, height: 300_000 });
    expect(virtualWindow(list, 1e9)).toMatchObject({ first: 9974, end: 10_000 });
    expect(virtualWindow({ ...list, count: 0 }, 50)).toEqual({ first: 0, end: 0, top: 0, height: 0 });
  });

  it('scrolls only as far as needed to show a row', () => {
    expect(scrollTopToShow(list, 5, 0)).toBeUndefined();
    expect(scrollTopToShow(list, 20, 0)).toBe(60);
    expect(scrollTopToShow(list, 3, 300)).toBe(60);
    expect(scrollTopToShow(list, 9_999, 0)).toBe(299_400);
  });

  it('keeps a row where it is when others are added before it', () => {
    const { index, hidden } = topRow(list, 3010);
    expect([index, hidden]).toEqual([100, 10]);
    const longer = { ...list, count: list.count + 3 };
    expect(scrollTopFor(longer, index + 3, -hidden)).toBe(3100);
  });

  it('reaches the last of millions of rows', () => {
    const long = { count: 3_000_000, rowHeight: 20, viewHeight: 500 };
    const bottom = virtualWindow(long, mostHeight - 500);
    expect([bottom.height, bottom.end]).toEqual([mostHeight, 3_000_000]);
    const at = scrollTopFor(long, 1_500_000, 100);
    const middle = virtualWindow(long, at);
    const row = 1_500_000;
    expect(middle.first).toBeLessThan(row);
    expect(middle.end).toBeGreaterThan(row);
    expect(middle.top + (row - middle.first) * 20 - at).toBeCloseTo(100);
    expect(scrollTopToShow(long, row, at)).toBeUndefined();
  });
});
