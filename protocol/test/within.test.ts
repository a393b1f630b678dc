// A bounded wait gives what the work gives, or nothing at the bound.
import { expect, test } from 'vitest';
import { within } from '../within.ts';
import { ManualClock } from './manual-clock.ts';

test('gives what the work resolves to, and leaves no timer', async () => {
  const clock = new ManualClock();
  await expect(within(clock, 1000, Promise.resolve('done'))).resolves.toBe('done');
  expect(clock.pending).toEqual([]);
});

test('rejects where the work does in time, and leaves no timer', async () => {
  const clock = new ManualClock();
  await expect(within(clock, 1000, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(clock.pending).toEqual([]);
});

test('gives nothing at the bound, and ignores what comes later', async () => {
  const clock = new ManualClock();
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<string>((_resolve, reject) => {
    fail = reject;
  });
  const bounded = within(clock, 1000, work);
  clock.advance(999);
  expect(clock.pending).toEqual([1000]);
  clock.advance(1);
  await expect(bounded).resolves.toBeUndefined();
  fail(new Error('late'));
});
