// A bug of ours in each function of Python's wrapper, the last resorts aside: every invocation is answered all the same, and
// the deployed code never runs what the stub was given.
import { expect, it } from 'vitest';
import { useWorld } from '../harness/world.ts';
import { faultsOfAll, faultySteps } from './harness/python-faults.ts';
import { usePythonFunctions } from './harness/python-functions.ts';

const world = useWorld();
const functions = usePythonFunctions(world);

it.each([
  ['eager', {}],
  ['lazy', { LIVE_DEBUG_WRAP_INIT: 'lazy' }],
])(
  'an exception in each function, with an %s init phase',
  async (_name, environment) => {
    await world.serve();
    expect(faultySteps.length).toBeGreaterThan(80);
    expect(await faultsOfAll(functions, faultySteps, environment)).toEqual([]);
  },
  300_000,
);
