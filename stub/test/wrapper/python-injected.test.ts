// A bug of ours in steps of Python's wrapper: every invocation is answered all the same, and the deployed code never runs
// what the stub was given. python-injected.real.test.ts has all functions.
import { describe, expect, it } from 'vitest';
import { useWorld } from '../harness/world.ts';
import { faultsOfAll, faultySteps } from './harness/python-faults.ts';
import { usePythonFunctions } from './harness/python-functions.ts';

const world = useWorld();
const functions = usePythonFunctions(world);

const named = (names: readonly string[]) =>
  names.map((name) => {
    const found = faultySteps.find((step) => step.name === `python/${name}`);
    if (!found) throw new Error(`no function ${name}`);
    return found;
  });

describe('an exception in', () => {
  it.each([
    [
      'what passes calls on, and what decides',
      ['wire.py head', 'connection.py _pass_on', 'connection.py next', 'proxy.py serve', 'relay.py answer'],
      {},
    ],
    [
      'what comes after the stub has got the invocation',
      [
        'relay.py _outcome',
        'aws.py answer_of',
        'connection.py post',
        'relay.py response',
        'report.py report',
      ],
      {},
    ],
    [
      'what takes an invocation before the runtime is there',
      ['proxy.py _without_runtime', 'proxy.py _relayed', 'proxy.py put_pending', 'wire.py _take'],
      { LIVE_DEBUG_WRAP_INIT: 'lazy' },
    ],
  ])(
    '%s',
    async (_what, names, environment) => {
      await world.serve();
      expect(await faultsOfAll(functions, named(names), environment)).toEqual([]);
    },
    60_000,
  );
});
