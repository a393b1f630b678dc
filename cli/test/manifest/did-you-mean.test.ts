// Suggestions for words that are not known.
import { describe, expect, it } from 'vitest';
import { closest } from '../../src/manifest/did-you-mean.ts';
import { runtimes } from '../../src/manifest/runtimes.ts';

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

  it.each([
    ['nodejs20', 'nodejs20.x'],
    ['python312', 'python3.12'],
    ['NodeJS22.x', 'nodejs22.x'],
  ])('runtime %s: %s', (word, candidate) => {
    expect(closest(word, runtimes)).toBe(candidate);
  });
});
