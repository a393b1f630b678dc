// A bounded map forgets the entries that were set longest ago.
import { expect, test } from 'vitest';
import { RecentMap } from '../recent-map.ts';

test('keeps the entries that were set last', () => {
  const map = new RecentMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('c', 3);
  expect([...map.keys()]).toEqual(['b', 'c']);
  map.set('b', 4);
  map.set('d', 5);
  expect([...map.keys()]).toEqual(['b', 'd']);
  expect(map.get('b')).toBe(4);
  map.delete('b');
  expect([...map.keys()]).toEqual(['d']);
});
