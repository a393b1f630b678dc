// Suggestions for unknown words.
import { describe, expect, it } from 'vitest';
import { closest } from '../../src/manifest/did-you-mean.ts';

const fields = ['handler', 'runtime', 'timeout', 'memory_size', 'environment', 'source_dir', 'triggers'];

describe('closest', () => {
  it.each([
    ['memorySize', 'memory_size'],
    ['memory', 'memory_size'],
    ['enviroment', 'environment'],
    ['sourceDir', 'source_dir'],
    ['tiemout', 'timeout'],
    ['trigger', 'triggers'],
    ['layers', undefined],
    ['x', undefined],
  ])('%s: %s', (word, candidate) => {
    expect(closest(word, fields)).toBe(candidate);
  });
});
