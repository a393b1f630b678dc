// Which port a function's debugger has: the same whichever functions are served, and wherever the manifest comes from.
import { expect, it } from 'vitest';
import type { FunctionSettings } from '../../src/manifest/function-settings.ts';
import { debuggedFunctions } from '../../src/worker/debug/debugged-functions.ts';

const settings = (name: string, runtime: string, command?: readonly [string]) =>
  ({ name, runtime, command }) as unknown as FunctionSettings;

const orders = settings('orders', 'nodejs22.x');
const audit = settings('audit', 'python3.12');
const tool = settings('a-tool', 'provided.al2023', ['./bootstrap']);
const zip = settings('Zip', 'nodejs22.x');

it.each([[[orders, audit, tool, zip]], [[tool, zip, audit, orders]]])(
  'is in the order of the names, without programs that have debuggers of their own',
  (all) => {
    expect(debuggedFunctions(all)).toEqual([
      { functionName: 'Zip', kind: 'node', offset: 0 },
      { functionName: 'audit', kind: 'python', offset: 1 },
      { functionName: 'orders', kind: 'node', offset: 2 },
    ]);
  },
);

it('stays the same if only some are served', () => {
  expect(debuggedFunctions([orders, audit, zip], [orders])).toEqual([
    { functionName: 'orders', kind: 'node', offset: 2 },
  ]);
});
