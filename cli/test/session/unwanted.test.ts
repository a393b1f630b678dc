// Cancelled conversations belong to their sender.
import { expect, test } from 'vitest';
import type { Channel } from '../../../protocol/sealing.ts';
import { Unwanted } from '../../src/session/unwanted.ts';

const channel = (enc: string): Channel => ({
  enc,
  secretId: undefined,
  understands: [],
  seal: () => Buffer.alloc(0),
  open: () => undefined,
});

test('no sender cancels or displaces another’s', () => {
  const unwanted = new Unwanted();
  unwanted.add(channel('ada'), 'one');
  expect(unwanted.has(channel('ada'), 'one')).toBe(true);
  expect(unwanted.has(channel('eve'), 'one')).toBe(false);
  for (let index = 0; index < 20_000; index += 1) unwanted.add(channel('eve'), `id ${index}`);
  expect(unwanted.has(channel('ada'), 'one')).toBe(true);
  expect(unwanted.has(channel('eve'), 'id 19999')).toBe(true);
  expect(unwanted.has(channel('eve'), 'id 0')).toBe(false);
});

test('senders are forgotten in the order of their last message', () => {
  const unwanted = new Unwanted();
  unwanted.add(channel('ada'), 'one');
  unwanted.add(channel('bob'), 'two');
  unwanted.add(channel('ada'), 'three');
  for (let index = 0; index < 511; index += 1) unwanted.add(channel(`stub ${index}`), 'x');
  expect(unwanted.has(channel('bob'), 'two')).toBe(false);
  expect(unwanted.has(channel('ada'), 'one')).toBe(true);
});
