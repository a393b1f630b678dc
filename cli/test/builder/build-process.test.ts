// Which lines of a build's output are shown.
import { describe, expect, it } from 'vitest';
import { shown } from '../../src/builder/build-process.ts';

describe('the lines that are shown of a failed build', () => {
  const noise = (count: number) => Array.from({ length: count }, (_, index) => `[INFO] step ${index}`);
  it.each([
    ['all of a short output', noise(20), noise(20)],
    [
      'from the first that shows an error',
      [...noise(30), 'app.go:3:7: undefined: x', ...noise(25)],
      ['app.go:3:7: undefined: x', ...noise(19), '… 36 more lines, which --verbose shows'],
    ],
    [
      'not fewer where that is near the end',
      [...noise(30), 'ERROR it failed'],
      [...noise(30).slice(11), 'ERROR it failed', '… 11 more lines, which --verbose shows'],
    ],
  ])('are %s', (_, lines, expected) => {
    expect(shown(lines)).toEqual(expected);
  });
});
