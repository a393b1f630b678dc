// Runtimes by pattern: versions that do not exist yet, and families that livectl doesn't know.
import { describe, expect, it } from 'vitest';
import {
  bringsItsOwnRuntime,
  isKnownRuntime,
  meantRuntime,
  nodeMajor,
  pythonVersion,
  whyCommandIsNeeded,
} from '../../src/manifest/runtimes.ts';
import { runtimeNotices } from '../../src/serve/runtime-notices.ts';
import { functionSettings } from './function-settings.ts';

describe('a runtime', () => {
  it.each([
    ['nodejs28.x', 28, undefined, false, true],
    ['nodejs100.x', 100, undefined, false, true],
    ['python3.15', undefined, '3.15', false, true],
    ['python4.0', undefined, '4.0', false, true],
    ['provided.al2027', undefined, undefined, true, true],
    ['provided', undefined, undefined, true, true],
    ['ruby4.0', undefined, undefined, false, true],
    ['java29', undefined, undefined, false, true],
    ['dotnet12', undefined, undefined, false, true],
    ['nodejs28', undefined, undefined, false, false],
    ['cobol2.x', undefined, undefined, false, false],
  ])('%s', (runtime, node, python, own, known) => {
    expect([nodeMajor(runtime), pythonVersion(runtime)]).toEqual([node, python]);
    expect([bringsItsOwnRuntime(runtime), isKnownRuntime(runtime)]).toEqual([own, known]);
    const runs = node !== undefined || python !== undefined || own;
    expect(whyCommandIsNeeded(runtime) === undefined).toBe(runs);
  });

  it.each([
    ['nodejs26', 'nodejs26.x'],
    ['python312', 'python3.12'],
    ['NodeJS22.x', 'nodejs22.x'],
    ['provided.al203', 'provided.al203'],
    ['cobol', undefined],
  ])('%s: %s was meant', (word, meant) => {
    expect(meantRuntime(word)).toBe(meant);
  });
});

it('of an unknown family is a notice that explains what livectl does with it', () => {
  expect(
    runtimeNotices([
      functionSettings({ name: 'a', runtime: 'cobol2.x', command: ['cobol'] }),
      functionSettings({ name: 'b', runtime: 'nodejs26', command: undefined }),
      functionSettings({ name: 'c', runtime: 'ruby4.0', command: ['ruby'] }),
    ]),
  ).toEqual([
    'a: livectl does not know the runtime "cobol2.x"; its "command" runs it',
    'b: livectl does not know the runtime "nodejs26" (did you mean nodejs26.x?); livectl can run it only with a "command"; its invocations fail without one',
  ]);
});
