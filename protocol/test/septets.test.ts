// Seven bits per character: any bytes are restored, and no other text stands for them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromSeptets, toSeptets } from '../septets.ts';
import { noise } from './payloads.ts';

describe('seven bits per character', () => {
  it('restore any bytes, in ASCII and four characters longer for each 28 bytes', () => {
    for (let size = 0; size < 200; size += 1) {
      for (const bytes of [noise(size, size), Buffer.alloc(size, 0xff), Buffer.alloc(size)]) {
        const text = toSeptets(bytes);
        expect(text.length).toBe(size + 4 * Math.ceil(size / 28));
        expect(Buffer.byteLength(text)).toBe(text.length);
        expect(fromSeptets(text)?.equals(bytes)).toBe(true);
      }
    }
  });

  it('accept bytes at any place of a larger buffer, and leave them unchanged', () => {
    const large = noise(5000, 1);
    const before = Buffer.from(large);
    for (const start of [0, 1, 2, 3, 5]) {
      const bytes = large.subarray(start, start + 997);
      expect(fromSeptets(toSeptets(bytes))?.equals(bytes)).toBe(true);
    }
    expect(large.equals(before)).toBe(true);
  });

  it('are unique: another text is refused or gives other bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 130 }), (text) => {
        const bytes = fromSeptets(text);
        expect(bytes === undefined || toSeptets(bytes) === text).toBe(true);
      }),
      { numRuns: 2000 },
    );
    // Every bit of a text whose last group is not full.
    const text = toSeptets(noise(60, 1));
    for (let bit = 0; bit < text.length * 7; bit += 1) {
      const at = Math.floor(bit / 7);
      const changed = String.fromCharCode(text.charCodeAt(at) ^ (1 << (bit % 7)));
      const bytes = fromSeptets(text.slice(0, at) + changed + text.slice(at + 1));
      expect(bytes === undefined || !bytes.equals(noise(60, 1))).toBe(true);
    }
  });

  it('are only ASCII: a character of more bytes is refused, wherever it is', () => {
    for (const size of [28, 56, 60]) {
      const text = toSeptets(noise(size, 2));
      for (const character of ['\x80', 'ÿ', 'Ł', '€', '😀', '\ud800'])
        for (let at = 0; at < text.length; at += 1)
          expect(fromSeptets(text.slice(0, at) + character + text.slice(at + 1))).toBeUndefined();
    }
  });
});
