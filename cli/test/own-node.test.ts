// When a process of a single executable is livectl, and when it runs a script: release/test/executables.real.test.ts runs both.
import { expect, test } from 'vitest';
import { scriptArguments, scriptOption } from '../src/own-node.ts';

const own = process.execPath;

test.each([
  [[scriptOption, '/a.mjs', 'word'], {}, ['/a.mjs', 'word']],
  [[scriptOption], {}, []],
  [['/a.mjs', '-x'], { LIVECTL_RUN_SCRIPTS: own }, ['/a.mjs', '-x']],
  [['/a.mjs'], {}, undefined],
  [['serve', scriptOption, '/a.mjs'], {}, undefined],
  [[`${scriptOption}=/a.mjs`], {}, undefined],
  [['/a.mjs'], { LIVECTL_RUN_SCRIPTS: '' }, undefined],
  [['/a.mjs'], { LIVECTL_RUN_SCRIPTS: '1' }, undefined],
  [['/a.mjs'], { LIVECTL_RUN_SCRIPTS: '/usr/bin/livectl' }, undefined],
  [[], {}, undefined],
])('%j with %j', (args, environment, script) => {
  expect(scriptArguments([own, 'livectl', ...args], environment)).toEqual(script);
});
