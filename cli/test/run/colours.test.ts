// Colours of the built livectl where no terminal is, by the environment.
import { expect, test } from 'vitest';
import { runLivectl } from '../e2e/livectl-process.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
const colour = /\u001b\[/;

test.each<[string, Record<string, string>, boolean]>([
  ['nothing', {}, false],
  ['FORCE_COLOR=1', { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=1 and NO_COLOR=1', { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, false],
])('in a pipe with %s', async (_what, env, isColoured) => {
  const [help, mistake] = await Promise.all([
    runLivectl(['serve', '--help'], { env }),
    runLivectl(['serve', '--local', '--root', '/nowhere'], { env }),
  ]);
  expect(help.code).toBe(0);
  expect(colour.test(help.stdout)).toBe(isColoured);
  expect(mistake.code).toBe(2);
  expect(colour.test(mistake.stderr)).toBe(isColoured);
});
