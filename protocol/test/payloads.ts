// Payloads and orders derived from a seed, so that a failing property can be run again.
import { createCipheriv } from 'node:crypto';

/** `size` bytes that no compressor shortens, the same for the same seed. */
export function noise(size: number, seed: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeInt32LE(seed | 0);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** `size` bytes of JSON-like text, which shrinks to a few percent. */
export function prose(size: number, seed: number): Buffer {
  return Buffer.alloc(size, `{"order":${seed},"items":[{"sku":"A-${seed}","count":1}]}`);
}

/** The same elements in an order that the seed determines. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const ranks = noise(list.length * 4, seed);
  return list
    .map((element, index) => ({ element, rank: ranks.readUInt32LE(index * 4) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ element }) => element);
}
