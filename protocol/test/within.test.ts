// A bounded wait returns the work's result, or undefined at the bound.
import { expect, test } from 'vitest';
import { within } from '../within.ts';
import { ManualClock } from './manual-clock.ts';

test('resolves with the work’s result, and leaves no timer', async () => {
  const clock = new ManualClock();
  await expect(within(clock, 1000, Promise.resolve('done'))).resolves.toBe('done');
  expect(clock.pending).toEqual([]);
});

test('rejects if the work does in time, and leaves no timer', async () => {
  const clock = new ManualClock();
  await expect(within(clock, 1000, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(clock.pending).toEqual([]);
});

test('resolves with undefined at the bound, and ignores later results', async () => {
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
