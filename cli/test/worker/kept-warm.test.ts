// What outlives its idle time: bounded in number and in bytes, and what a process holds.
import { expect, it } from 'vitest';
import { keptBytes, keptWarm, mostKept } from '../../src/worker/pool/kept-warm.ts';
import { residentBytes } from '../../src/worker/process/resident-bytes.ts';

function idle(functionName: string, lastUsed: number, bytes = 0) {
  return { functionName, lastUsed, bytes };
}

const namesOf = (idles: Parameters<typeof keptWarm>[0]) =>
  keptWarm(idles).map(({ functionName, lastUsed }) => `${functionName}${lastUsed}`);

it('is the last used of each function', () => {
  expect(namesOf([idle('a', 1), idle('b', 2), idle('a', 3)])).toEqual(['a3', 'b2']);
});

it('is bounded in number', () => {
  const all = Array.from({ length: mostKept + 2 }, (_, at) => idle(`f${at}-`, at));
  expect(namesOf(all)).toEqual(['f9-9', 'f8-8', 'f7-7', 'f6-6', 'f5-5', 'f4-4', 'f3-3', 'f2-2']);
});

it('is bounded in bytes; one that is too large takes no place from the others', () => {
  const large = idle('large', 4, keptBytes + 1);
  expect(namesOf([idle('a', 1, 1), idle('b', 2, keptBytes / 2), idle('c', 3, keptBytes / 2), large])).toEqual(
    ['c3', 'b2'],
  );
});

it.skipIf(process.platform === 'win32')(
  'knows what a process holds, and nothing of one that is gone',
  async () => {
    const bytes = await residentBytes([process.pid]);
    expect(bytes.get(process.pid)).toBeGreaterThan(process.memoryUsage.rss() / 2);
    expect((await residentBytes([2 ** 22 + 1])).get(2 ** 22 + 1) ?? 0).toBe(0);
  },
);
